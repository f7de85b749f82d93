/**
 * Runs before the first paint: a page that will have its script is drawn as such, so that nothing moves when the script
 * arrives. Should the script not come, the page goes back to being plain links and forms.
 */

(() => {
  "use strict";
  const root = document.documentElement;
  const giveUp = () => { if (!root.classList.contains("started")) root.classList.remove("script"); };
  root.classList.add("script");
  addEventListener("error", (event) => { if (event.target?.type === "module") giveUp(); }, true);
  addEventListener("load", () => setTimeout(giveUp, 5000));
})();
