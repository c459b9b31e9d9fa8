// @ts-check
/**
 * Mounts what the page declares: an element with `data-module="copy"` is handed to the `mount` of
 * `./copy.js`. Several names are separated by spaces. A page works without any of them.
 */

/** @typedef {{ mount: (element: HTMLElement) => void }} Component */

const NAME = /^[a-z][a-z0-9-]*$/;

/**
 * Mounts the modules of every declared element under `root`; an element is mounted once a module.
 * @param {ParentNode} root
 */
export async function mountAll(root) {
  const waiting = [];
  for (const element of root.querySelectorAll('[data-module]')) {
    if (!(element instanceof HTMLElement)) continue;
    for (const name of (element.dataset.module ?? '').split(/\s+/).filter((n) => NAME.test(n))) {
      waiting.push(mountOne(element, name));
    }
  }
  await Promise.all(waiting);
}

/** @type {WeakMap<HTMLElement, Set<string>>} */
const mounted = new WeakMap();

/**
 * @param {HTMLElement} element
 * @param {string} name
 */
async function mountOne(element, name) {
  const names = mounted.get(element) ?? new Set();
  if (names.has(name)) return;
  mounted.set(element, names.add(name));
  /** @type {Component} */
  const component = await import(`./${name}.js`);
  component.mount(element);
}

await mountAll(document);
