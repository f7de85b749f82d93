/**
 * The palette: everything that can be done or opened, by name. A combobox in a dialog: what is typed filters, arrows
 * move, Enter does it, Esc closes. The focus goes back to where it was before anything is done, so that a command acts
 * on the row, the message or the text that one was at.
 */

import { $, count, element, getJson, icon, text } from "../page.js";
import { commands } from "../commands.js";
import { close, open } from "../dialog.js";
import { canRun, keysFor, run } from "../keys.js";
import { Listbox } from "../listbox.js";
import { find } from "./finding.js";

const ASK_AFTER = 120, SPEAK_AFTER = 400, KEPT = 60_000, MOST_SHOWN = 60;
const KINDS = { command: "palette.command", folder: "palette.folder", search: "palette.search", page: "palette.page", person: "palette.person" };
const ICONS = { command: "keyboard", folder: "folder", search: "search", page: "settings", person: "user" };

/**
 * @typedef {object} Entry
 * @property {"command" | "folder" | "search" | "page" | "person"} kind
 * @property {string} name
 * @property {string} [detail]
 * @property {string} [url]
 * @property {string} [command]
 */

class Palette {
  /** @param {HTMLDialogElement} dialog */
  constructor(dialog) {
    this.dialog = dialog;
    this.input = $("input", dialog);
    this.told = $("[role=status]", dialog);
    this.places = [];
    this.people = [];
    this.loadedAt = -KEPT;
    this.shown = [];
    this.chosen = null;
    this.box = new Listbox(this.input, $(".options", dialog), (option) => this.choose(this.shown[Number(option.dataset.place)]));
    this.input.addEventListener("input", () => { this.moved = false; this.askPeople(); this.show(); });
    this.input.addEventListener("keydown", (event) => {
      if (event.key === "Escape" || event.isComposing) return; // closes the dialog, not only the list
      if (this.box.onKey(event)) this.moved = true;
    });
  }

  async open() {
    this.input.value = "";
    this.people = [];
    this.chosen = null;
    this.moved = false;
    // What can be done depends on where the focus was: ask before the dialog takes it.
    this.commands = commands.filter(({ id }) => id !== "palette" && canRun(id)).map(({ id }) => ({ kind: "command", name: text(`keys.command.${id}`), command: id }));
    this.load();
    this.show();
    const closed = open(this.dialog);
    this.input.focus();
    await closed;
    clearTimeout(this.asking);
    clearTimeout(this.speaking);
    this.told.textContent = "";
    if (this.chosen) this.act(this.chosen);
  }

  /** Folders, saved searches and pages; they seldom change. */
  async load() {
    const url = this.dialog.dataset.palette;
    if (!url || performance.now() - this.loadedAt < KEPT) return;
    try {
      const { entries } = await getJson(url);
      this.places = entries;
      this.loadedAt = performance.now();
      if (this.dialog.open) this.show();
    } catch { /* commands work without them */ }
  }

  askPeople() {
    clearTimeout(this.asking);
    this.people = [];
    const typed = this.input.value.trim(), { people } = this.dialog.dataset;
    if (!people || typed.length < 2) return;
    this.asking = setTimeout(async () => {
      try {
        const { results } = await getJson(`${people}?${new URLSearchParams({ q: typed })}`);
        if (this.input.value.trim() !== typed || !this.dialog.open) return;
        this.people = results.filter(({ address }) => address).slice(0, 6);
        this.show();
      } catch { /* the rest is there */ }
    }, ASK_AFTER);
  }

  /** Show what fits what is typed. */
  show() {
    const typed = this.input.value.trim(), { compose, searchUrl } = this.dialog.dataset;
    const people = compose ? this.people.map(({ name, address }) => ({
      kind: "person", name: text("palette.write_to", { name: name || address }), detail: name ? address : "",
      url: `${compose}?${new URLSearchParams({ to: name ? `"${name.replace(/["\\]/g, "")}" <${address}>` : address })}`,
    })) : [];
    const searching = typed && searchUrl ? [{ kind: "search", name: text("palette.search_for", { text: typed }), url: `${searchUrl}?${new URLSearchParams({ q: typed })}` }] : [];
    const before = this.box.active?.dataset.entry;
    this.shown = [...find([...this.commands, ...this.places], typed).slice(0, MOST_SHOWN), ...people, ...searching];
    this.box.list.replaceChildren(...this.shown.map((entry, place) => this.option(entry, place)));
    this.box.open();
    // What arrives later must not change what an arrow key has chosen.
    const same = before && this.moved && this.box.options.find((option) => option.dataset.entry === before);
    if (same) this.box.activate(same);
    this.speak();
  }

  option(entry, place) {
    const keys = entry.command ? keysFor(entry.command) : [];
    return element("div", { role: "option", "aria-selected": "false", "data-place": String(place), "data-entry": `${entry.kind} ${entry.name}` },
      icon(ICONS[entry.kind] ?? "folder"), element("span", { class: "name" }, entry.name),
      element("small", {}, entry.detail || text(KINDS[entry.kind])), ...(keys.length ? [element("span", { class: "caps" }, ...keys)] : []));
  }

  speak() {
    clearTimeout(this.speaking);
    this.speaking = setTimeout(() => { this.told.textContent = count("palette.count", this.shown.length); }, SPEAK_AFTER);
  }

  choose(entry) {
    if (!entry) return;
    this.chosen = entry;
    close(this.dialog);
  }

  act({ command, url }) {
    if (command) run(command);
    else if (url) location.assign(url);
  }
}

let palette = null;

/** Open the palette, unless a dialog holds the page. */
export function openPalette() {
  const dialog = document.getElementById("palette");
  if (!dialog || $("dialog[open]")) return;
  palette ??= new Palette(dialog);
  palette.open();
}
