// @ts-check
/**
 * Signed notes, checkpoints and proofs of the transparency-log world (C2SP `signed-note`,
 * `tlog-checkpoint`, `tlog-proof`), as far as a reader needs them: taken apart strictly, verified
 * with the log's key. A note may carry further signatures (of witnesses); one by the key must hold.
 */

import { sha256 } from '../vendor/noble/sha2.js';
import { fromBase64, isSame, join, toHex, utf8 } from './bytes.js';

const ED25519 = 1;
const SIGNATURE = /^— ([^\s+]+) (\S+)$/u;
const PROOF_HEAD = 'c2sp.org/tlog-proof@v1';
const MOST_HASHES = 64;

/** @typedef {{ name: string, id: Uint8Array, public: Uint8Array<ArrayBuffer>, text: string }} Key */
/** @typedef {{ name: string, bytes: Uint8Array<ArrayBuffer> }} Signature */
/** @typedef {{ body: string, signatures: Signature[] }} Note */
/** @typedef {{ origin: string, size: number, root: Uint8Array, note: string }} Checkpoint */
/** @typedef {{ line: string, index: number, hashes: Uint8Array[], checkpoint: Checkpoint }} Proof */

/**
 * A verifier key `<name>+<8 hex of key id>+<base64 of 0x01 ‖ public key>`.
 * @param {string} text
 * @returns {Key}
 */
export function parseKey(text) {
  const found = /^([^\s+]+)\+([0-9a-f]{8})\+(\S+)$/u.exec(text);
  if (!found) throw new Error('not a verifier key');
  const [, name, id, encoded] = found;
  const bytes = fromBase64(encoded);
  if (bytes.length !== 33 || bytes[0] !== ED25519) throw new Error('not an Ed25519 key');
  const expected = sha256(join(utf8(`${name}\n`), bytes)).slice(0, 4);
  if (toHex(expected) !== id) throw new Error('the key does not fit its id');
  return { name, id: expected, public: bytes.slice(1), text };
}

/**
 * @param {string} text
 * @returns {Note}
 */
export function parseNote(text) {
  const cut = text.lastIndexOf('\n\n');
  if (cut < 0 || !text.endsWith('\n')) throw new Error('not a signed note');
  const lines = text.slice(cut + 2, -1).split('\n');
  const signatures = lines.map((line) => {
    const found = SIGNATURE.exec(line);
    if (!found) throw new Error('not a signature line');
    const bytes = fromBase64(found[2]);
    if (bytes.length < 5) throw new Error('a signature too short');
    return { name: found[1], bytes };
  });
  return { body: text.slice(0, cut + 1), signatures };
}

/**
 * `<origin>\n<size>\n<base64 root>\n`, signed. Not verified here.
 * @param {string} text
 * @returns {Checkpoint}
 */
export function parseCheckpoint(text) {
  const { body } = parseNote(text);
  const [origin, size, root, ...more] = body.split('\n');
  if (!origin || more[0] === undefined) throw new Error('not a checkpoint');
  const hash = fromBase64(root);
  if (hash.length !== 32) throw new Error('not a root');
  return { origin, size: parseCount(size), root: hash, note: text };
}

/**
 * The text form of a `tlog-proof@v1`; `extra` holds the line itself.
 * @param {string} text
 * @returns {Proof}
 */
export function parseProof(text) {
  const cut = text.indexOf('\n\n');
  const [head, ...lines] = text.slice(0, cut).split('\n');
  if (cut < 0 || head !== PROOF_HEAD) throw new Error('not a tlog-proof');
  let line = '';
  if (lines[0]?.startsWith('extra ')) {
    const bytes = fromBase64(lines[0].slice('extra '.length));
    line = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
    lines.shift();
  }
  const index = lines.shift();
  if (!index?.startsWith('index ')) throw new Error('a proof without an index');
  if (lines.length > MOST_HASHES) throw new Error('a proof too long');
  return {
    line,
    index: parseCount(index.slice('index '.length)),
    hashes: lines.map(fromBase64),
    checkpoint: parseCheckpoint(text.slice(cut + 2)),
  };
}

/**
 * Whether the key has signed the note, under its own name.
 * @param {string} text
 * @param {Key} key
 * @returns {Promise<boolean>}
 */
export async function isSigned(text, key) {
  const { body, signatures } = parseNote(text);
  const message = utf8(body);
  for (const { name, bytes } of signatures) {
    if (name !== key.name || !isSame(bytes.slice(0, 4), key.id) || bytes.length !== 68) continue;
    if (await verify(key.public, bytes.slice(4), message)) return true;
  }
  return false;
}

/** @typedef {(key: Uint8Array<ArrayBuffer>, signature: Uint8Array<ArrayBuffer>, message: Uint8Array<ArrayBuffer>) => Promise<boolean>} Verifier */

/** @type {Promise<Verifier> | null} */
let verifier = null;

/** @type {Verifier} */
async function verify(key, signature, message) {
  verifier ??= findVerifier();
  return (await verifier)(key, signature, message);
}

/**
 * The browser's own Ed25519, or the vendored one where it has none (or the page is not secure).
 * @param {SubtleCrypto | undefined} [subtle]
 * @returns {Promise<Verifier>}
 */
export async function findVerifier(subtle = globalThis.crypto?.subtle) {
  if (subtle && await hasEd25519(subtle)) {
    return async (key, signature, message) => {
      const imported = await subtle.importKey('raw', key, 'Ed25519', false, ['verify']);
      return subtle.verify('Ed25519', imported, signature, message);
    };
  }
  const [ed25519, { sha512 }] = await Promise.all([
    import('../vendor/noble/ed25519.js'), import('../vendor/noble/sha2.js'),
  ]);
  ed25519.hashes.sha512 = sha512;
  return async (key, signature, message) => {
    try {
      return ed25519.verify(signature, message, key, { zip215: false });
    } catch {
      return false; // A key or signature that is no point of the curve verifies nothing.
    }
  };
}

/** @param {SubtleCrypto} subtle */
async function hasEd25519(subtle) {
  // RFC 8032, test 1: a public key every implementation knows.
  const known = fromBase64('11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=');
  try {
    await subtle.importKey('raw', known, 'Ed25519', false, ['verify']);
    return true;
  } catch {
    return false; // An older browser: the vendored implementation takes its place.
  }
}

/** @param {string} text */
function parseCount(text) {
  if (!/^(?:0|[1-9]\d{0,14})$/.test(text)) throw new Error('not a count');
  return Number(text);
}
