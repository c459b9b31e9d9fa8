// Colours: the two dark blocks are one theme, and words can be read on every ground they stand on.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';

const css = readFileSync(new URL('../../static/css/tokens.css', import.meta.url), 'utf8');

/** @param {string} opening */
function tokensAfter(opening) {
  const from = css.indexOf(opening);
  assert.notEqual(from, -1, opening);
  const body = css.slice(css.indexOf('{', from) + 1, css.indexOf('}', from));
  return Object.fromEntries([...body.matchAll(/(--[\w-]+):\s*([^;]+);/g)].map((m) => [m[1], m[2]]));
}

const light = tokensAfter(':root {');
const darkBySystem = tokensAfter(":root:not([data-theme='light']) {");
const darkByChoice = tokensAfter(":root[data-theme='dark'] {");

/** @param {string} hex */
function luminance(hex) {
  const [r, g, b] = [1, 3, 5]
    .map((i) => Number.parseInt(hex.slice(i, i + 2), 16) / 255)
    .map((c) => (c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4));
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}

/**
 * @param {string} a
 * @param {string} b
 */
function contrast(a, b) {
  const [high, low] = [luminance(a), luminance(b)].sort((x, y) => y - x);
  return (high + 0.05) / (low + 0.05);
}

test('the dark theme is the same by system and by choice', () => {
  assert.deepEqual(darkBySystem, darkByChoice);
});

test('the dark theme has its own value for every colour of the light one', () => {
  assert.deepEqual(Object.keys(darkByChoice).sort(), Object.keys(light).sort());
});

/** Text, its grounds, and the least contrast. Figures are ink, hence 7. */
const PAIRS = [
  ...['--paper', '--sheet', '--well'].flatMap((ground) => [
    ['--ink', ground, 7],
    ['--muted', ground, 4.5],
    ['--link', ground, 4.5],
    ['--danger', ground, 4.5],
    ['--jade', ground, 4.5],
    ['--amber', ground, 4.5],
    ['--edge', ground, 3],
  ]),
  ...['jade', 'amber', 'indigo', 'danger'].flatMap((name) => [
    [`--${name}`, `--${name}-ground`, 4.5],
    ['--ink', `--${name}-ground`, 7],
    ['--muted', `--${name}-ground`, 4.5],
  ]),
  ['--on-action', '--action', 7],
  ['--on-action', '--action-hover', 7],
  ['--on-cinnabar', '--cinnabar', 4.5],
  ['--focus', '--paper', 3],
];

for (const [name, theme] of Object.entries({ light, dark: darkByChoice })) {
  for (const [text, ground, least] of PAIRS) {
    test(`${name}: ${text} on ${ground} reaches ${least}`, () => {
      const found = contrast(theme[text], theme[ground]);
      assert.ok(found >= Number(least), `${found.toFixed(2)}`);
    });
  }
}
