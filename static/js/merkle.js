// @ts-check
/**
 * The Merkle tree of RFC 6962: leaves SHA-256(0x00 ‖ line), nodes SHA-256(0x01 ‖ left ‖ right), the
 * proofs that a line is in a tree and that a tree has only grown. Nothing here trusts what it reads:
 * a proof that is too short, too long or for an impossible size is false, not an error.
 */

import { sha256 } from '../vendor/noble/sha2.js';
import { isSame, join, utf8 } from './bytes.js';

/** @typedef {Uint8Array} Hash */

const LEAF = Uint8Array.of(0);
const NODE = Uint8Array.of(1);

/**
 * @param {string} line
 * @returns {Hash}
 */
export function hashLeaf(line) {
  return sha256(join(LEAF, utf8(line)));
}

/**
 * A leaf of the sealed log: SHA-256(0x00 ‖ salt ‖ line).
 * @param {Uint8Array} salt
 * @param {string} line
 * @returns {Hash}
 */
export function hashSealedLeaf(salt, line) {
  return sha256(join(LEAF, salt, utf8(line)));
}

/**
 * @param {Hash} left
 * @param {Hash} right
 * @returns {Hash}
 */
export function hashNode(left, right) {
  return sha256(join(NODE, left, right));
}

/** A tree that grows leaf by leaf and knows its root at any size it passes through. */
export class GrowingTree {
  constructor() {
    this.size = 0;
    /** Roots of the perfect subtrees, largest first. @type {{ height: number, hash: Hash }[]} */
    this.peaks = [];
  }

  /** @param {Hash} leaf */
  add(leaf) {
    let peak = { height: 0, hash: leaf };
    while (this.peaks.length > 0 && this.peaks[this.peaks.length - 1].height === peak.height) {
      const left = /** @type {{ height: number, hash: Hash }} */ (this.peaks.pop());
      peak = { height: peak.height + 1, hash: hashNode(left.hash, peak.hash) };
    }
    this.peaks.push(peak);
    this.size += 1;
  }

  /** @returns {Hash} */
  root() {
    if (this.size === 0) return sha256(new Uint8Array());
    return this.peaks.map((peak) => peak.hash).reduceRight((right, left) => hashNode(left, right));
  }
}

/**
 * Whether `leaf` stands at `index` of the tree of this size and root (RFC 9162, 2.1.3.2).
 * @param {Hash} leaf
 * @param {number} index
 * @param {number} size
 * @param {Hash[]} proof
 * @param {Hash} root
 */
export function isIncluded(leaf, index, size, proof, root) {
  if (!isCount(index) || !isCount(size) || index >= size) return false;
  let place = index;
  let last = size - 1;
  let hash = leaf;
  for (const sibling of proof) {
    if (last === 0 || sibling.length !== 32) return false;
    if (place % 2 === 1 || place === last) {
      hash = hashNode(sibling, hash);
      while (place % 2 === 0 && place !== 0) {
        place = half(place);
        last = half(last);
      }
    } else {
      hash = hashNode(hash, sibling);
    }
    place = half(place);
    last = half(last);
  }
  return last === 0 && isSame(hash, root);
}

/**
 * Whether the tree of size `to` begins with the whole tree of size `from` (RFC 9162, 2.1.4.2).
 * @param {number} from
 * @param {Hash} fromRoot
 * @param {number} to
 * @param {Hash} toRoot
 * @param {Hash[]} proof
 */
export function isConsistent(from, fromRoot, to, toRoot, proof) {
  if (!isCount(from) || !isCount(to) || from > to) return false;
  if (from === to) return proof.length === 0 && isSame(fromRoot, toRoot);
  if (from === 0) return proof.length === 0 && isSame(fromRoot, sha256(new Uint8Array()));
  if (proof.some((hash) => hash.length !== 32)) return false;
  const path = isPowerOfTwo(from) ? [fromRoot, ...proof] : [...proof];
  const first = path.shift();
  if (!first) return false;
  let place = from - 1;
  let last = to - 1;
  while (place % 2 === 1) {
    place = half(place);
    last = half(last);
  }
  let older = first;
  let newer = first;
  for (const hash of path) {
    if (last === 0) return false;
    if (place % 2 === 1 || place === last) {
      older = hashNode(hash, older);
      newer = hashNode(hash, newer);
      while (place % 2 === 0 && place !== 0) {
        place = half(place);
        last = half(last);
      }
    } else {
      newer = hashNode(newer, hash);
    }
    place = half(place);
    last = half(last);
  }
  return last === 0 && isSame(older, fromRoot) && isSame(newer, toRoot);
}

/** @param {number} n */
function isCount(n) {
  return Number.isSafeInteger(n) && n >= 0;
}

/** @param {number} n */
function isPowerOfTwo(n) {
  let rest = n;
  while (rest > 1 && rest % 2 === 0) rest = half(rest);
  return rest === 1;
}

/** @param {number} n */
function half(n) {
  return Math.floor(n / 2);
}
