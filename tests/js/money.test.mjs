// The browser reads and writes money exactly as the server does: both are held to the same tables.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';

import { formatMoney, moneyWords, parseMoney } from '../../static/js/money.js';

/** @param {string} name */
const table = (name) => JSON.parse(readFileSync(new URL(`../data/${name}`, import.meta.url), 'utf8'));

for (const { text, minor } of table('money_text.json')) {
  test(`typed ${JSON.stringify(text)} is ${minor === null ? 'refused' : `${minor} fen`}`, () => {
    assert.equal(parseMoney(text), minor);
  });
}

for (const { minor, words } of table('money_words.json')) {
  test(`${minor} fen in words is ${words}`, () => {
    assert.equal(moneyWords(minor), words);
  });
}

for (const [minor, text] of [
  [0, '¥0.00'],
  [1, '¥0.01'],
  [100, '¥1.00'],
  [99_999, '¥999.99'],
  [100_000, '¥1,000.00'],
  [123_456_789, '¥1,234,567.89'],
  [-5, '-¥0.05'],
  [10 ** 15, '¥10,000,000,000,000.00'],
]) {
  test(`${minor} fen is written ${text}`, () => {
    assert.equal(formatMoney(Number(minor)), text);
  });
}

test('what is written can be read again', () => {
  for (const minor of [0, 1, 99, 100, 12_345, 100_000_000, 10 ** 15]) {
    assert.equal(parseMoney(formatMoney(minor)), minor);
  }
});

test('words of what cannot be counted are refused', () => {
  for (const minor of [-1, 0.5, Number.NaN, 2 ** 53]) {
    assert.throws(() => moneyWords(minor), RangeError);
  }
});
