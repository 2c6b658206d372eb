const PAUSE_MS = 200;

/**
 * Calls a function when the user pauses while typing, and at once on Enter.
 *
 * @param {HTMLInputElement} input
 * @param {() => void} typed
 */
export function onPause(input, typed) {
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let timer;
  input.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(typed, PAUSE_MS);
  });
  input.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || event.isComposing) return;
    event.preventDefault();
    clearTimeout(timer);
    typed();
  });
}
