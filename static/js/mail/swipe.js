/** On a touch screen: swipe a row to the right to archive it, to the left to delete it. The toolbar does the same. */

const FAR = 88, SLOPE = 1.6;

/**
 * @param {import("./list.js").MailList} list
 * @param {import("./acts.js").Acts} acts
 */
export function start(list, acts) {
  let row = null, from = { x: 0, y: 0 }, moved = 0, decided = false;

  const reset = () => {
    if (row) { row.classList.remove("swiped", "swiped-right", "swiped-left"); }
    row = null;
    moved = 0;
    decided = false;
  };

  list.root.addEventListener("touchstart", (event) => {
    reset();
    if (event.touches.length !== 1) return;
    row = event.target.closest(".row");
    from = { x: event.touches[0].clientX, y: event.touches[0].clientY };
  }, { passive: true });

  list.root.addEventListener("touchmove", (event) => {
    if (!row) return;
    const x = event.touches[0].clientX - from.x, y = event.touches[0].clientY - from.y;
    if (!decided) {
      if (Math.abs(x) < 12 && Math.abs(y) < 12) return;
      if (Math.abs(x) < Math.abs(y) * SLOPE) { reset(); return; } // the list scrolls
      decided = true;
    }
    moved = x;
    row.classList.add("swiped");
    row.classList.toggle("swiped-right", x > FAR);
    row.classList.toggle("swiped-left", x < -FAR);
  }, { passive: true });

  list.root.addEventListener("touchend", () => {
    const target = row, far = moved;
    reset();
    if (!target || Math.abs(far) < FAR) return;
    const forward = getComputedStyle(list.root).direction === "rtl" ? -1 : 1;
    acts.run(far * forward > 0 ? "archive" : "delete", [target]);
  }, { passive: true });

  list.root.addEventListener("touchcancel", reset, { passive: true });
}
