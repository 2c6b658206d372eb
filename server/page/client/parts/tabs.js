import { el } from "./dom.js";

/**
 * Fills a list with tabs. Arrow keys choose a tab, and its panel appears.
 *
 * @param {HTMLElement} list
 * @param {readonly { panel: HTMLElement, title: string }[]} panels The first one is shown. The id of a tab is its panel's with `-tab`.
 * @param {(panel: HTMLElement) => void} [chosen] Called when the user has chosen a tab.
 * @returns {(panel: HTMLElement) => void} The function that chooses a tab for the user.
 */
export function makeTabs(list, panels, chosen) {
  const tabs = panels.map(({ panel, title }) => {
    const tab = el("button", "", title);
    tab.type = "button";
    tab.id = `${panel.id}-tab`;
    tab.setAttribute("role", "tab");
    tab.setAttribute("aria-controls", panel.id);
    panel.setAttribute("role", "tabpanel");
    panel.setAttribute("aria-labelledby", tab.id);
    return tab;
  });

  /** @param {HTMLElement} wanted */
  function choose(wanted) {
    for (const [index, { panel }] of panels.entries()) {
      const isChosen = panel === wanted;
      tabs[index]?.setAttribute("aria-selected", String(isChosen));
      if (tabs[index]) tabs[index].tabIndex = isChosen ? 0 : -1;
      panel.hidden = !isChosen;
    }
  }

  /** @type {Record<string, (index: number) => number>} */
  const moves = {
    ArrowLeft: (index) => index - 1,
    ArrowRight: (index) => index + 1,
    Home: () => 0,
    End: () => tabs.length - 1,
  };
  for (const [index, { panel }] of panels.entries()) {
    const tab = tabs[index];
    tab?.addEventListener("click", () => {
      choose(panel);
      chosen?.(panel);
    });
    tab?.addEventListener("keydown", (event) => {
      const move = moves[event.key];
      const next = move && tabs.at(move(index) % tabs.length);
      if (!next) return;
      event.preventDefault();
      next.click();
      next.focus();
    });
  }
  list.setAttribute("role", "tablist");
  list.append(...tabs);
  if (panels[0]) choose(panels[0].panel);
  return choose;
}
