// Notes, keys and proofs are read strictly, and verified the same with and without WebCrypto's Ed25519.
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { findVerifier, isSigned, parseCheckpoint, parseKey, parseNote, parseProof } from '../../static/js/notes.js';
import { ORIGIN, makeCheckpoint, makeKey, makeProof, signNote } from './log-builder.mjs';

const key = makeKey(ORIGIN);
const lines = ['{"n":0}', '{"n":1,"ground":"暂缓"}', '{"n":2}'];
const note = makeCheckpoint(lines, key);

test('a checkpoint is read, and signed by its key alone', async () => {
  const { origin, size } = parseCheckpoint(note);
  assert.deepEqual([origin, size], [ORIGIN, 3]);
  assert.equal(await isSigned(note, parseKey(key.vkey)), true);
  assert.equal(await isSigned(note, parseKey(makeKey(ORIGIN).vkey)), false);
  assert.equal(await isSigned(note.replace('\n3\n', '\n4\n'), parseKey(key.vkey)), false);
});

test('signatures of witnesses may stand beside the log’s own, not in its place', async () => {
  const witness = makeKey('witness.example');
  const [line] = signNote(note.slice(0, note.indexOf('\n\n') + 1), witness).match(/— .*\n/);
  assert.equal(await isSigned(note + line, parseKey(key.vkey)), true);
  const alone = note.slice(0, note.indexOf('— ')) + line;
  assert.equal(await isSigned(alone, parseKey(key.vkey)), false);
});

for (const [name, text] of Object.entries({
  'no signature': `${ORIGIN}\n3\nAAAA\n`,
  'no newline at the end': note.trimEnd(),
  'a size with a leading zero': note.replace('\n3\n', '\n03\n'),
  'a size that is no number': note.replace('\n3\n', '\n-3\n'),
  'a short root': note.replace(/\n[^\n]{44}\n\n/, '\nAAAA\n\n'),
  'a signature line of another kind': note.replace('— ', '-- '),
})) test(`not a checkpoint: ${name}`, () => assert.throws(() => parseCheckpoint(text)));

test('a key that does not fit its id, or is of another kind, is refused', () => {
  const [name, id, body] = key.vkey.split('+', 3);
  assert.throws(() => parseKey(`other+${id}+${key.vkey.slice(name.length + id.length + 2)}`));
  assert.throws(() => parseKey(`${name}+00000000+${body}`));
  assert.throws(() => parseKey('nonsense'));
});

test('a proof gives back its line, index and checkpoint', () => {
  const proof = parseProof(makeProof(lines, 1, key));
  assert.deepEqual([proof.line, proof.index, proof.checkpoint.size], [lines[1], 1, 3]);
  assert.equal(proof.hashes.length, 2);
  assert.throws(() => parseProof(makeProof(lines, 1, key).replace('@v1', '@v2')));
  assert.throws(() => parseProof(makeProof(lines, 1, key).replace('index', 'place')));
});

test('a browser without Ed25519, or without WebCrypto at all, verifies with the vendored one', async () => {
  const { body, signatures } = parseNote(note);
  const signature = signatures[0].bytes.slice(4);
  const message = new TextEncoder().encode(body);
  const { public: raw } = parseKey(key.vkey);
  const old = { importKey: () => Promise.reject(new DOMException('', 'NotSupportedError')) };
  for (const subtle of [crypto.subtle, old, null]) {
    const verify = await findVerifier(subtle);
    assert.equal(await verify(raw, signature, message), true);
    assert.equal(await verify(raw, signature, message.slice(1)), false);
    assert.equal(await verify(new Uint8Array(32).fill(255), signature, message), false);
  }
});
