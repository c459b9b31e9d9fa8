// A watcher's page believes a checkpoint only if it contains what was seen before; what a dishonest
// platform does is found and kept, what a bad network does is not an alarm.
import assert from 'node:assert/strict';
import { test } from 'node:test';

import { LogMemory } from '../../static/js/log-memory.js';
import { LogWatch } from '../../static/js/log-watch.js';
import { ORIGIN, canonical, leafOf, makeCheckpoint, makeKey, makeProof, makeSale, proofFrom } from './log-builder.mjs';

const key = makeKey(ORIGIN);
const honest = makeSale(20, key).entries.map(canonical);
const forged = honest.map((line, n) => (n < 3 ? line : line.replace('"auto":false', '"auto":true')));

/** A page that watches a platform whose log is `lines`, with a clock and a network in hand. */
function makeWatch({ lines = honest, shelf = new Map(), signer = key } = {}) {
  const scene = { lines, time: 0, asked: [], findings: [], due: [], reply: null };
  const memory = new LogMemory('L-1', 'S-1', {
    getItem: (name) => shelf.get(name) ?? null,
    setItem: (name, text) => shelf.set(name, text),
    removeItem: (name) => shelf.delete(name),
  });
  const answer = (path) => {
    const query = new URL(path, 'http://x').searchParams;
    if (path.includes('/log/proof')) return { status: 200, body: { proof: makeProof(scene.lines, 0, signer) } };
    const [from, to] = [Number(query.get('from')), Number(query.get('to'))];
    if (to > scene.lines.length) return { status: 422, body: { code: 'no-such-size' } };
    const proof = proofFrom(from, scene.lines.slice(0, to).map(leafOf)).map((hash) => hash.toString('base64'));
    return { status: 200, body: { from, to, proof } };
  };
  scene.watch = new LogWatch('L-1', 'S-1', memory, (finding) => scene.findings.push(finding), {
    ask: async (path) => { scene.asked.push(path); return scene.reply ? scene.reply(path) : answer(path); },
    now: () => scene.time,
    later: (act) => scene.due.push(act),
    chance: () => 0,
  });
  scene.hear = (size, of = scene.lines, by = signer) => scene.watch.hear(makeCheckpoint(of, by, size));
  scene.wait = async (ms) => {
    scene.time += ms;
    for (const act of scene.due.splice(0)) act();
    while (scene.watch.isAtWork) await new Promise((go) => { setImmediate(go); });
  };
  scene.alarm = () => scene.findings.at(-1)?.alarm?.kind ?? null;
  return scene;
}

test('an honest log that grows is followed, and asked about at most every ten seconds', async () => {
  const scene = makeWatch({ lines: honest.slice(0, 5) });
  await scene.hear(5);
  scene.lines = honest;
  await scene.hear(8);
  await scene.hear(9);
  await scene.hear(12);
  assert.equal(scene.asked.filter((path) => path.includes('consistency')).length, 1);
  await scene.wait(10_000);
  assert.deepEqual([scene.findings.at(-1).size, scene.alarm()], [12, null]);
  assert.equal(scene.asked.filter((path) => path.includes('consistency')).length, 2);
});

test('a frame that comes late is no alarm', async () => {
  const scene = makeWatch();
  await scene.hear(12);
  await scene.wait(20_000);
  await scene.hear(9);
  await scene.wait(20_000);
  assert.equal(scene.alarm(), null);
  assert.equal(scene.findings.at(-1).size, honest.length);
});

test('the same size with another root is an alarm at once, without asking anybody', async () => {
  const scene = makeWatch({ lines: honest.slice(0, 10) });
  await scene.hear(10);
  const before = scene.asked.length;
  await scene.hear(10, forged.slice(0, 10));
  assert.equal(scene.alarm(), 'fork');
  assert.equal(scene.asked.length, before);
  const { evidence } = scene.findings.at(-1).alarm;
  assert.equal(evidence.seen, makeCheckpoint(honest.slice(0, 10), key));
  assert.equal(evidence.shown, makeCheckpoint(forged.slice(0, 10), key));
});

test('a log that was rewritten while it grew is an alarm, with the proof that failed', async () => {
  const scene = makeWatch({ lines: honest.slice(0, 6) });
  await scene.hear(6);
  scene.lines = forged;
  await scene.wait(20_000);
  await scene.hear(15);
  assert.equal(scene.alarm(), 'rewritten');
  assert.ok(Array.isArray(scene.findings.at(-1).alarm.evidence.answer.body.proof));
});

test('what was seen before the page was loaded counts: a log that has lost lines is an alarm', async () => {
  const shelf = new Map();
  const first = makeWatch({ shelf });
  await first.hear(18);
  const second = makeWatch({ shelf, lines: honest.slice(0, 9) });
  second.watch.start();
  await second.hear(9);
  assert.equal(second.alarm(), null); // one refusal may be a server that lags behind
  await second.wait(20_000);
  assert.equal(second.alarm(), 'shrunk');
  const third = makeWatch({ shelf });
  third.watch.start();
  assert.equal(third.alarm(), 'shrunk'); // it stays
  third.watch.restart();
  await third.hear(18);
  assert.equal(third.alarm(), null);
});

test('a checkpoint by another key, of another log, or no checkpoint at all', async () => {
  for (const [kind, note] of [
    ['signature', makeCheckpoint(honest, makeKey(ORIGIN), 7)],
    ['origin', makeCheckpoint(honest, makeKey('sale.example/sale/S-2'), 7)],
    ['unreadable', 'nonsense'],
  ]) {
    const scene = makeWatch();
    await scene.hear(5);
    await scene.watch.hear(note);
    assert.equal(scene.alarm(), kind);
  }
});

test('a key that is not the one in the log’s first line is an alarm from the beginning', async () => {
  const scene = makeWatch({ signer: makeKey(ORIGIN) });
  await scene.hear(5);
  assert.equal(scene.alarm(), 'signature');
});

test('a network that fails, a server that is busy or broken: no alarm, asked again', async () => {
  for (const reply of [null, { status: 503, body: {} }, { status: 429, body: {} }, { status: 500, body: null }]) {
    const scene = makeWatch({ lines: honest.slice(0, 5) });
    await scene.hear(5);
    scene.lines = honest;
    scene.reply = () => reply;
    await scene.wait(20_000);
    await scene.hear(11);
    for (let turn = 0; turn < 5; turn += 1) await scene.wait(20_000);
    assert.equal(scene.alarm(), null);
    scene.reply = null;
    await scene.wait(20_000);
    assert.equal(scene.findings.at(-1).size, 11);
  }
});

test('a memory that is cut off is as good as none', async () => {
  const shelf = new Map([['log:L-1:S-1', '{"key":']]);
  const scene = makeWatch({ shelf });
  scene.watch.start();
  await scene.hear(5);
  assert.equal(scene.alarm(), null);
});

test('a page of a finished sale compares what was seen with what is there now', async () => {
  const shelf = new Map();
  await makeWatch({ shelf, lines: honest.slice(0, 12) }).hear(12);
  const closed = makeWatch({ shelf });
  await closed.watch.look();
  assert.deepEqual([closed.findings.at(-1).size, closed.alarm()], [honest.length, null]);
  const rewritten = makeWatch({ shelf, lines: forged });
  await rewritten.watch.look();
  assert.equal(rewritten.alarm(), 'fork');
  const stranger = makeWatch();
  await stranger.watch.look();
  assert.deepEqual(stranger.asked, []);
});
