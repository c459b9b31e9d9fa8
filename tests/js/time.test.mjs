// The court's clock from samples, and what a countdown shows and says.
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { medianOf, sampleOf } from '../../static/js/clock.js';
import { remarkAt, spanText } from '../../static/js/countdown.js';

test('half the round trip is taken as the way back', () => {
  assert.deepEqual(sampleOf(1000, 5050, 1100), { offset: 4000, latency: 100 });
});

test('an answer that seems to arrive before it was asked for has no latency', () => {
  assert.equal(sampleOf(1000, 1000, 900).latency, 0);
});

test('one slow and odd sample moves nothing', () => {
  const samples = [40, 42, 41].map((offset) => ({ offset, latency: 10 }));
  assert.equal(medianOf([...samples, { offset: 9000, latency: 4000 }])?.offset, 40);
});

test('without samples there is no clock', () => {
  assert.equal(medianOf([]), null);
});

for (const [left, text] of [
  [1, '00:00:01'],
  [59, '00:00:59'],
  [3600, '01:00:00'],
  [86_399, '23:59:59'],
  [86_400, '1 天 00:00:00'],
  [200_000, '2 天 07:33:20'],
]) {
  test(`${left} seconds are shown as ${text}`, () => {
    assert.equal(spanText(Number(left), '{days} 天 {clock}'), text);
  });
}

test('a countdown speaks at ten minutes, one minute and the end, and is silent between', () => {
  const said = [];
  for (let left = 4000; left > -4000; left -= 1) said.push(remarkAt(left));
  assert.deepEqual([...new Set(said)], [null, 'ten', 'one', 'ended']);
  assert.equal(remarkAt(601), null);
  assert.equal(remarkAt(300), null);
  assert.equal(remarkAt(-60), null);
});
