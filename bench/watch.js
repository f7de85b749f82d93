/* Runs in every page before its own scripts: when could it be used, what moved, what took long. */

"use strict";

globalThis.bench = { shift: 0, long: [] };

new PerformanceObserver((list) => {
  for (const entry of list.getEntries()) if (!entry.hadRecentInput) bench.shift += entry.value;
}).observe({ type: "layout-shift", buffered: true });

new PerformanceObserver((list) => {
  for (const entry of list.getEntries()) bench.long.push(entry.duration);
}).observe({ type: "longtask", buffered: true });

const now = () => performance.timeOrigin + performance.now();

/** Call when what is in the page now has been painted. */
bench.painted = (done) => requestAnimationFrame(() => {
  const { port1, port2 } = new MessageChannel();
  port1.onmessage = done;
  port2.postMessage(0);
});

document.addEventListener("workmail:ready", () => bench.painted(() => { bench.ready = performance.now(); }));

const lookForRows = () => {
  if (document.querySelector(".row")) bench.painted(() => { bench.rows = now(); });
  else requestAnimationFrame(lookForRows);
};
requestAnimationFrame(lookForRows);

addEventListener("keydown", (event) => { bench.pressed = event.timeStamp; }, true);
addEventListener("pagehide", () => {
  if (bench.pressed) sessionStorage.setItem("bench.pressedAt", String(performance.timeOrigin + bench.pressed));
});

/* From a key to the text of another conversation on the screen. */
addEventListener("DOMContentLoaded", () => {
  const pane = document.getElementById("open");
  if (!pane) return;
  new MutationObserver(() => {
    const name = pane.querySelector("[data-reading]")?.dataset.name;
    if (!name || name === bench.name || !pane.querySelector(".prose")) return;
    bench.name = name;
    const { pressed } = bench;
    bench.painted(() => { bench.opened = performance.now() - pressed; });
  }).observe(pane, { childList: true });
});

/* Messages whose subject begins with "arrival-": when each was seen. */
bench.watchArrivals = () => {
  bench.seen = {};
  new MutationObserver((records) => {
    for (const node of records.flatMap(({ addedNodes }) => [...addedNodes])) {
      const [name] = (node.querySelector?.(".sub")?.textContent ?? "").split(" ");
      if (name.startsWith("arrival-")) bench.painted(() => { bench.seen[name] ??= now(); });
    }
  }).observe(document.querySelector(".rows .set"), { childList: true });
};

/* How far one has scrolled. */
bench.passed = () => Number(document.querySelector("#rows").dataset.rowsBefore) + document.querySelectorAll(".rows .row").length;
