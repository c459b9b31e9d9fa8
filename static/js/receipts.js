// @ts-check
/**
 * A bidder's receipts: verified before the page calls a bid confirmed, kept in this browser, handed
 * out as files that prove the bid offline, now or in ten years. What holds a limit stays only as
 * long as the tab: others may use the same computer.
 */

import { fromBase64 } from './bytes.js';
import { openShelf } from './log-memory.js';
import { hashLeaf, hashSealedLeaf, isIncluded } from './merkle.js';
import { isSigned, parseNote, parseProof } from './notes.js';

/** @typedef {import('./notes.js').Key} Key */
/** @typedef {{ lot: string, sale: string, code: string }} Owner */
/** @typedef {{ kind: 'bid' | 'sealed', receipt: any, holds: boolean }} Kept */

export const CHANGED = 'receipts-changed';
const MOST_KEPT = 500;

/**
 * Why a receipt of an accepted bid does not prove it, or null where it does.
 * @param {any} receipt
 * @param {Owner & { amount: number }} bid
 * @param {Key} key
 * @returns {Promise<string | null>}
 */
export async function faultOfBid(receipt, bid, key) {
  try {
    const { line, index, hashes, checkpoint } = parseProof(receipt.proof);
    const entry = JSON.parse(line);
    if (line !== receipt.entry || index !== entry.n) return 'entry';
    const isOwn = entry.type === 'bid' && entry.sale === bid.sale && entry.code === bid.code
      && entry.amount === bid.amount;
    const isSaid = ['seq', 'at', 'code', 'amount', 'closes_at'].every((name) => receipt[name] === entry[name]);
    if (!isOwn || !isSaid) return 'content';
    if (!isIncluded(hashLeaf(line), index, checkpoint.size, hashes, checkpoint.root)) return 'path';
    const isGenuine = checkpoint.origin === key.name && await isSigned(checkpoint.note, key);
    return isGenuine ? null : 'signature';
  } catch {
    return 'unreadable';
  }
}

/**
 * Why a receipt of the sealed log does not prove what was decided, or null where it does.
 * @param {any} receipt
 * @param {Owner} owner
 * @param {Key} key
 * @returns {Promise<string | null>}
 */
export async function faultOfSealed(receipt, owner, key) {
  try {
    const entry = JSON.parse(receipt.entry);
    if (entry.sale !== owner.sale || entry.code !== owner.code) return 'content';
    const [origin, word, root, end, ...more] = parseNote(receipt.note).body.split('\n');
    const own = hashSealedLeaf(fromBase64(receipt.salt), receipt.entry);
    // Signed alone, or among others whose number is always the same and so says nothing.
    const path = (receipt.path ?? []).map(fromBase64);
    const signed = fromBase64(root);
    if (word !== (receipt.path ? 'leaves' : 'leaf') || end !== '' || more.length) return 'path';
    if (!isIncluded(own, receipt.index ?? 0, 2 ** path.length, path, signed)) return 'path';
    const isGenuine = origin === `${key.name}/sealed` && await isSigned(receipt.note, key);
    return isGenuine ? null : 'signature';
  } catch {
    return 'unreadable';
  }
}

/**
 * Receipts in the order in which they came.
 * @param {Owner} owner
 * @returns {Kept[]}
 */
export function listReceipts(owner) {
  return [...load('localStorage', owner), ...load('sessionStorage', owner)]
    .sort((a, b) => (timeOf(a) < timeOf(b) ? -1 : 1));
}

/**
 * @param {Owner} owner
 * @param {Kept} kept
 */
export function keepReceipt(owner, kept) {
  const place = isSecret(kept) ? 'sessionStorage' : 'localStorage';
  const others = load(place, owner).filter((one) => one.receipt.entry !== kept.receipt.entry);
  try {
    openShelf(place).setItem(nameOf(owner), JSON.stringify([...others, kept].slice(-MOST_KEPT)));
  } catch {
    // Storage is full: the file can still be saved from the answer.
  }
  document.dispatchEvent(new CustomEvent(CHANGED));
}

/** @param {Kept} kept */
export function entryOf(kept) {
  try {
    return JSON.parse(kept.receipt.entry);
  } catch {
    return {};
  }
}

/**
 * Name and content of the file of a receipt.
 * @param {Kept} kept
 * @param {'json' | 'tlog-proof'} form
 */
export function fileOf(kept, form) {
  const { sale = '', seq, n, after, at = '' } = entryOf(kept);
  const number = seq ?? n ?? `${after ?? ''}-${String(at).replace(/\D/g, '')}`;
  return {
    name: `${kept.kind === 'bid' ? 'receipt' : 'sealed'}-${sale}-${number}.${form}`,
    text: form === 'json' ? `${JSON.stringify(kept.receipt, null, 1)}\n` : String(kept.receipt.proof),
  };
}

/** @param {Kept} kept */
function isSecret(kept) {
  return kept.kind === 'sealed' && entryOf(kept).type === 'instruct';
}

/** @param {Kept} kept */
function timeOf(kept) {
  return String(entryOf(kept).at ?? '');
}

/** @param {Owner} owner */
function nameOf({ lot, sale, code }) {
  return `receipts:${lot}:${sale}:${code}`;
}

/**
 * @param {'localStorage' | 'sessionStorage'} place
 * @param {Owner} owner
 * @returns {Kept[]}
 */
function load(place, owner) {
  try {
    const kept = JSON.parse(openShelf(place).getItem(nameOf(owner)) ?? '[]');
    return Array.isArray(kept) ? kept.filter((one) => typeof one?.receipt?.entry === 'string') : [];
  } catch {
    return []; // Not ours, or cut off: as if nothing had been kept.
  }
}
