// @ts-check
/**
 * Down the work list by keyboard, only while the focus is inside it: J the next line, K the one
 * before, A accepts its proposal. Without scripts the same links and buttons are reached by Tab.
 */

/** @param {HTMLElement} list */
export function mount(list) {
  list.addEventListener('keydown', (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const here = event.target instanceof Element ? event.target.closest('.pair') : null;
    if (!here) return;
    const key = event.key.toLowerCase();
    if (key === 'j') focusOn(here.nextElementSibling);
    else if (key === 'k') focusOn(here.previousElementSibling);
    else if (key === 'a') accept(here);
    else return;
    event.preventDefault();
  });
}

/** @param {Element | null} pair */
function focusOn(pair) {
  const first = pair?.querySelector('a');
  first?.focus();
  pair?.scrollIntoView({ block: 'center' });
}

/** @param {Element} pair */
function accept(pair) {
  const form = pair.querySelector('form');
  form?.requestSubmit();
}
