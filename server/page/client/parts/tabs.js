/**
 * Turns a list of buttons into tabs. Arrow keys choose a tab, and its panel appears.
 *
 * @param {HTMLElement} list
 * @param {(tab: HTMLButtonElement) => void} [chosen] Called when the user has chosen a tab.
 * @returns {(tab: HTMLButtonElement) => void} The function that chooses a tab for the user.
 */
export function makeTabs(list, chosen) {
  const tabs = [...list.querySelectorAll("button")];

  /** @param {HTMLButtonElement} wanted */
  function choose(wanted) {
    for (const tab of tabs) {
      const isChosen = tab === wanted;
      const panel = document.getElementById(
        tab.getAttribute("aria-controls") ?? "",
      );
      tab.setAttribute("aria-selected", String(isChosen));
      tab.tabIndex = isChosen ? 0 : -1;
      if (panel) panel.hidden = !isChosen;
    }
  }

  /** @type {Record<string, (index: number) => number>} */
  const moves = {
    ArrowLeft: (index) => index - 1,
    ArrowRight: (index) => index + 1,
    Home: () => 0,
    End: () => tabs.length - 1,
  };
  for (const [index, tab] of tabs.entries()) {
    tab.addEventListener("click", () => {
      choose(tab);
      chosen?.(tab);
    });
    tab.addEventListener("keydown", (event) => {
      const move = moves[event.key];
      const next = move && tabs.at(move(index) % tabs.length);
      if (!next) return;
      event.preventDefault();
      next.click();
      next.focus();
    });
  }
  return choose;
}
