// @ts-check
// Runs before the first paint, so that a chosen theme does not flash. Nothing else belongs here.
(() => {
  try {
    const theme = localStorage.getItem('theme');
    if (theme === 'light' || theme === 'dark') document.documentElement.dataset.theme = theme;
  } catch {
    // Storage may be closed to us (private window): the system's theme stands.
  }
})();
