// What must hold of a page in a browser, at several widths. tests/e2e/page.pl puts this beside the
// pages into one document, each page in a frame of its own that runs no script; the verdicts stand in
// the document's text at the end, a line each: "RULE<tab>PAGE at WIDTH: what is wrong".
'use strict';

const widths = [320, 390, 480, 600, 768, 850, 1000, 1200, 1440, 1600];
const ofRuns = { broke: 'What broke', why: 'Why', stopped: 'What would have stopped it', change: 'What to change',
	again: 'See it again' };
const ofTraces = { broke: 'What broke', why: 'Why', look: 'What to look at', again: 'See it again' };
const ours = ['arm', 'variant', 'lane', 'exposure', 'safe deadline', 'witness', 'contended', 'definite', 'overlap',
	'stale-write', 'late-write', 'lost-update', 'ghost-grant', 'fencing token', 'lease', 'TTL', 'guard'];
const tracesOurs = ['operation', 'certainly held'];

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

function channel(value) {
	value /= 255;
	return value <= 0.03928 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
}

function luminance(color) {
	return 0.2126 * channel(color[0]) + 0.7152 * channel(color[1]) + 0.0722 * channel(color[2]);
}

function rgba(text) {
	const parts = text.match(/[\d.]+/g).map(Number);

	return parts.length > 3 ? parts : [...parts, 1];
}

function groundOf(element, view) {
	for (let at = element; at; at = at.parentElement) {
		const color = rgba(view.getComputedStyle(at).backgroundColor);

		if (color[3] === 1)
			return color;
	}
	return [255, 255, 255, 1];
}

function contrast(element, view) {
	const one = luminance(rgba(view.getComputedStyle(element).color)), other = luminance(groundOf(element, view));

	return (Math.max(one, other) + 0.05) / (Math.min(one, other) + 0.05);
}

function boxesOf(page, selector) {
	return [...page.querySelectorAll(selector)].map(element => [element, element.getBoundingClientRect()])
		.filter(([, box]) => box.width > 0);
}

// A page of judged traces, not of a run.
function isOfTraces(page) {
	return page.querySelector('main.traces') !== null;
}

// Every rule gives back what is wrong, nothing when all is well.
const rules = {
	'the headings of the first screen stand on it'(page, width) {
		const limit = width === 1440 ? 900 : width === 390 ? 1700 : 0;
		const answers = isOfTraces(page) ? ofTraces : ofRuns;

		return Object.entries(answers).flatMap(([id, name]) => {
			const heading = page.getElementById(id), box = heading && heading.getBoundingClientRect();

			if (!heading || heading.tagName !== 'H2' || heading.textContent !== name)
				return ['no heading ' + name];
			return limit && box.bottom > limit ? [name + ' ends at ' + box.bottom] : [];
		});
	},
	'no verdict is broken in its word'(page) {
		const verdicts = [...page.querySelectorAll('.verdict')];

		return (verdicts.length ? [] : ['no verdict at all']).concat(verdicts.filter(v => linesOf(v) > 1)
			.map(v => v.textContent.trim() + ' on ' + linesOf(v) + ' lines'));
	},
	'nothing but a box of its own scrolls sideways'(page, width) {
		const wide = page.documentElement.scrollWidth;

		return wide > width ? ['the page is ' + wide + ' wide'] : [];
	},
	'on a phone the comparison is whole'(page, width) {
		return width > 390 ? [] : boxesOf(page, '.stacked th, .stacked td')
			.filter(([, box]) => box.right > width + 1 || box.left < -1)
			.map(([cell, box]) => cell.textContent.trim() + ' ends at ' + box.right).slice(0, 3);
	},
	'what a packet, or an operation, says stands beside its drawing, or above'(page) {
		const rows = [...page.querySelectorAll('.packets li, ol.bars li')].filter(row => row.offsetHeight > 0);

		return rows.flatMap(row => {
			const text = row.querySelector(':scope > span').getBoundingClientRect();
			const drawn = row.querySelector(':scope > svg').getBoundingClientRect();
			const beside = text.left >= drawn.right || drawn.left >= text.right;

			return text.width === 0 || drawn.width > 100 && (beside ? drawn.height >= text.height - 1
				: drawn.top >= text.bottom - 1) ? [] : [row.textContent];
		});
	},
	'the names of bars stand beside or over them, and none on another'(page, width) {
		const texts = boxesOf(page, '.strip .name, .strip .scale span');

		return texts.flatMap(([text, box], i) => {
			const next = texts[i + 1]?.[1], bars = text.parentElement.querySelector(':scope > svg');
			const drawn = bars?.getBoundingClientRect();

			return text.scrollWidth > text.clientWidth + 1 || box.right > width + 1 ? ['cut: ' + text.textContent]
				: next && next.top < box.bottom - 1 && next.left < box.right - 1 ? ['met: ' + text.textContent]
				: drawn && (drawn.width < 100 || drawn.left < box.right - 1 && drawn.top < box.bottom - 1)
					? ['over bars: ' + text.textContent] : [];
		});
	},
	'text stands out from its ground'(page, width, view) {
		return width !== 1440 ? [] : boxesOf(page, 'h1, h2, p, li, td, th, a, dt, dd, summary, .muted, code')
			.filter(([element]) => contrast(element, view) < 4.5)
			.map(([element]) => element.tagName + ' ' + contrast(element, view).toFixed(2)).slice(0, 3);
	},
	'links lead somewhere, and no id is there twice'(page, width) {
		if (width !== 1440)
			return [];
		const ids = [...page.querySelectorAll('[id]')].map(element => element.id);

		return ids.filter((id, i) => ids.indexOf(id) !== i).map(id => 'twice: ' + id)
			.concat([...page.querySelectorAll('a')].map(a => a.getAttribute('href'))
				.filter(href => !href.startsWith('#') || !ids.includes(href.slice(1)))
				.map(href => 'to nowhere: ' + href));
	},
	'our words lead to the glossary'(page, width) {
		return width !== 1440 ? [] : ['header .data', '.verdicts', '.answers'].flatMap(selector => {
			const block = page.querySelector(selector)?.cloneNode(true);

			block?.querySelectorAll('pre, h2, strong').forEach(part => part.remove());
			return !block ? [] : (isOfTraces(page) ? tracesOurs : ours).filter(word => {
				const whole = new RegExp('(^|[^\\w-])' + word + 's?($|[^\\w-])', 'i');

				return whole.test(block.textContent) &&
					![...block.querySelectorAll('a.word')].some(a => whole.test(a.textContent));
			}).map(word => word + ' in ' + selector);
		});
	},
	'the headline is a sentence and names no file'(page) {
		const text = page.querySelector('h1').textContent;

		return /[.]$/.test(text) && !/\.conf|\.db|\//.test(text) && text.length > 20 ? [] : [text];
	},
	'the exit code stands there once'(page) {
		const codes = page.body.innerText.match(/\bexit (code )?\d+/g) || [];

		return isOfTraces(page) || codes.length === 1 ? [] : [codes.length + ' times'];
	},
	'no overlap is counted where the verdict is SAFE'(page) {
		return [...page.querySelectorAll('.verdicts li, .card')]
			.filter(card => card.querySelector('.verdict.safe') && /\d+ overlap/.test(card.textContent))
			.map(card => card.textContent);
	},
	'all intervals are on one axis'(page, width) {
		const boxes = width !== 1440 ? [] : boxesOf(page, '.many .interval').map(([, box]) => box);

		return boxes.some(box => box.width !== boxes[0].width) ? ['widths differ']
			: boxes.some(box => box.left !== boxes[0].left) ? ['lefts differ'] : [];
	},
};

async function measure(pages) {
	const frame = document.createElement('iframe'), found = {};

	frame.style.border = '0';
	frame.style.height = '1000px';
	frame.sandbox = 'allow-same-origin';
	document.body.append(frame);
	for (const rule of Object.keys(rules))
		found[rule] = [];
	for (const [name, text] of Object.entries(pages)) {
		const loaded = new Promise(resolve => { frame.onload = resolve; });

		frame.style.width = '1440px';
		frame.srcdoc = text;
		await loaded;
		for (const width of widths) {
			frame.style.width = width + 'px';
			for (const [rule, check] of Object.entries(rules))
				for (const wrong of check(frame.contentDocument, width, frame.contentWindow))
					found[rule].push(name + ' at ' + width + ': ' + wrong.replace(/\s+/g, ' '));
		}
	}
	frame.remove();
	document.getElementById('found').textContent = Object.entries(found)
		.map(([rule, wrongs]) => [rule, ...wrongs.slice(0, 12)].join('\t')).join('\n') + '\n';
}
