/**
 * The mail screen: the list, what is open, the folders, and the commands that act on them. Without this file every
 * part is links and forms.
 */

import { $ } from "../page.js";
import { open as openDialog } from "../dialog.js";
import { gridOf } from "../grid.js";
import { handle } from "../keys.js";
import { watch } from "../live.js";
import { Acts, isRefused } from "./acts.js";
import * as drag from "./drag.js";
import * as categories from "./categories.js";
import * as folders from "./folders.js";
import "./keep.js";
import { MailList } from "./list.js";
import { Reading } from "./reading.js";
import * as swipe from "./swipe.js";

const COMMANDS = ["archive", "delete", "flag", "read", "unread", "junk", "mute"];

/** @param {HTMLElement} root  the scrolling list */
function startList(root) {
  const list = new MailList(root);
  const acts = new Acts(list);
  const reading = new Reading($("#open"), list);
  drag.start(list, acts);
  swipe.start(list, acts);
  folders.start(list);

  for (const command of COMMANDS) handle(command, () => acts.run(command));
  handle("delete-forever", () => { const rows = acts.targets(); if (rows.length && !isRefused("delete-forever")) acts.askForever(rows); });
  handle("move", () => { move(); });

  async function move(rows = acts.targets()) {
    if (!rows.length || isRefused("move")) { acts.run("move", rows); return; }
    const folder = await folders.choose(list.isResults ? "" : list.folder);
    if (folder) acts.act("move", rows, { folder });
  }

  handle("label", () => { label(); });

  async function label(rows = acts.targets()) {
    if (!rows.length || isRefused("categorize")) { acts.run("categorize", rows); return; }
    const category = await categories.choose(rows, list.isResults ? "" : list.folder, folders.all());
    if (category) acts.act(category.given ? "uncategorize" : "categorize", rows, { category });
  }

  handle("snooze", () => { snooze(); });

  async function snooze(rows = acts.targets()) {
    if (!rows.length || isRefused("snooze")) { acts.run("snooze", rows); return; }
    const dialog = document.getElementById("snooze"), own = $("[name=own]", dialog);
    let until = await openDialog(dialog);
    if (until === "own") until = own.value;
    if (until) acts.act("snooze", rows, { until });
  }

  // The bar over the list, buttons in a row, buttons of the open conversation.
  document.addEventListener("click", (event) => {
    const button = event.target.closest?.("[data-bulk], [data-act], [data-do], [data-everything]");
    if (!button) return;
    const { bulk, act, do: command } = button.dataset;
    event.preventDefault();
    if ("everything" in button.dataset) acts.selectEverything();
    else if (bulk) { if (bulk === "move") move(list.grid.picked); else if (bulk === "snooze") snooze(list.grid.picked); else if (bulk === "label") label(list.grid.picked); else acts.run(bulk, list.grid.picked); }
    else if (act) acts.run(act === "unflag" ? "flag" : act, [button.closest(".row")]);
    else if (command) {
      const rows = reading.row ? [reading.row] : [reading.open];
      if (command === "snooze") snoozeOpen(button, rows);
      else if (command === "categorize") categorizeOpen(button, rows);
      else if (command === "move") move(rows); else acts.run(command, rows);
    }
  });
  function snoozeOpen(button, rows) {
    const menu = button.closest("[popover]"), until = button.value === "own" ? $("[name=until_own]", menu).value : button.value;
    if (!until) { $("[name=until_own]", menu).focus(); return; }
    menu.hidePopover();
    acts.act("snooze", rows, { until });
  }

  acts.showWaiting();

  function categorizeOpen(button, rows) {
    button.closest("[popover]").hidePopover();
    const category = { ...button.dataset, given: button.name === "uncategorize" };
    acts.act(category.given ? "uncategorize" : "categorize", rows, { category });
  }

  root.addEventListener("grid:select", () => acts.offerEverything());

  root.addEventListener("mail:changed", (event) => folders.heard(event.detail));
  document.addEventListener("workmail:undone", () => list.refresh());
  if (root.dataset.changesUrl) {
    const watching = watch(list.folder, list.modseq, async () => { await list.refresh(); return list.modseq; });
    root.addEventListener("mail:changed", () => watching.shown(list.modseq));
  }
}

function start() {
  const root = $("[data-grid]");
  if (!root) folders.start(null);
  else if (gridOf(root)) startList(root);
  else root.addEventListener("grid:ready", () => startList(root), { once: true });

  // Whatever else of the mailbox changes may change a count, or the tree.
  let timer = 0;
  document.addEventListener("workmail:changed", (event) => {
    const { collection } = event.detail;
    if (collection === root?.dataset.folder) return;
    clearTimeout(timer);
    timer = setTimeout(folders.reloadCounts, 150);
  });
  document.addEventListener("workmail:shares", folders.reloadShared);
  document.addEventListener("workmail:connected", () => { if (!root?.dataset.changesUrl) folders.reloadCounts(); });
}

start();
