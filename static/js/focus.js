// @ts-check
/** Puts the focus on an error summary when the page opens, so that it is what is read first. */

/** @param {HTMLElement} element */
export function mount(element) {
  element.focus({ preventScroll: false });
}
