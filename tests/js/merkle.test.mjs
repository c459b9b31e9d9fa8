// The tree and its proofs against RFC 6962's own recursive definition, and against forgeries.
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { GrowingTree, hashLeaf, hashSealedLeaf, isConsistent, isIncluded } from '../../static/js/merkle.js';
import { leafOf, pathTo, proofFrom, rootOf } from './log-builder.mjs';

const lines = Array.from({ length: 33 }, (_, i) => `line ${i} 竞价`);
const leaves = lines.map(leafOf);
const hex = (bytes) => Buffer.from(bytes).toString('hex');

test('the empty tree and a leaf hash as RFC 6962 says', () => {
  assert.equal(hex(new GrowingTree().root()), 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855');
  assert.equal(hex(hashLeaf('')), '6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d');
  assert.equal(hex(hashSealedLeaf(new Uint8Array(), 'x')), hex(hashLeaf('x')));
});

test('a growing tree has the defined root at every size', () => {
  const tree = new GrowingTree();
  for (let size = 0; size <= lines.length; size += 1) {
    assert.equal(hex(tree.root()), hex(rootOf(leaves.slice(0, size))), `size ${size}`);
    if (size < lines.length) tree.add(hashLeaf(lines[size]));
  }
});

test('every line of every tree is proven by its path, and nowhere else', () => {
  for (let size = 1; size <= lines.length; size += 1) {
    const tree = leaves.slice(0, size);
    const root = rootOf(tree);
    for (let index = 0; index < size; index += 1) {
      const proof = pathTo(index, tree);
      assert.equal(isIncluded(tree[index], index, size, proof, root), true, `${index} of ${size}`);
      assert.equal(isIncluded(leafOf('other'), index, size, proof, root), false);
      assert.equal(isIncluded(tree[index], index + 1, size, proof, root), false);
      assert.equal(isIncluded(tree[index], index, size, [...proof, root], root), false);
      if (proof.length) assert.equal(isIncluded(tree[index], index, size, proof.slice(1), root), false);
    }
  }
});

test('every growth is proven, and no tree with another beginning is', () => {
  for (let to = 1; to <= lines.length; to += 1) {
    const tree = leaves.slice(0, to);
    const root = rootOf(tree);
    const forged = rootOf([leafOf('forged'), ...tree.slice(1)]);
    for (let from = 1; from <= to; from += 1) {
      const older = rootOf(tree.slice(0, from));
      const proof = proofFrom(from, tree);
      assert.equal(isConsistent(from, older, to, root, proof), true, `${from} to ${to}`);
      assert.equal(isConsistent(from, older, to, forged, proof), false);
      assert.equal(isConsistent(from, forged, to, root, proof), from === to && forged.equals(root));
      assert.equal(isConsistent(from, older, to, root, [...proof, root]), false);
      if (proof.length) assert.equal(isConsistent(from, older, to, root, proof.slice(1)), false);
    }
  }
});

test('impossible sizes prove nothing', () => {
  const root = rootOf(leaves);
  for (const [from, to] of [[-1, 3], [34, 33], [1.5, 33], [Number.NaN, 33]]) {
    assert.equal(isConsistent(from, root, to, root, []), false);
  }
  for (const index of [-1, 33, 0.5]) assert.equal(isIncluded(leaves[0], index, 33, pathTo(0, leaves), root), false);
});
