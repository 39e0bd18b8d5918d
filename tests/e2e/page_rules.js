// What must hold of a page in a browser, view by view; tests/e2e/browser.pl asks. A rule gives back what is
// wrong, nothing when all is well.
'use strict';

const widths = [320, 390, 480, 600, 768, 850, 1000, 1200, 1440, 1600];
const dark = { 'prefers-color-scheme': 'dark' }, forced = { 'forced-colors': 'active' };
const views = [
	...widths.map(width => ({ name: width + ' wide', width, media: {} })),
	{ name: 'all open', width: 1440, media: {}, open: true },
	{ name: 'all open on a phone', width: 390, media: {}, open: true },
	{ name: 'dark', width: 1440, media: dark, open: true },
	{ name: 'forced colours', width: 1440, media: forced, open: true },
	{ name: 'forced colours on dark', width: 1440, media: { ...dark, ...forced }, open: true },
];
const answers = {
	run: { broke: 'What broke', why: 'Why', stopped: 'What would have stopped it', change: 'What to change', again: 'See it again' },
	trace: { broke: 'What broke', why: 'Why', look: 'What to look at', again: 'See it again' },
};
const ours = {
	run: ['arm', 'variant', 'lane', 'exposure', 'safe deadline', 'witness', 'contended', 'definite', 'overlap',
		'stale-write', 'late-write', 'lost-update', 'ghost-grant', 'fencing token', 'lease', 'TTL', 'guard'],
	trace: ['operation', 'certainly held'],
};

// What a page is of: one run, traces, a sweep, or (a shelf, or compared) many runs.
function kindOf() {
	const main = document.querySelector('main.traces, main.sweep, main.shelf, main.compared');

	return { traces: 'trace', sweep: 'sweep', shelf: 'many', compared: 'many' }[main?.className] || 'run';
}

// The lines on which a text stands.
function linesOf(element) {
	const range = document.createRange();

	range.selectNodeContents(element);
	const boxes = [...range.getClientRects()].filter(box => box.width > 0).sort((a, b) => a.top - b.top);
	let lines = 0, bottom = -1e9;

	for (const box of boxes) {
		lines += box.top >= bottom - 3;
		bottom = Math.max(bottom, box.bottom);
	}
	return lines;
}

function boxesOf(selector) {
	return [...document.querySelectorAll(selector)].map(element => [element, element.getBoundingClientRect()])
		.filter(([, box]) => box.width > 0 || box.height > 0);
}

// Colours -------------------------------------------------------------------------------------------

// [red, green, blue, how solid]; null: none.
function rgba(text) {
	const parts = text.startsWith('rgb') ? text.match(/[\d.]+/g).map(Number) : null;

	return parts && (parts.length > 3 ? parts : [...parts, 1]);
}

function over(color, ground) {
	return [0, 1, 2].map(i => color[i] * color[3] + ground[i] * (1 - color[3])).concat(1);
}

function luminance(color) {
	const [red, green, blue] = color.map(value => value / 255)
		.map(value => value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4);

	return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

function contrast(color, ground) {
	const [dim, bright] = [luminance(over(color, ground)), luminance(ground)].sort((a, b) => a - b);

	return (bright + 0.05) / (dim + 0.05);
}

const grounds = new Map(); // of elements, in one view

function groundOf(element) {
	if (!element)
		return [255, 255, 255, 1];
	if (!grounds.has(element)) {
		const color = rgba(getComputedStyle(element).backgroundColor);

		grounds.set(element, color && color[3] === 1 ? color
			: over(color || [0, 0, 0, 0], groundOf(element.parentElement)));
	}
	return grounds.get(element);
}

function paint(style, what) {
	const color = rgba(style[what]);

	return color && [...color.slice(0, 3), color[3] * (style[what + 'Opacity'] ?? 1) * style.opacity];
}

// Of what a mark is seen by: its filling or its edge.
function contrastOfMark(mark) {
	const style = getComputedStyle(mark), box = mark.getBoundingClientRect();
	const under = [groundOf(mark)], svg = mark.closest('svg');

	for (const shade of svg.querySelectorAll('rect:is(.fault, .faulted)')) {
		const its = shade.getBoundingClientRect();

		if (shade !== mark && box.left < its.right && its.left < box.right && box.top < its.bottom && its.top < box.bottom)
			under.push(over(paint(getComputedStyle(shade), 'fill'), under[0]));
	}
	return Math.min(...under.map(ground => Math.max(...['fill', 'stroke'].map(what => paint(style, what))
		.filter(color => color).map(color => contrast(color, ground)), 1)));
}

// On what a text stands: in a drawing, the last bar or badge that was painted under its middle.
function groundOfText(text) {
	const its = text.getBoundingClientRect(), x = (its.left + its.right) / 2, y = (its.top + its.bottom) / 2;
	let ground = groundOf(text);

	for (const shape of text.closest('.timeline')?.querySelectorAll('rect, circle') || []) {
		const box = shape.getBoundingClientRect(), style = getComputedStyle(shape);

		if (box.left < x && x < box.right && box.top < y && y < box.bottom && paint(style, 'fill') &&
			shape.compareDocumentPosition(text) & Node.DOCUMENT_POSITION_FOLLOWING)
			ground = over(paint(style, 'fill'), ground);
	}
	return ground;
}

// Its class, and the picture it is in.
function nameOf(mark) {
	return (mark.closest('svg').getAttribute('class') || 'legend') + ' ' + (mark.getAttribute('class') || mark.tagName);
}

const marks = '.timeline :is(rect, circle, path, line), .bars svg :is(rect, path, line), .wire :is(rect, circle, path, line), .legend svg > *, .interval > *, .overview > *, ' +
	'.plot :is(path, polygon, circle, use), .contours path, svg.front :is(circle, line)';
const texts = 'h1, h2, h3, p, li, td, th, a, dt, dd, summary, span, code, caption, figcaption, footer, svg text';

// Rules ---------------------------------------------------------------------------------------------

let seen = new Set(); // what earlier pages had: tests/e2e/browser.pl hands it on from page to page
const colours = ['all open', 'dark', 'forced colours', 'forced colours on dark'];
const rules = [];

// `thinned`: it is asked in the views that are thinned, and only there.
function rule(name, kinds, only, check, thinned = false) {
	rules.push({ name, kinds, only, check, thinned });
}

rule('the headings of the first screen stand on it', ['run', 'trace'], null, (width, view, page) => {
	const limit = page === 'hostile' ? 0 : { '1440 wide': 900, '390 wide': 1700 }[view]; // its names are long

	return Object.entries(answers[kindOf()]).flatMap(([id, name]) => {
		const heading = document.getElementById(id), box = heading && heading.getBoundingClientRect();

		if (!heading || heading.tagName !== 'H2' || heading.textContent !== name)
			return ['no heading ' + name];
		return limit && box.bottom > limit ? [name + ' ends at ' + box.bottom] : [];
	});
});

rule('no verdict is broken in its word', ['run', 'trace'], null, () => {
	const verdicts = [...document.querySelectorAll('.verdict')];

	return (verdicts.length ? [] : ['no verdict at all']).concat(verdicts.filter(v => linesOf(v) > 1)
		.map(v => v.textContent.trim() + ' on ' + linesOf(v) + ' lines'));
});

rule('nothing but a box of its own scrolls sideways', null, null, width => {
	const wide = document.documentElement.scrollWidth;

	return wide > width ? ['the page is ' + wide + ' wide'] : [];
});

rule('on a phone the comparison and the drawings are whole', null, ['320 wide', '390 wide', 'all open on a phone'], width =>
	boxesOf('.stacked th, .stacked td, svg.timeline, svg.timeline *, .heat td, svg.front *').filter(([, box]) => box.right > width + 1 || box.left < -1)
		.map(([cell, box]) => cell.tagName + ' ' + cell.textContent.trim().slice(0, 30) + ' ends at ' + box.right));

rule('what a packet, or an operation, says stands beside its drawing, or above', ['run', 'trace'], null, () =>
	[...document.querySelectorAll('.packets li, ol.bars li')].filter(row => row.offsetHeight > 0).flatMap(row => {
		const text = row.querySelector(':scope > span').getBoundingClientRect();
		const drawn = row.querySelector(':scope > svg').getBoundingClientRect();
		const beside = text.left >= drawn.right || drawn.left >= text.right;

		return text.width === 0 || drawn.width > 100 && (beside ? drawn.height >= text.height - 1
			: drawn.top >= text.bottom - 1) ? [] : [row.textContent];
	}));

rule('the names of bars stand beside or over them, and none on another', ['run', 'trace'], null, width => {
	const texts = boxesOf('.strip .name, .strip .scale span');

	return texts.flatMap(([text, box], i) => {
		const next = texts[i + 1]?.[1];
		const drawn = text.parentElement.querySelector(':scope > svg')?.getBoundingClientRect();

		return text.scrollWidth > text.clientWidth + 1 || box.right > width + 1 ? ['cut: ' + text.textContent]
			: next && next.top < box.bottom - 1 && next.left < box.right - 1 ? ['met: ' + text.textContent]
			: drawn && (drawn.width < 100 || drawn.left < box.right - 1 && drawn.top < box.bottom - 1)
				? ['over bars: ' + text.textContent] : [];
	});
});

rule('text stands out from its ground', null, colours, () =>
	boxesOf(texts).filter(([text]) => text.childNodes.length && [...text.childNodes].some(node => node.nodeType === 3 && node.data.trim()))
		.map(([text]) => {
			const color = paint(getComputedStyle(text), text.closest('svg') ? 'fill' : 'color');

			return [text, color ? contrast(color, groundOfText(text)) : 1];
		}).filter(([, ratio]) => ratio < 4.5)
		.map(([text, ratio]) => text.tagName + '.' + (text.getAttribute('class') || '') + ' ' + ratio.toFixed(2)));

rule('marks stand out from their ground', null, colours, () =>
	boxesOf(marks).filter(([mark]) => !mark.matches('.rail, .hatch, .gridline, defs *, [fill^="url"]'))
		.map(([mark]) => [nameOf(mark), contrastOfMark(mark)]).filter(([, ratio]) => ratio < 3)
		.map(([name, ratio]) => name + ' ' + ratio.toFixed(2)));

rule('links lead somewhere, and no id is there twice', ['run', 'trace'], ['1440 wide'], () => {
	const ids = [...document.querySelectorAll('[id]')].map(element => element.id);

	return ids.filter((id, i) => ids.indexOf(id) !== i).map(id => 'twice: ' + id)
		.concat([...document.querySelectorAll('a')].map(a => a.getAttribute('href'))
			.filter(href => !href.startsWith('#') || !ids.includes(href.slice(1)))
			.map(href => 'to nowhere: ' + href));
});

rule('our words lead to the glossary', ['run', 'trace'], ['1440 wide'], (width, view, page) =>
	['header .data', '.verdicts', '.answers'].flatMap(selector => {
		const block = document.querySelector(selector)?.cloneNode(true);

		block?.querySelectorAll('pre, h2, strong').forEach(part => part.remove());
		return !block ? [] : ours[kindOf()].filter(word => {
			const whole = new RegExp('(^|[^\\w-])' + word + 's?($|[^\\w-])', 'i');

			return whole.test(block.textContent) && ![...block.querySelectorAll('a.word')].some(a => whole.test(a.textContent));
		}).map(word => word + ' in ' + selector);
	}));

rule('the headline is a sentence and names no file', ['run', 'trace', 'sweep'], ['1440 wide'], () => {
	const text = document.querySelector('h1').textContent;

	return /[.]$/.test(text) && !/\.conf|\.db|\//.test(text) && text.length > 20 ? [] : [text];
});

rule('the exit code stands there once', ['run'], ['1440 wide'], () => {
	const codes = document.body.innerText.match(/\bexit (code )?\d+/g) || [];

	return codes.length === 1 ? [] : [codes.length + ' times'];
});

rule('no overlap is counted where the verdict is SAFE', ['run'], ['1440 wide'], () =>
	[...document.querySelectorAll('.verdicts li, .card')]
		.filter(card => card.querySelector('.verdict.safe') && /\d+ overlap/.test(card.textContent))
		.map(card => card.textContent));

rule('all intervals are on one axis', ['run'], ['1440 wide'], () => {
	const boxes = boxesOf('.many .interval').map(([, box]) => box);

	return boxes.some(box => box.width !== boxes[0].width) ? ['widths differ']
		: boxes.some(box => box.left !== boxes[0].left) ? ['lefts differ'] : [];
});

// Lines are stretched over the cells; a number, and whose settings lie there, are whole in theirs.
rule('the lines of a map lie over its cells, and its numbers in them', null, ['320 wide', '390 wide', '768 wide', '1440 wide'], () =>
	[...document.querySelectorAll('.heat')].flatMap(map => {
		const cells = [...map.querySelectorAll('tbody td')].map(cell => [cell, cell.getBoundingClientRect()]);
		const [first, last] = [cells[0][1], cells[cells.length - 1][1]];
		const lines = map.querySelector('.contours')?.getBoundingClientRect();
		const off = lines ? Math.max(...['left', 'top'].map(side => Math.abs(lines[side] - first[side])),
			...['right', 'bottom'].map(side => Math.abs(lines[side] - last[side]))) : 0;
		const cut = cells.filter(([cell, box]) => Math.abs(box.height - first.height) > 0.6 || [...cell.children].some(part => {
			const its = part.getBoundingClientRect();

			return its.left < box.left - 1 || its.right > box.right + 1 || its.top < box.top - 1 || its.bottom > box.bottom + 1;
		})).map(([cell]) => 'cut: ' + cell.textContent);

		return off > 2 ? [...cut, 'lines are off by ' + off] : cut;
	}));

rule('a sweep says what to change before all else', ['sweep'], ['1440 wide', '390 wide'], (width, view, page) =>
	page === 'sweep0' ? [] : [...document.querySelectorAll('#gains, #lint')].length < 2 ? ['a card is missing']
		: document.querySelector('#gains').getBoundingClientRect().bottom > 900 ? ['gains are below the first screen'] : []);

// Leaves of what is many a few: rows, items and stories are made of the same parts, and what is inside of a drawing
// is the rules' above.
function thin() {
	for (const list of document.querySelectorAll('tbody, ol, ul, dl, nav, .strip'))
		[...list.children].slice(4).forEach(more => more.remove());
	[...document.querySelectorAll('details.story')].slice(4).forEach(more => more.remove());
	for (const drawing of document.querySelectorAll('svg'))
		[...drawing.children].filter(part => !part.matches('title, desc')).forEach(part => part.remove());
}

async function look(page, view) {
	const kind = kindOf(), found = [];

	grounds.clear();
	if (view.open)
		document.querySelectorAll('details').forEach(details => { details.open = true; });
	if (view.thinned)
		thin();
	for (const { name, kinds, only, check, thinned } of rules)
		if (thinned === (view.thinned || false) && (!kinds || kinds.includes(kind)) && (!only || only.includes(view.name)))
			found.push(...[...new Set(await check(view.width, view.name, page))].slice(0, 12).map(wrong => [name, wrong]));
	return found;
}
