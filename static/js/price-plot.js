// @ts-check
/**
 * The price plot, redrawn as bids come. Its geometry is that of `auction/core/plot.py`, in whole
 * thousandths: the same bids give the same picture on both sides, which a test holds them to.
 */

import { formatMoney } from './money.js';

const SPAN = 1000;
const MOST_LINES = 5n;
const NICE = [1n, 2n, 5n, 10n];

/** @typedef {{ at: number, amount: number }} Point `at` in milliseconds since 1970 */
/**
 * @typedef {object} PriceSteps
 * @property {string} line
 * @property {string} area
 * @property {{ x: string, y: string, amount: number } | null} last
 * @property {string} anchor
 * @property {string} startY
 * @property {string} closesX
 * @property {{ y: string, amount: number }[]} priceLines
 * @property {number[]} times
 * @property {boolean} overran whether bids came after the close that is drawn
 */

/**
 * A staircase from the first bid to `until`, which defaults to the end.
 * @param {Point[]} bids
 * @param {number} startPrice
 * @param {number} opensAt
 * @param {number} closesAt
 * @param {number | null} [until]
 * @returns {PriceSteps}
 */
export function priceSteps(bids, startPrice, opensAt, closesAt, until = null) {
  const points = [...bids].sort((a, b) => a.at - b.at);
  const { xOf, yOf, lines, endsAt } = scaleOf(points, startPrice, opensAt, closesAt);
  const steps = points.map((point) => ({ x: xOf(point.at), y: yOf(point.amount), amount: point.amount }));
  // Of several steps at one place only the last is drawn: a picture is a thousand places wide.
  const path = steps
    .filter(({ x }, i) => i === 0 || steps[i + 1]?.x !== x)
    .map(({ x, y }, i) => (i ? `H${x}V${y}` : `M${x} ${y}`)).join('');
  const end = steps[steps.length - 1];
  let line = '';
  let area = '';
  if (end) {
    const drawnTo = xOf(Math.max(points[points.length - 1].at, Math.min(until ?? endsAt, endsAt)));
    line = `${path}H${drawnTo}`;
    area = `${line}V${SPAN}H${steps[0].x}Z`;
  }
  return {
    line,
    area,
    last: end ? { x: percent(end.x), y: percent(end.y), amount: end.amount } : null,
    anchor: end ? anchor(end.x) : 'middle',
    startY: percent(yOf(startPrice)),
    closesX: percent(xOf(closesAt)),
    priceLines: lines.map((amount) => ({ y: percent(yOf(amount)), amount })),
    times: [0, 1, 2, 3, 4].map((i) => opensAt + Math.floor(((endsAt - opensAt) * i) / 4)),
    overran: endsAt !== closesAt,
  };
}

/**
 * Where a time and a price stand in the picture, in thousandths of it.
 * @param {Point[]} points
 * @param {number} startPrice
 * @param {number} opensAt
 * @param {number} closesAt
 */
export function scaleOf(points, startPrice, opensAt, closesAt) {
  const endsAt = points.reduce((end, point) => Math.max(end, point.at), closesAt);
  const top = points.reduce((high, point) => Math.max(high, point.amount), startPrice);
  const lines = priceLines(startPrice, top);
  const low = BigInt(lines[0]);
  const high = BigInt(lines[lines.length - 1]);
  return {
    lines,
    endsAt,
    xOf: (/** @type {number} */ at) => share(at - opensAt, endsAt - opensAt),
    yOf: (/** @type {number} */ amount) =>
      SPAN - Number(floorDiv((BigInt(amount) - low) * BigInt(SPAN), high - low)),
  };
}

/**
 * Puts the steps into a figure the server has drawn once.
 * @param {Element} figure
 * @param {PriceSteps} steps
 */
export function drawPlot(figure, steps) {
  set(figure, '.plot__line', { d: steps.line });
  set(figure, '.plot__area', { d: steps.area });
  set(figure, '.plot__start', { y1: steps.startY, y2: steps.startY });
  set(figure, '.plot__close', {
    x1: steps.closesX, x2: steps.closesX, visibility: steps.overran ? 'visible' : 'hidden',
  });
  const { last } = steps;
  set(figure, '.plot__dot--last', {
    cx: last?.x ?? '0%', cy: last?.y ?? '100%', visibility: last ? 'visible' : 'hidden',
  });
  set(figure, '.plot__value', { x: last?.x ?? '0%', y: last?.y ?? '100%', 'text-anchor': steps.anchor });
  const value = figure.querySelector('.plot__value');
  if (value) value.textContent = last ? formatMoney(last.amount) : '';
  drawLines(figure, steps.priceLines);
  const times = figure.querySelectorAll('[data-plot-time]');
  steps.times.forEach((at, i) => { if (times[i]) times[i].textContent = shortTime(at); });
}

/**
 * @param {Element} figure
 * @param {{ y: string, amount: number }[]} lines
 */
function drawLines(figure, lines) {
  const axis = figure.querySelector('.plot__axis');
  const grid = figure.querySelector('[data-plot-lines]');
  if (!axis || !grid) return;
  axis.replaceChildren(...lines.map(({ y, amount }) => {
    const text = svg('text', { x: '80', y, dy: '4', 'text-anchor': 'end' });
    text.textContent = formatMoney(amount).split('.')[0];
    return text;
  }));
  grid.replaceChildren(...lines.map(({ y }, i) => svg('line', {
    class: i ? 'plot__grid' : 'plot__base', x1: '0', x2: '100%', y1: y, y2: y,
  })));
}

/**
 * @param {string} name
 * @param {Record<string, string>} attributes
 */
function svg(name, attributes) {
  const element = document.createElementNS('http://www.w3.org/2000/svg', name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  return element;
}

/**
 * @param {Element} figure
 * @param {string} selector
 * @param {Record<string, string>} attributes
 */
function set(figure, selector, attributes) {
  const element = figure.querySelector(selector);
  if (!element) return;
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
}

/** @param {number} ms */
function shortTime(ms) {
  const text = new Date(ms + 8 * 3600 * 1000).toISOString();
  const clock = text.slice(11, 16);
  if (document.documentElement.lang === 'en') {
    const month = new Date(ms + 8 * 3600 * 1000)
      .toLocaleString('en', { month: 'short', timeZone: 'UTC' });
    return `${Number(text.slice(8, 10))} ${month} ${text.slice(0, 4)}, ${clock}`;
  }
  return `${text.slice(0, 4)}年${Number(text.slice(5, 7))}月${Number(text.slice(8, 10))}日 ${clock}`;
}

/**
 * @param {number} part
 * @param {number} whole
 */
function share(part, whole) {
  if (whole <= 0) return 0;
  return Math.min(Math.max(Math.floor((part * SPAN) / whole), 0), SPAN);
}

/** @param {number} x */
export function anchor(x) {
  if (x >= 150 && x <= 850) return 'middle';
  return x < 150 ? 'start' : 'end';
}

/** @param {number} thousandths */
export function percent(thousandths) {
  const size = Math.abs(thousandths);
  return `${thousandths < 0 ? '-' : ''}${Math.floor(size / 10)}.${size % 10}%`;
}

/**
 * At most six round prices that enclose both, evenly apart.
 * @param {number} lowest
 * @param {number} highest
 */
function priceLines(lowest, highest) {
  const low = BigInt(lowest);
  const high = BigInt(highest);
  const wide = [high - low, low / 20n, 100n].reduce((a, b) => (a > b ? a : b));
  const step = niceStep(wide);
  const first = (low / step) * step;
  const ceiling = -floorDiv(-high, step) * step;
  const last = ceiling > first + step ? ceiling : first + step;
  const lines = [];
  for (let amount = first; amount <= last; amount += step) lines.push(Number(amount));
  return lines;
}

/** @param {bigint} span */
function niceStep(span) {
  for (let power = 1n; ; power *= 10n) {
    for (const factor of NICE) {
      if (factor * power * (MOST_LINES - 1n) >= span) return factor * power;
    }
  }
}

/**
 * @param {bigint} a
 * @param {bigint} b
 */
function floorDiv(a, b) {
  const quotient = a / b;
  return a % b !== 0n && (a < 0n) !== (b < 0n) ? quotient - 1n : quotient;
}
