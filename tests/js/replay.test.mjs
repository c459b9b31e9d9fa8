// The player's time, its marks, and its cost with five thousand bids.
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { priceSteps, scaleOf } from '../../static/js/price-plot.js';
import { nextMark, playTimes, readSteps, stepsBy, strokes } from '../../static/js/replay-course.js';

const OPENS = Date.parse('2026-11-02T02:00:00.000Z');
const rows = Array.from({ length: 5000 }, (_, i) => [
  i + 1, OPENS + i * 17_000, 70_000_000 + i * 500_000, i % 2 ? 'AAAA' : 'BBBB', i % 400 === 399 ? 1 : i === 10 ? 2 : i === 11 ? 4 : 0,
]);
const steps = readSteps(rows);

test('marks are read from their sum', () => {
  const [step] = readSteps([[1, 0, 5, 'AAAA', 7]]);
  assert.deepEqual(step, { seq: 1, at: 0, amount: 5, code: 'AAAA', extended: true, match: true, auto: true });
  assert.deepEqual([steps[0].extended, steps[10].match, steps[11].auto], [false, true, true]);
});

test('silences are cut, bursts keep their pace', () => {
  const course = readSteps([[1, OPENS + 3_600_000, 1, 'A', 0], [2, OPENS + 3_600_600, 2, 'B', 0], [3, OPENS + 3_601_200, 3, 'A', 0]]);
  assert.deepEqual(playTimes(course, OPENS, 60), [1200, 1210, 1220]);
  assert.deepEqual(playTimes(course, OPENS, null), [10_000, 20_000, 30_000]);
});

test('the step that is on is found at any time', () => {
  const times = playTimes(steps, OPENS, 600);
  assert.equal(stepsBy(times, -1), 0);
  assert.equal(stepsBy(times, times.at(-1)), 5000);
  for (const at of [0, 1, 2500, 4998]) assert.equal(stepsBy(times, times[at]), at + 1);
});

test('one can jump from mark to mark, and then to the end', () => {
  assert.equal(nextMark(steps, 0), 11);
  assert.equal(nextMark(steps, 11), 400);
  assert.equal(nextMark(steps, 5000), 5000);
});

test('many marks at one place are one stroke', () => {
  assert.equal(strokes([{ x: 5, y: 100 }, { x: 5, y: 90 }, { x: 7, y: 80 }], 10, 0), 'M5 80V90M7 70V80');
});

test('five thousand bids are drawn as a path no longer than the picture is wide', () => {
  const closes = OPENS + 86_400_000;
  const { line, last } = priceSteps(steps, 70_000_000, OPENS, closes);
  assert.ok(line.match(/V/g).length <= 1001);
  const { xOf, yOf } = scaleOf(steps, 70_000_000, OPENS, closes);
  assert.equal(last.amount, steps.at(-1).amount);
  assert.ok(line.includes(`V${yOf(steps.at(-1).amount)}`) && line.includes(`H${xOf(steps.at(-1).at)}`));
});

test('steps at different places are all drawn', () => {
  const few = [0, 1, 1, 2].map((minute, i) => ({ at: OPENS + minute * 60_000 + i, amount: 100 + i * 100 }));
  const { line } = priceSteps(few, 100, OPENS, OPENS + 240_000);
  assert.equal(line.match(/[MV]/g).length, 3);
});
