// Beside page_rules.js and axe-core: what that finds. All of a page is shown when all is open; small pages are
// also looked at as they open, on a phone and in other colours, which changes their contrasts only. What is
// inside of a drawing is page_rules.js's to judge. Large pages are made of the same parts, and it takes long.
'use strict';

const small = ['stale', 'trace-lock', 'index', 'sweep4', 'bad'], large = ['default', 'mixed', 'arms100', 'trace-long', 'sweep36', 'sweep100'];
const colouring = ['dark', 'forced colours'];

rule('axe-core finds nothing', null, ['1440 wide', 'all open', 'all open on a phone', ...colouring], async (width, view, page) => {
	if (large.includes(page) || (view !== 'all open' && !small.includes(page)))
		return [];
	const found = await axe.run({ include: document, exclude: ['svg *'] }, {
		resultTypes: ['violations'], ...(colouring.includes(view) ? { runOnly: ['color-contrast'] } : {}),
	});

	return found.violations.map(({ id, nodes }) => id + ': ' + nodes.slice(0, 3).map(node => node.target).join(', '));
});
