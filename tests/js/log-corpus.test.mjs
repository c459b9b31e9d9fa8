// The logged sales that every reader of a bid log is held to, read by the browser's check.
import assert from 'node:assert/strict';
import { readFileSync, readdirSync } from 'node:fs';
import { test } from 'node:test';

import { auditLog } from '../../static/js/log-audit.js';
import { parseCheckpoint, parseKey, parseProof } from '../../static/js/notes.js';
import { faultOfBid, faultOfSealed } from '../../static/js/receipts.js';

const folder = new URL('../corpus/verify/', import.meta.url);

for (const name of readdirSync(folder).filter((one) => one.endsWith('.json'))) {
  const scene = JSON.parse(readFileSync(new URL(name, folder), 'utf8'));
  const sale = JSON.parse(scene.log.entries[0]).sale;
  const key = parseKey(scene.log.key);

  test(`${name}: the log holds, and contains everything seen and received before`, async () => {
    const receipts = Object.values(scene.receipts);
    const audit = await auditLog(scene.log, {
      sale,
      page: null,
      key: scene.log.key,
      seen: [
        ...Object.values(scene.checkpoints).map(parseCheckpoint),
        ...Object.values(scene.proofs).map((text) => parseProof(text).checkpoint),
      ],
      receipts: receipts.map((receipt) => receipt.entry),
    });
    assert.deepEqual(audit.checks.filter((check) => check.holds !== true), []);
  });

  test(`${name}: every receipt proves what it says`, async () => {
    for (const receipt of Object.values(scene.receipts)) {
      assert.equal(await faultOfBid(receipt, { ...receipt, sale }, key), null);
    }
    for (const receipt of Object.values(scene.sealed_receipts)) {
      const { code } = JSON.parse(receipt.entry);
      assert.equal(await faultOfSealed(receipt, { lot: '', sale, code }, key), null);
    }
  });
}
