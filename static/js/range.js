// @ts-check
/** Moves the mark of a lawful-range bar; floor, ceiling and words come from the page. */

const FLOOR_AT = 150;
const CEILING_AT = 850;
const SPAN = 1000;

/**
 * Place in thousandths of a value on a bar, by the geometry of the server's `range_marks`.
 * @param {number | null} floor
 * @param {number | null} ceiling
 * @param {number} value
 * @returns {{ x: number, inside: boolean }}
 */
export function placeOnRange(floor, ceiling, value) {
  const low = floor ?? 0;
  const high = ceiling ?? Math.max(2 * low, value, low + 1);
  const inside = value >= low && (ceiling === null || value <= ceiling);
  const reach = Math.floor(((value - low) / Math.max(high - low, 1)) * (CEILING_AT - FLOOR_AT));
  const on = high === low && value === low ? SPAN / 2 : FLOOR_AT + reach;
  const x = Math.min(Math.max(on, 20), SPAN - 20);
  if (inside) return { x, inside };
  return { x: value < low ? Math.min(x, FLOOR_AT - 40) : Math.max(x, CEILING_AT + 40), inside };
}

/**
 * Puts the mark and its figure where `value` stands; null leaves the bar as it is.
 * @param {HTMLElement} range
 * @param {number | null} value
 * @param {(value: number) => string} format
 */
export function markRange(range, value, format) {
  const mark = range.querySelector('.range__mark');
  const figure = range.querySelector('.range__value');
  if (value === null || !mark || !figure) return;
  const { x, inside } = placeOnRange(bound(range.dataset.floor), bound(range.dataset.ceiling), value);
  range.dataset.inside = String(inside);
  mark.setAttribute('cx', `${x / 10}%`);
  figure.setAttribute('x', `${x / 10}%`);
  figure.setAttribute('text-anchor', x < FLOOR_AT ? 'start' : x > CEILING_AT ? 'end' : 'middle');
  figure.textContent = format(value);
  const verdict = range.querySelector('.range__verdict');
  if (verdict) verdict.textContent = sentence(range, value, format(value));
}

/**
 * @param {HTMLElement} range
 * @param {number} value
 * @param {string} figure
 */
function sentence(range, value, figure) {
  const floor = bound(range.dataset.floor);
  const inside = range.dataset.inside === 'true';
  const low = floor !== null && value < floor;
  const words = inside ? range.dataset.wordInside : low ? range.dataset.wordLow : range.dataset.wordHigh;
  return (words ?? '').replace('{value}', figure);
}

/** @param {string | undefined} text */
function bound(text) {
  return text === undefined || text === '' ? null : Number(text);
}
