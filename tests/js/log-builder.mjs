// Builds bid logs as the platform publishes them, from the definitions (RFC 6962, C2SP), with node's
// own SHA-256 and Ed25519: nothing here is shared with what is tested.
import { createHash, createPublicKey, generateKeyPairSync, sign } from 'node:crypto';

const sha256 = (...parts) => {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(part);
  return hash.digest();
};
export const leafOf = (line) => sha256(Buffer.of(0), line);
const nodeOf = (left, right) => sha256(Buffer.of(1), left, right);

/** The largest power of two below `n`. */
const split = (n) => {
  let k = 1;
  while (k * 2 < n) k *= 2;
  return k;
};

/** MTH of RFC 6962, 2.1. */
export function rootOf(leaves) {
  if (leaves.length === 0) return sha256();
  if (leaves.length === 1) return leaves[0];
  const k = split(leaves.length);
  return nodeOf(rootOf(leaves.slice(0, k)), rootOf(leaves.slice(k)));
}

/** PATH of RFC 6962, 2.1.1. */
export function pathTo(index, leaves) {
  if (leaves.length === 1) return [];
  const k = split(leaves.length);
  return index < k
    ? [...pathTo(index, leaves.slice(0, k)), rootOf(leaves.slice(k))]
    : [...pathTo(index - k, leaves.slice(k)), rootOf(leaves.slice(0, k))];
}

/** PROOF of RFC 6962, 2.1.2. */
export function proofFrom(size, leaves, isWhole = true) {
  if (size === leaves.length) return isWhole ? [] : [rootOf(leaves)];
  const k = split(leaves.length);
  return size <= k
    ? [...proofFrom(size, leaves.slice(0, k), isWhole), rootOf(leaves.slice(k))]
    : [...proofFrom(size - k, leaves.slice(k), false), rootOf(leaves.slice(0, k))];
}

/** A signing key of this name, with its verifier key as text. */
export function makeKey(name) {
  const { privateKey } = generateKeyPairSync('ed25519');
  const raw = Buffer.from(createPublicKey(privateKey).export({ format: 'jwk' }).x, 'base64url');
  const body = Buffer.concat([Buffer.of(1), raw]);
  const id = sha256(`${name}\n`, body).subarray(0, 4);
  return { name, privateKey, id, vkey: `${name}+${id.toString('hex')}+${body.toString('base64')}` };
}

export function signNote(body, key) {
  const signature = Buffer.concat([key.id, sign(null, Buffer.from(body), key.privateKey)]);
  return `${body}\n— ${key.name} ${signature.toString('base64')}\n`;
}

export const makeCheckpoint = (lines, key, size = lines.length) => signNote(
  `${key.name}\n${size}\n${rootOf(lines.slice(0, size).map(leafOf)).toString('base64')}\n`, key,
);

/** A receipt's proof, as text. */
export function makeProof(lines, index, key) {
  const hashes = pathTo(index, lines.map(leafOf)).map((hash) => `${hash.toString('base64')}\n`);
  const extra = Buffer.from(lines[index]).toString('base64');
  return `c2sp.org/tlog-proof@v1\nextra ${extra}\nindex ${index}\n${hashes.join('')}\n${makeCheckpoint(lines, key)}`;
}

/** Canonical JSON of flat and nested plain values. */
export function canonical(value) {
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`;
  if (value === null || typeof value !== 'object') return JSON.stringify(value);
  const names = Object.keys(value).sort();
  return `{${names.map((name) => `${JSON.stringify(name)}:${canonical(value[name])}`).join(',')}}`;
}

export const ORIGIN = 'sale.example/sale/S-1';
export const iso = (ms) => new Date(ms).toISOString();
export const OPENS = Date.parse('2026-11-02T02:00:00.000Z');
export const TERMS = {
  stage: 'first', currency: 'CNY', start_price: 70_000_000, increment: 500_000,
  opens_at: iso(OPENS), closes_at: iso(OPENS + 86_400_000), extension_window_s: 300, extension_s: 300,
  countdown_s: 86_400, leader_raises: true, instructions: true,
};

/** Numbers the entries and gives them what all have in common. */
export function number(entries, sale = 'S-1') {
  return entries.map((entry, n) => ({ v: 1, sale, n, ...entry }));
}

export function makeFile(entries, key = makeKey(ORIGIN)) {
  const lines = entries.map(canonical);
  return {
    format: 'bidlog/1', origin: key.name, key: entries[0].key, entries: lines,
    checkpoint: makeCheckpoint(lines, key),
  };
}

export const openEntry = (vkey, terms = TERMS) => ({
  at: iso(OPENS - 1_000_000), type: 'open', lot: 'L-1', terms, announcement: 'a'.repeat(64),
  rules: 'b'.repeat(64), key: vkey,
});

/** A sale with so many bids, alternating, one each second, the last ones in the extension window. */
export function makeSale(count, key = makeKey(ORIGIN)) {
  const entries = [
    openEntry(key.vkey),
    { at: iso(OPENS), type: 'code', code: 'AAAA', priority: null },
    { at: iso(OPENS), type: 'code', code: 'BBBB', priority: 1 },
  ];
  let closes = OPENS + 86_400_000;
  let extensions = 0;
  const first = closes - 300_000 - Math.floor(count / 2) * 1000;
  for (let i = 0; i < count; i += 1) {
    const at = first + i * 1000;
    if (closes - at <= 300_000 && at + 300_000 > closes) {
      closes = at + 300_000;
      extensions += 1;
    }
    entries.push({
      at: iso(at), type: 'bid', seq: i + 1, code: i % 2 ? 'BBBB' : 'AAAA', auto: false, cause: null,
      amount: 70_000_000 + i * 500_000, closes_at: iso(closes),
    });
  }
  const last = entries[entries.length - 1];
  entries.push({
    at: iso(closes), type: 'close', status: count ? 'sold' : 'unsold', price: count ? last.amount : null,
    leader: count ? last.code : null, opens_at: iso(OPENS), closes_at: iso(closes), bids: count,
    extensions, codes: 2, sealed: { size: 0, root: rootOf([]).toString('base64') },
  });
  return { key, entries: number(entries) };
}
