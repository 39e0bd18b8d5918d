// Beside page_rules.js and axe-core: what that finds, in every view that differs for it. Of long lists it sees the
// begin (thin), since it takes a second for each thousand elements. Another width changes what depends on boxes,
// other colours the contrasts only.
'use strict';

const thinned = { width: 1440, media: {}, open: true, thinned: true };
const contrasts = ['color-contrast', 'link-in-text-block'];
const others = Object.fromEntries(contrasts.map(name => [name, { enabled: false }]));

// The colours of a text follow from its element, its ancestors and what stands beside it in its block. So where
// colours alone are asked, a block that an earlier page had is emptied: it would take time, and tell nothing new.
const blocks = 'p, li, td, th, dt, dd, h1, h2, h3, h4, summary, caption, figcaption, pre, footer, nav, div, section, main, header, body';

function pathOf(element) {
	return element ? pathOf(element.parentElement) + '>' + element.tagName + '.' + (element.getAttribute('class') || '') : '';
}

function emptyWhatWasSeen(view) {
	const textsOf = new Map(), walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);

	while (walker.nextNode())
		if (walker.currentNode.data.trim()) {
			const block = walker.currentNode.parentElement.closest(blocks);

			textsOf.set(block, [...(textsOf.get(block) || []), walker.currentNode]);
		}
	for (const [block, texts] of textsOf) {
		const signature = kindOf() + view + pathOf(block) + [...new Set(texts.map(text => pathOf(text.parentElement)))].sort();

		if (seen.has(signature))
			texts.forEach(text => text.remove());
		seen.add(signature);
	}
}

// The last ones empty the page.
views.push({ ...thinned, name: 'axe, all open' },
	{ ...thinned, name: 'axe, on a phone', width: 390, asked: ['target-size', 'scrollable-region-focusable'] },
	{ ...thinned, name: 'axe, colours', asked: contrasts },
	{ ...thinned, name: 'axe, colours on a phone', width: 390, asked: contrasts },
	{ ...thinned, name: 'axe, dark', media: dark, asked: contrasts },
	{ ...thinned, name: 'axe, forced colours', media: forced, asked: contrasts },
	{ ...thinned, name: 'axe, on paper', width: 740, paper: true, asked: contrasts });

rule('axe-core finds nothing', null, null, async (width, name) => {
	const { asked } = views.find(view => view.name === name);

	if (asked === contrasts)
		emptyWhatWasSeen(name);
	const found = await axe.run({ include: document, exclude: ['svg *'] },
		{ resultTypes: ['violations'], preload: false, ...(asked ? { runOnly: asked } : { rules: others }) });

	return found.violations.map(({ id, nodes }) => id + ': ' + nodes.slice(0, 3).map(node => node.target).join(', '));
}, true);
