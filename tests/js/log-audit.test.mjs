// A whole log is checked as a layperson's click does it: an honest one holds, and whatever is changed
// in one is found, named, and placed.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';

import { auditLog } from '../../static/js/log-audit.js';
import { readLine, writeCanonical } from '../../static/js/log-lines.js';
import { Course, comparePage } from '../../static/js/log-replay.js';
import { parseCheckpoint } from '../../static/js/notes.js';
import {
  OPENS, ORIGIN, TERMS, canonical, iso, makeCheckpoint, makeFile, makeKey, makeSale, number, openEntry,
} from './log-builder.mjs';

const nothingKnown = { sale: 'S-1', page: null, key: null, seen: [], receipts: [] };
const byName = (audit) => Object.fromEntries(audit.checks.map((check) => [check.name, check]));

test('an honest log holds in every point, with the page, old checkpoints and receipts', async () => {
  const { key, entries } = makeSale(40);
  const file = makeFile(entries, key);
  const last = entries.filter((entry) => entry.type === 'bid').at(-1);
  const audit = await auditLog(file, {
    sale: 'S-1',
    key: key.vkey,
    seen: [1, 7, file.entries.length].map((size) => parseCheckpoint(makeCheckpoint(file.entries, key, size))),
    receipts: [file.entries[5]],
    page: { status: 'sold', seq: 40, price: last.amount, leader: 'BBBB', closesAt: Date.parse(last.closes_at) },
  });
  assert.deepEqual(audit.checks.filter((check) => !check.holds), []);
  assert.deepEqual(audit.checks.map((check) => check.name),
    ['lines', 'root', 'signature', 'times', 'replay', 'page', 'seen', 'receipts']);
  assert.equal(audit.course.result, 'sold');
});

/** What is done to an honest sale's entries, and where it must be found. */
const FORGERIES = {
  'a bid below the ladder': ['replay', 'too-low', (entries) => { entries[5].amount -= 500_000; }],
  'a bid off the ladder': ['replay', 'off-ladder', (entries) => { entries[5].amount += 1; }],
  'a bid of an unknown code': ['replay', 'unknown-code', (entries) => { entries[5].code = 'ZZZZ'; }],
  'a bid after the close': ['replay', 'bid-after-close', (entries) => { entries[5].at = iso(OPENS + 86_400_000); }],
  'a bid before the opening': ['replay', 'bid-before-opening', (entries) => {
    for (const n of [1, 2]) entries[n].at = entries[0].at;
    entries[3].at = iso(OPENS - 1);
  }],
  'a skipped number': ['replay', 'bid-number', (entries) => { entries[5].seq += 1; }],
  'a close that was moved without need': ['replay', 'bad-close', (entries) => { entries[3].closes_at = iso(OPENS + 90_000_000); }],
  'an extension left out': ['replay', 'bad-close', (entries) => { entries.at(-2).closes_at = iso(OPENS + 86_400_000); }],
  'a price in the end that nobody bid': ['replay', 'bad-result', (entries) => { entries.at(-1).price += 500_000; }],
  'another winner': ['replay', 'bad-result', (entries) => { entries.at(-1).leader = 'AAAA'; }],
  'an early end': ['replay', 'closed-early', (entries) => { entries.at(-1).at = entries.at(-2).at; }],
  'a cause for a bid by a person': ['replay', 'bad-cause', (entries) => { entries[6].cause = 5; }],
  'a time that falls': ['times', 'time-falls', (entries) => { entries[6].at = iso(OPENS); }],
  'a line of another sale': ['replay', 'other-sale', (entries) => { entries[6].sale = 'S-2'; }],
  'an unknown entry': ['lines', 'unknown-type', (entries) => { entries[6].type = 'gift'; }],
  'a name in a line': ['lines', 'foreign-field', (entries) => { entries[6].name = '张三'; }],
  'a missing field': ['lines', 'bad-field', (entries) => { delete entries[6].closes_at; }],
  'a gap': ['lines', 'gap', (entries) => { entries.splice(6, 1); }],
};

for (const [name, [check, code, forge]] of Object.entries(FORGERIES)) {
  test(`found in a log that is signed all the same: ${name}`, async () => {
    const { key, entries } = makeSale(20);
    forge(entries);
    const found = byName(await auditLog(makeFile(entries, key), nothingKnown))[check];
    assert.deepEqual([found.holds, found.code], [false, code]);
  });
}

test('a bid after the close entry, and a note that is allowed there', async () => {
  const { key, entries } = makeSale(3);
  const note = { ...number([{ at: entries.at(-1).at, type: 'note', text: '悔拍裁定', ruling: 'R-1' }])[0], n: entries.length };
  assert.equal((await auditLog(makeFile([...entries, note], key), nothingKnown)).holds, true);
  const late = { ...entries[5], n: entries.length, at: entries.at(-1).at };
  assert.equal(byName(await auditLog(makeFile([...entries, late], key), nothingKnown)).replay.code, 'after-close');
});

test('what the file says around its lines is checked too', async () => {
  const { key, entries } = makeSale(5);
  const file = makeFile(entries, key);
  const codeOf = async (changed, name, known = nothingKnown) => byName(await auditLog({ ...file, ...changed }, known))[name].code;
  const other = makeKey(ORIGIN);
  assert.equal(await codeOf({ entries: file.entries.slice(0, -1) }, 'root'), 'size-differs');
  assert.equal(await codeOf({ entries: [...file.entries.slice(0, -1), file.entries.at(-1).replace('"codes":2', '"codes":3')] }, 'root'), 'root-differs');
  assert.equal(await codeOf({ checkpoint: makeCheckpoint(file.entries, other) }, 'signature'), 'not-signed');
  assert.equal(await codeOf({ key: other.vkey, checkpoint: makeCheckpoint(file.entries, other) }, 'signature'), 'key-differs');
  assert.equal(await codeOf({}, 'signature', { ...nothingKnown, key: other.vkey }), 'key-changed');
  assert.equal(await codeOf({}, 'lines', { ...nothingKnown, sale: 'S-2' }), 'other-sale');
  assert.equal(await codeOf({ entries: [` ${file.entries[0]}`, ...file.entries.slice(1)] }, 'lines'), 'not-canonical');
  assert.equal(await codeOf({ format: 'bidlog/2' }, 'lines'), 'not-a-log');
  assert.equal(byName(await auditLog(null, nothingKnown)).replay.holds, null);
});

test('a log that was rewritten since it was seen is found, and so is a missing receipt', async () => {
  const { key, entries } = makeSale(9);
  const before = entries.slice(0, 8).map(canonical);
  entries[4].amount += 500_000;
  const seen = [parseCheckpoint(makeCheckpoint(before, key))];
  const audit = byName(await auditLog(makeFile(entries, key), { ...nothingKnown, seen, receipts: [before[4]] }));
  assert.equal(audit.seen.code, 'seen-differs');
  assert.equal(audit.receipts.code, 'receipt-missing');
  const longer = [parseCheckpoint(makeCheckpoint([...before, ...before], key))];
  assert.equal(byName(await auditLog(makeFile(entries, key), { ...nothingKnown, seen: longer })).seen.code, 'shorter-than-seen');
});

test('a page shows what stood after its last bid, be it some bids behind', async () => {
  const { entries } = makeSale(6);
  const course = new Course(entries[0]);
  for (const entry of entries.slice(1, -1)) course.take(entry);
  const bid = entries[6];
  const page = { status: 'open', seq: bid.seq, price: bid.amount, leader: bid.code, closesAt: Date.parse(bid.closes_at) };
  comparePage(course, page);
  for (const [code, wrong] of Object.entries({
    'page-price': { price: bid.amount + 1 }, 'page-leader': { leader: 'CCCC' }, 'page-close': { closesAt: 0 },
    'page-ahead': { seq: 99 }, 'page-status': { status: 'sold' },
  })) assert.throws(() => comparePage(course, { ...page, ...wrong }), { code });
});

test('canonical JSON is one text only', () => {
  assert.equal(writeCanonical({ b: 1, a: [true, null, '落槌"'] }), '{"a":[true,null,"落槌\\""],"b":1}');
  for (const value of [1.5, Number.NaN, 2 ** 53, '\ud800']) assert.equal(writeCanonical(value), undefined);
  for (const line of ['{"v":1.0}', '{"v":1,"v":1}', '{ "v":1}', '[1]', '1', 'x', '{"v":1,"n":0}']) {
    assert.throws(() => readLine(line, 0));
  }
});

// ── the shared cases of the bidding rules, told as public logs ───────────────────────────────────

/** The public log of a case: what its outcome says was accepted, in order. */
function entriesOf({ sale_file: { sale, bidders, events }, outcome }) {
  const terms = { ...TERMS, ...sale, opens_at: iso(Date.parse(sale.opens_at)), closes_at: iso(Date.parse(sale.closes_at)) };
  const began = Math.min(Date.parse(terms.opens_at), ...events.map((event) => Date.parse(event.at))) - 1;
  const entries = [{ ...openEntry('key', terms), at: iso(began) },
    ...bidders.map(({ code, priority = null }) => ({ at: iso(began), type: 'code', code, priority }))];
  const bids = [...outcome.bids];
  const ofEvent = (index) => { while (bids[0]?.event === index) { const { event: _, ...bid } = bids.shift(); entries.push({ type: 'bid', cause: null, ...bid }); } };
  ofEvent(null);
  events.forEach((event, index) => {
    const { accepted, repeat } = outcome.events[index];
    if (accepted && !repeat && ['suspend', 'resume', 'withdraw'].includes(event.type)) {
      entries.push({ at: iso(Date.parse(event.at)), type: event.type, ground: event.ground ?? '' });
    }
    ofEvent(index);
  });
  return number(entries);
}

const cases = JSON.parse(readFileSync(new URL('../data/bidding.json', import.meta.url), 'utf8'));

for (const one of cases.filter((found) => found.outcome?.bids)) {
  test(`replayed as its outcome says: ${one.name}`, () => {
    const entries = entriesOf(one);
    const course = new Course(entries[0]);
    const { outcome } = one;
    for (const entry of entries.slice(1)) {
      // The outcome names no close for these; what stands in the end holds them to it.
      if (entry.type === 'resume') entry.closes_at = iso(closeAfter(course, Date.parse(entry.at)));
      else if (entry.type !== 'bid') entry.closes_at = iso(course.closesAt);
      if (Date.parse(entry.at) < course.lastAt) entry.at = iso(course.lastAt);
      course.take(entry);
    }
    assert.equal(iso(course.closesAt), outcome.closes_at);
    assert.equal(course.extensions, outcome.extensions);
    if (outcome.status !== 'withdrawn') assert.deepEqual([course.price, course.leader], [outcome.price, outcome.leader]);
    if (course.hasOpened) assert.equal(iso(course.opensAt), outcome.opens_at);
  });
}

function closeAfter(course, at) {
  if (course.suspendedAt === null || at < course.opensAt) return course.closesAt;
  const halted = Math.max(course.suspendedAt, course.opensAt);
  return Math.max(course.closesAt + at - halted, at + course.terms.extension_s * 1000);
}

test('ten thousand entries are checked in small pieces, so that the page lives on', async () => {
  const { key, entries } = makeSale(10_000);
  const file = makeFile(entries, key);
  let pauses = 0;
  const audit = await auditLog(file, nothingKnown, async () => { pauses += 1; });
  assert.equal(audit.holds, true, JSON.stringify(audit.checks));
  assert.ok(pauses >= 40, `${pauses} pauses`);
});
