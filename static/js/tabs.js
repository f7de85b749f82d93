/**
 * `[data-tabs]`: a row of `role=tab` buttons (or links) whose `aria-controls` name their panels. Arrow keys choose at
 * once when the panel is loaded; a panel that still has to be fetched waits for Enter.
 */

import { roving } from "./toolbar.js";

export function attach(box) {
  box.setAttribute("role", "tablist");
  const tabs = [...box.querySelectorAll("[role=tab]")];
  const panelOf = (tab) => document.getElementById(tab.getAttribute("aria-controls"));
  const isLoaded = (tab) => Boolean(panelOf(tab)?.textContent.trim());
  const choose = (chosen) => {
    for (const tab of tabs) {
      const is = tab === chosen, panel = panelOf(tab);
      tab.setAttribute("aria-selected", String(is));
      tab.tabIndex = is ? 0 : -1;
      if (panel) { panel.hidden = !is; panel.setAttribute("role", "tabpanel"); panel.tabIndex = 0; }
    }
    box.dispatchEvent(new CustomEvent("tabs:choose", { bubbles: true, detail: { tab: chosen } }));
  };
  roving(box, "[role=tab]", (tab) => { if (isLoaded(tab)) choose(tab); });
  box.addEventListener("click", (event) => {
    const tab = event.target.closest("[role=tab]");
    if (!tab) return;
    if (tab.tagName === "A" && panelOf(tab)) event.preventDefault();
    choose(tab);
  });
  choose(tabs.find((tab) => tab.getAttribute("aria-selected") === "true") ?? tabs[0]);
}
