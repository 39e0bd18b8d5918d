// Beside page_rules.js and axe-core: what that finds, in every view that differs for it. Of long lists it sees the
// begin (thin), since it takes a second for each thousand elements. Another width changes what depends on boxes,
// other colours the contrasts only.
'use strict';

const thinned = { width: 1440, media: {}, open: true, thinned: true };
const contrasts = ['color-contrast', 'link-in-text-block'];

views.push({ ...thinned, name: 'axe, all open' },
	{ ...thinned, name: 'axe, on a phone', width: 390, asked: [...contrasts, 'target-size', 'scrollable-region-focusable'] },
	{ ...thinned, name: 'axe, dark', media: dark, asked: contrasts },
	{ ...thinned, name: 'axe, forced colours', media: forced, asked: contrasts },
	{ ...thinned, name: 'axe, on paper', width: 740, paper: true, asked: contrasts });

rule('axe-core finds nothing', null, null, async (width, name) => {
	const { asked } = views.find(view => view.name === name);
	const found = await axe.run({ include: document, exclude: ['svg *'] },
		{ resultTypes: ['violations'], preload: false, ...(asked ? { runOnly: asked } : {}) });

	return found.violations.map(({ id, nodes }) => id + ': ' + nodes.slice(0, 3).map(node => node.target).join(', '));
}, true);
