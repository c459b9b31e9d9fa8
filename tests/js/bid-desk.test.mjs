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
  const wide = { ...terms, bps: 0 };
  assert.equal(isOutsize(70_500_000 + 20 * 500_000, 70_000_000, wide), false);
  assert.equal(isOutsize(70_500_000 + 20 * 500_000 + 1, 70_000_000, wide), true);
});

test('exactly a fifth above the standing price is not asked about, one fen more is', () => {
  const fine = { ...terms, steps: 1 };
  assert.equal(isOutsize(84_000_000, 70_000_000, fine), false);
  assert.equal(isOutsize(84_000_001, 70_000_000, fine), true);
});

test('a raise is outsize only by steps and by share; a first bid is measured from the start price', () => {
  assert.equal(isOutsize(81_000_001, 70_000_000, terms), false); // many steps, but under a fifth
  assert.equal(isOutsize(84_000_001, 70_000_000, { ...terms, steps: 30 }), false);
  assert.equal(isOutsize(84_000_001, null, terms), true);
  assert.equal(isOutsize(80_000_000, null, terms), false);
  assert.equal(isOutsize(10 ** 15, 70_000_000, terms), true);
});
