// A receipt is only called one when it proves exactly the bid that was made.
import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { test } from 'node:test';

import { parseKey } from '../../static/js/notes.js';
import { faultOfBid, faultOfSealed, fileOf } from '../../static/js/receipts.js';
import { ORIGIN, canonical, makeKey, makeProof, makeSale, signNote } from './log-builder.mjs';

const key = makeKey(ORIGIN);
const { entries } = makeSale(9, key);
const lines = entries.map(canonical);
const entry = entries[7];
const { seq, at, code, amount, closes_at } = entry;
const receipt = { lot: 'L-1', seq, at, code, amount, closes_at, entry: lines[7], proof: makeProof(lines, 7, key) };
const bid = { lot: 'L-1', sale: 'S-1', code, amount };
const verifier = parseKey(key.vkey);

test('a receipt proves its bid', async () => assert.equal(await faultOfBid(receipt, bid, verifier), null));

for (const [fault, changed, asked = bid] of [
  ['content', {}, { ...bid, amount: amount + 500_000 }],
  ['content', {}, { ...bid, code: 'CCCC' }],
  ['content', {}, { ...bid, sale: 'S-2' }],
  ['content', { at: entries[6].at }],
  ['content', { closes_at: '2026-11-09T00:00:00.000Z' }],
  ['entry', { entry: lines[6] }],
  ['path', { proof: makeProof(lines, 7, key).replace(/(index 7\n)(.)/, (_, head, one) => head + (one === 'A' ? 'B' : 'A')) }],
  ['signature', { proof: makeProof(lines, 7, makeKey(ORIGIN)) }],
  ['unreadable', { proof: undefined }],
  ['unreadable', { proof: 'nonsense' }],
]) {
  test(`not a receipt (${fault}): ${JSON.stringify(changed).slice(0, 60)} ${asked === bid ? '' : JSON.stringify(asked)}`, async () => {
    assert.equal(await faultOfBid({ ...receipt, ...changed }, asked, verifier), fault);
  });
}

test('a sealed receipt proves what was decided, salt and all', async () => {
  const line = canonical({ v: 1, sale: 'S-1', after: 7, at, type: 'bid', code, amount: '1', accepted: false, reason: 'below-start' });
  const salt = randomBytes(16);
  const hash = (/** @type {(Buffer | string)[]} */ ...parts) => parts
    .reduce((all, part) => all.update(part), createHash('sha256')).digest();
  const others = Array.from({ length: 7 }, () => randomBytes(32));
  const index = 77;
  const root = others.reduce(
    (node, other, height) => ((index >> height) & 1
      ? hash(Buffer.of(1), other, node) : hash(Buffer.of(1), node, other)),
    hash(Buffer.of(0), salt, line),
  ).toString('base64');
  const sealed = {
    entry: line,
    salt: salt.toString('base64'),
    index,
    path: others.map((other) => other.toString('base64')),
    note: signNote(`${ORIGIN}/sealed\nleaves\n${root}\n`, key),
  };
  assert.equal(await faultOfSealed(sealed, bid, verifier), null);
  assert.equal(await faultOfSealed({ ...sealed, salt: randomBytes(16).toString('base64') }, bid, verifier), 'path');
  assert.equal(await faultOfSealed({ ...sealed, entry: line.replace('below-start', 'suspended') }, bid, verifier), 'path');
  assert.equal(await faultOfSealed(sealed, { ...bid, code: 'CCCC' }, verifier), 'content');
  assert.equal(await faultOfSealed({ ...sealed, index: 76 }, bid, verifier), 'path');
  const other = signNote(`${ORIGIN}/sealed\nleaves\n${root}\n`, makeKey(ORIGIN));
  assert.equal(await faultOfSealed({ ...sealed, note: other }, bid, verifier), 'signature');
  const bare = signNote(`${ORIGIN}\nleaves\n${root}\n`, key);
  assert.equal(await faultOfSealed({ ...sealed, note: bare }, bid, verifier), 'signature');
});

test('a receipt is handed out as the proof itself, or whole', () => {
  const kept = { kind: 'bid', receipt, holds: true };
  assert.deepEqual(fileOf(kept, 'tlog-proof'), { name: `receipt-S-1-${seq}.tlog-proof`, text: receipt.proof });
  assert.deepEqual(JSON.parse(fileOf(kept, 'json').text), receipt);
});
