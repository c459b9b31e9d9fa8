// @ts-check
/**
 * Reads the page again, but never under the hands of somebody who is on the way to another one: a
 * reload would take their click back.
 */

const LONGEST_LEAVING_MS = 15_000; // a download looks like leaving, too

let isLeaving = false;
addEventListener('beforeunload', () => {
  isLeaving = true;
  setTimeout(() => { isLeaving = false; }, LONGEST_LEAVING_MS);
});
addEventListener('pageshow', () => { isLeaving = false; });

export function readAgain() {
  if (!isLeaving) window.location.reload();
}
