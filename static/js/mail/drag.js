/** Dragging rows to a folder. Everything it does is also a button and a key: Move, Archive, Delete, Junk. */

import { $$, element } from "../page.js";
import { isRefused } from "./acts.js";
import { treeHere } from "./folders.js";
import { counted, words } from "./words.js";

const TYPE = "application/x-workmail-rows";
const ACTIONS = { archive: "archive", deleted: "delete", junk: "junk" };

/**
 * @param {import("./list.js").MailList} list
 * @param {import("./acts.js").Acts} acts
 */
export function start(list, acts) {
  let dragged = [], over = null;

  const prepare = () => { for (const row of list.rows) row.draggable = true; };
  prepare();
  new MutationObserver(prepare).observe(list.set, { childList: true });

  list.root.addEventListener("dragstart", (event) => {
    const row = event.target.closest?.(".row");
    if (!row) return;
    const { picked } = list.grid;
    dragged = picked.includes(row) ? picked : [row];
    event.dataTransfer.effectAllowed = "move";
    event.dataTransfer.setData(TYPE, String(dragged.length));
    const badge = element("div", { class: "dragcount" }, counted("drag", dragged.length));
    document.body.append(badge);
    event.dataTransfer.setDragImage(badge, -8, -8);
    setTimeout(() => badge.remove());
    for (const each of dragged) each.classList.add("dragged");
  });

  list.root.addEventListener("dragend", () => {
    for (const row of dragged) row.classList.remove("dragged");
    dragged = [];
    leave();
  });

  document.addEventListener("dragover", (event) => {
    const link = event.target.closest?.("[data-folder]");
    if (!dragged.length || !link || link.dataset.folder === list.folder || !treeHere()?.contains(link)) { leave(); return; }
    event.preventDefault();
    event.dataTransfer.dropEffect = "move";
    if (over === link) return;
    leave();
    over = link;
    link.classList.add("droptarget");
    link.dataset.drop = words("here");
  });

  document.addEventListener("drop", (event) => {
    const link = event.target.closest?.("[data-folder]");
    if (!dragged.length || !link || !treeHere()?.contains(link)) return;
    event.preventDefault();
    const rows = dragged.filter((row) => row.isConnected);
    const { folder: id, role, folderName: name } = link.dataset;
    leave();
    if (!rows.length) return;
    const action = ACTIONS[role] ?? (role === "inbox" && list.role === "junk" ? "not-junk" : "move");
    if (isRefused(action)) { acts.run(action, rows); return; }
    acts.act(action, rows, { folder: { id, name } });
  });

  function leave() {
    for (const link of $$("[data-folder].droptarget")) { link.classList.remove("droptarget"); delete link.dataset.drop; }
    over = null;
  }
}
