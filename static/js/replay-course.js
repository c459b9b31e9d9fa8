// @ts-check
/**
 * A finished sale's bids laid out on the time of a player: how long each stands on the screen at a
 * speed, with long silences cut, and which of them are worth jumping to.
 */

/** @typedef {{ seq: number, at: number, amount: number, code: string, extended: boolean, match: boolean, auto: boolean }} Step */

const LONGEST_SILENCE_MS = 1200;
const WHOLE_MS = 30_000;
const EXTENDED = 1;
const MATCH = 2;
const AUTO = 4;

/**
 * Steps of the compact rows `[seq, at, amount, code, marks]`.
 * @param {[number, number, number, string, number][]} rows
 * @returns {Step[]}
 */
export function readSteps(rows) {
  return rows.map(([seq, at, amount, code, marks]) => ({
    seq, at, amount, code,
    extended: (marks & EXTENDED) !== 0, match: (marks & MATCH) !== 0, auto: (marks & AUTO) !== 0,
  }));
}

/**
 * When each step comes on, in milliseconds of playing from the opening. A speed is how much faster
 * than the sale; `null` plays all of it in half a minute, bid by bid.
 * @param {Step[]} steps
 * @param {number} opensAt
 * @param {number | null} speed
 * @returns {number[]}
 */
export function playTimes(steps, opensAt, speed) {
  if (speed === null) return steps.map((_, i) => ((i + 1) * WHOLE_MS) / steps.length);
  let played = 0;
  let before = opensAt;
  return steps.map(({ at }) => {
    played += Math.min(Math.max(at - before, 0) / speed, LONGEST_SILENCE_MS);
    before = at;
    return played;
  });
}

/**
 * How many steps have come on by then.
 * @param {number[]} times never falling
 * @param {number} played
 */
export function stepsBy(times, played) {
  let low = 0;
  let high = times.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (times[middle] <= played) low = middle + 1;
    else high = middle;
  }
  return low;
}

/**
 * The position of the next bid that extended the sale or was a priority match; the end without one.
 * @param {Step[]} steps
 * @param {number} position
 */
export function nextMark(steps, position) {
  const found = steps.findIndex((step, i) => i >= position && (step.extended || step.match));
  return found < 0 ? steps.length : found + 1;
}

/**
 * Path data of short strokes, one a place: many marks at one place are one stroke.
 * @param {{ x: number, y: number }[]} places
 * @param {number} up
 * @param {number} down
 */
export function strokes(places, up, down) {
  const drawn = new Map(places.map(({ x, y }) => [x, y]));
  return [...drawn].map(([x, y]) => `M${x} ${y - up}V${y + down}`).join('');
}
