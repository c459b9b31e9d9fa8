// What the bidding form proposes: rungs of the ladder, and when to ask once more.
import assert from 'node:assert/strict';
import test from 'node:test';

import { isOutsize, rungAt } from '../../static/js/bid-desk.js';

const terms = { start: 70_000_000, increment: 500_000, steps: 20, bps: 2000, code: 'AAAA', lot: 'T-1' };

test('a rung is the start price and so many whole steps', () => {
  assert.equal(rungAt(1, 70_000_000, 500_000), 70_000_000);
  assert.equal(rungAt(70_000_000, 70_000_000, 500_000), 70_000_000);
  assert.equal(rungAt(70_000_001, 70_000_000, 500_000), 70_500_000);
  assert.equal(rungAt(70_500_000, 70_000_000, 500_000), 70_500_000);
});

test('exactly twenty steps above the minimum are not asked about, one fen more is', () => {
  const minimum = 70_500_000;
  assert.equal(isOutsize(minimum + 20 * 500_000, minimum, 70_000_000, terms), false);
  assert.equal(isOutsize(minimum + 20 * 500_000 + 1, minimum, 70_000_000, terms), true);
});

test('exactly a fifth above the standing price is not asked about, one fen more is', () => {
  const wide = { ...terms, steps: 0 };
  assert.equal(isOutsize(84_000_000, 70_500_000, 70_000_000, wide), false);
  assert.equal(isOutsize(84_000_001, 70_500_000, 70_000_000, wide), true);
  assert.equal(isOutsize(10 ** 15, 70_500_000, 70_000_000, { ...wide, bps: 0 }), false);
});
