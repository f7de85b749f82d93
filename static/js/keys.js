/**
 * The keyboard: from a key to a command of the table (commands.js), the help sheet, and the keys that the page shows.
 *
 * A command is done by the first of these that there is: a handler registered with `handle`, a listener of the event
 * `workmail:command` that calls `preventDefault()`, a visible element with `data-command="<id>"` (it is clicked), an
 * address of `settings.go`. Single keys act outside text fields, can be switched off (WCAG 2.1.4) and can be the
 * person's own; keys of the column `always` always work. With a Cyrillic layout the physical key counts.
 */

import { $, $$, element, focusFirst, isTextField, isVisible, settings, text } from "./page.js";
import { commands } from "./commands.js";
import { open } from "./dialog.js";
import { undo } from "./status.js";

const isMac = /Mac|iPhone|iPad/.test(navigator.platform);
const PREFIX_TIME = 1_500;

/** @type {Map<string, ((event?: KeyboardEvent) => unknown)[]>} */
const handlers = new Map();

/**
 * Do a command in script. The newest handler is asked first; one that returns `false` passes it on.
 * @returns {() => void}  takes the handler away again
 */
export function handle(id, handler) {
  const known = handlers.get(id) ?? [];
  handlers.set(id, [handler, ...known]);
  return () => handlers.set(id, (handlers.get(id) ?? []).filter((each) => each !== handler));
}

/** Whether anything would do a command now. Listeners of `workmail:command` are not asked. */
export function canRun(id) {
  return Boolean(handlers.get(id)?.length || settings.go?.[id]) || $$(`[data-command="${id}"]`).some((each) => isVisible(each) && !each.closest("[inert]"));
}

/** Do a command as if its key had been pressed. Returns whether anything did it. */
export function run(id, event) {
  for (const handler of handlers.get(id) ?? []) if (handler(event) !== false) return true;
  const asked = new CustomEvent("workmail:command", { bubbles: true, cancelable: true, detail: { id, event } });
  if (!(event?.target?.isConnected ? event.target : document).dispatchEvent(asked)) return true;
  const button = $$(`[data-command="${id}"]`).find((each) => isVisible(each) && !each.closest("[inert]"));
  if (button) {
    button.click();
    return true;
  }
  if (settings.go?.[id]) {
    location.assign(settings.go[id]);
    return true;
  }
  return false;
}

// --- Which keys count --------------------------------------------------------------------------------------------

/** What a person has chosen, where it is not the key of the Gmail-like preset; an empty text: no key. */
let own = settings.ownKeys ?? {};

/** Let keys of one's own count from now on, and show them. */
export function setOwnKeys(keys) {
  own = keys;
  showKeys();
}

const preset = () => document.documentElement.dataset.keys ?? "gmail";

/** The single keys of a command in the preset that is chosen. @returns {string[]} */
function singlesOf(command) {
  if (preset() === "own" && command.id in own) return own[command.id] ? [own[command.id]] : [];
  return ["gmail", "own"].includes(preset()) ? command.single ?? [] : [];
}

const keysOf = (command, column) => (column === "single" ? singlesOf(command) : command[column] ?? []);

// --- From a key to a command -------------------------------------------------------------------------------------

let prefix = "", prefixAt = 0, cyrillic = false;

const PUNCTUATION = {
  Slash: ["/", "?"], Digit1: ["1", "!"], Digit2: ["2", "@"], Digit3: ["3", "#"], Digit4: ["4", "$"], Digit5: ["5", "%"],
  Digit6: ["6", "^"], Digit7: ["7", "&"], Digit8: ["8", "*"], Digit9: ["9", "("], Digit0: ["0", ")"],
  Minus: ["-", "_"], Equal: ["=", "+"], Backslash: ["\\", "|"], Period: [".", ">"], Comma: [",", "<"],
  Semicolon: [";", ":"], Quote: ["'", '"'], BracketLeft: ["[", "{"], BracketRight: ["]", "}"], Backquote: ["`", "~"],
};
const MODIFIERS = /^(Shift|Control|Alt|AltGraph|Meta|CapsLock|Fn|OS)$/;

/** The key as its place on a Latin keyboard. */
function physicalKey({ code, key }, shifted) {
  if (/^Key[A-Z]$/.test(code)) return code.slice(3).toLowerCase();
  if (PUNCTUATION[code]) return PUNCTUATION[code][shifted ? 1 : 0];
  return key;
}

const withAltGraph = (event) => Boolean(event.getModifierState?.("AltGraph"));

/** Whether a key is pressed without Ctrl, Alt and Cmd. AltGr is neither: it types signs such as # on some keyboards. */
export const isPlain = (event) => withAltGraph(event) || !(event.ctrlKey || event.metaKey || event.altKey);

/**
 * The names under which the table may know the pressed key: "e", "Shift+i", "#", "Control+Alt+r", "Delete". With a
 * Cyrillic layout the first one is that of the key's place on a Latin keyboard.
 * @param {KeyboardEvent} event
 */
export function namesOf(event) {
  let { key } = event;
  if (key.length === 1 && /\p{L}/u.test(key)) cyrillic = key.charCodeAt(0) > 0x36f;
  const isLetter = key.length === 1 && /\p{L}/u.test(key);
  if (key === " ") key = "Space";
  // VoiceOver owns Control+Option, so on a Mac the pair is Control+Command.
  if (withAltGraph(event)) return [key];
  const pair = isMac ? event.ctrlKey && event.metaKey : event.ctrlKey && event.altKey;
  const control = pair || (isMac ? event.metaKey : event.ctrlKey);
  const candidates = [];
  if (key.length > 1) candidates.push(key);
  else if (cyrillic || (control && !/[a-z0-9]/i.test(key))) {
    candidates.push(physicalKey(event, event.shiftKey && !control), key.toLowerCase());
  } else candidates.push(isLetter ? key.toLowerCase() : key);
  return candidates.map((name) => {
    const named = name.length > 1 || /\p{L}/u.test(name) || control; // "#" already says that Shift was down
    return `${control ? "Control+" : ""}${pair || (event.altKey && !isMac) ? "Alt+" : ""}${event.shiftKey && named ? "Shift+" : ""}${name}`;
  });
}

/** Act on a key. Also called with keys pressed inside a message's frame. */
export function onKeyDown(event) {
  if (event.defaultPrevented || event.isComposing) return;
  if (withAltGraph(event) && /^[\p{L}\p{N}]$|../u.test(event.key)) return;
  if (MODIFIERS.test(event.key)) return; // on its way to the second key of two, such as # after g
  const dialogOpen = Boolean($("dialog[open]"));
  const field = isTextField(event.target), names = namesOf(event);
  const row = event.target.closest?.("[role=row][tabindex]") === event.target;

  if (isPlain(event) && !field && !dialogOpen) {
    const sequence = prefix && performance.now() - prefixAt < PREFIX_TIME ? names.map((name) => `${prefix} ${name}`) : [];
    prefix = "";
    if (perform(sequence, "single", event)) return;
    if (perform(names, "single", event)) return;
    const first = names.find((name) => commands.some((command) => singlesOf(command).some((key) => key.startsWith(`${name} `))));
    if (first) { prefix = first; prefixAt = performance.now(); return; }
  }
  if (dialogOpen) return;
  if (row && perform(names, "row", event)) return;
  perform(names, "always", event, field);
}

function perform(names, column, event, onlyInFields = false) {
  for (const name of names) {
    for (const command of commands) {
      if (!keysOf(command, column).includes(name) || (onlyInFields && !command.field)) continue;
      if (command.shown && column !== "single") continue;
      if (run(command.id, event)) { event.preventDefault?.(); return true; }
    }
  }
  return false;
}

// --- Panes -------------------------------------------------------------------------------------------------------

const PANES = "[data-pane], .side, .list, .read, .status";

function movePane(step) {
  let panes = $$(PANES).filter((pane) => isVisible(pane) && !pane.parentElement.closest("[data-pane]"));
  if (!panes.some((pane) => pane.closest("main"))) panes = [...panes, $("#main")].sort(byPlace);
  const at = panes.findIndex((pane) => pane.contains(document.activeElement));
  const pane = panes.at((at + step + (at < 0 && step < 0 ? 1 : 0)) % panes.length);
  focusFirst(
    ...$$('[tabindex="0"], [aria-current]:not([tabindex="-1"])', pane),
    ...$$("a[href], button, input, select, textarea, [contenteditable]", pane).filter((node) => node.tabIndex >= 0),
    pane,
  );
}

const byPlace = (a, b) => (a.compareDocumentPosition(b) & Node.DOCUMENT_POSITION_FOLLOWING ? -1 : 1);

// --- The names of keys -------------------------------------------------------------------------------------------

const stepsOf = (combination) => (combination.length > 1 ? combination.split("+") : [combination]); // "+" is a key, too

/** Names of keys as the person's keyboard shows them. */
function caps(combination) {
  const places = { ArrowDown: "↓", ArrowUp: "↑", ArrowLeft: "←", ArrowRight: "→" };
  return stepsOf(combination).map((name) => {
    const shown = isMac && name === "Alt" ? "Meta" : name;
    const known = text(`keys.name.${shown}`);
    const letter = combination.length > 1 ? shown.toUpperCase() : shown;
    return places[shown] ?? (known.startsWith("keys.") ? (shown.length === 1 ? letter : shown) : known);
  });
}

/** A key in one line: "e", "g i", "Shift+I"; the server reads it in this form. */
export const caption = (key) => key.split(" ").map((step) => caps(step).join("+")).join(" ");

/** A key as `aria-keyshortcuts` has it, which knows no keys one after the other. */
function ariaName(key) {
  if (key.includes(" ")) return "";
  if (key === "+") return "Plus";
  if (key.length === 1) return key;
  return stepsOf(key).map((name) => (name.length === 1 ? name.toUpperCase() : isMac && name === "Alt" ? "Meta" : name)).join("+");
}

// --- The keys that the page shows --------------------------------------------------------------------------------

const LONGEST_CAP = 7; // "Shift+I"; a longer one would take the room of the words beside it
let shownAnew = false;

/**
 * The markup names the Gmail-like keys (`aria-keyshortcuts`, the end of a tooltip, a `kbd`). Write those that count
 * instead; where a command has no single key now, the one that always works.
 * @param {Document | HTMLElement} [root]  a fragment that has just arrived
 */
function showKeys(root = document) {
  if (preset() === "gmail" && !shownAnew) return;
  shownAnew = true;
  const marked = "[aria-keyshortcuts], [data-key-of]";
  for (const node of [...(root.matches?.(marked) ? [root] : []), ...$$(marked, root)]) showKey(node);
}

function showKey(node) {
  if (!node.dataset.keyOf) {
    const named = node.getAttribute("aria-keyshortcuts");
    const known = commands.find(({ single }) => single?.some((key) => key.toLowerCase() === named.toLowerCase()));
    if (!known) return;
    node.dataset.keyOf = known.id;
    const suffix = [` (${named})`, ` (${caption(known.single[0])})`].find((each) => node.title.endsWith(each)) ?? "";
    if (node.title) node.dataset.keyTitle = node.title.slice(0, node.title.length - suffix.length);
  }
  const command = commands.find(({ id }) => id === node.dataset.keyOf);
  const [single = ""] = singlesOf(command), key = single || command.always?.[0] || "";
  const name = ariaName(key), words = key && caption(key);
  node.toggleAttribute("aria-keyshortcuts", Boolean(name));
  if (name) node.setAttribute("aria-keyshortcuts", name);
  const cap = $("kbd", node) ?? (node.nextElementSibling?.matches("kbd") ? node.nextElementSibling : null);
  const fits = Boolean(single) && words.length <= LONGEST_CAP;
  if (cap) { cap.textContent = words; cap.hidden = !fits; }
  // What is told nowhere else is told by the tooltip: two keys one after the other, and a key without room.
  const { keyTitle: title = "" } = node.dataset, isToldElsewhere = name && (fits || !cap);
  const tip = title ? (key ? `${title} (${words})` : title) : (isToldElsewhere ? "" : words);
  if (tip) node.title = tip;
  else node.removeAttribute("title");
}

// --- The help sheet ----------------------------------------------------------------------------------------------

/** The keys of a command as nodes: caps, and a word between two that do the same. */
export const keysFor = (id) => keyList(commands.find((command) => command.id === id));

function keyList(command) {
  const combinations = [...singlesOf(command), ...(command.always ?? []), ...(command.row ?? [])];
  const parts = [];
  combinations.forEach((combination, index) => {
    if (index) parts.push(element("span", { class: "muted" }, ` ${text("keys.or")} `));
    for (const step of combination.split(" ")) {
      for (const cap of caps(step)) parts.push(element("kbd", {}, cap), " ");
    }
  });
  return parts;
}

/** What the sheet shows: commands that something on this page, or an address, can do. */
export function fillHelp(sheet = $("[data-keys-sheet]")) {
  if (!sheet) return;
  const sections = [...new Set(commands.map((command) => command.section))];
  sheet.replaceChildren(...sections.map((section) => {
    const known = commands.filter((command) => command.section === section && isOffered(command));
    if (!known.length) return "";
    return element("section", {}, element("h3", {}, text(`keys.section.${section}`)), element("dl", {}, ...known.map(
      (command) => element("div", {}, element("dt", {}, text(`keys.command.${command.id}`)), element("dd", {}, ...keyList(command))),
    )));
  }).filter(Boolean));
}

function isOffered({ id, planned }) {
  if (id.startsWith("go-") || id === "new") return Boolean(settings.go?.[id]);
  return !planned || Boolean(handlers.get(id)?.length || $(`[data-command="${id}"]`));
}

export function start() {
  handle("help", () => { open("help"); });
  handle("undo", () => { undo(); });
  handle("search", () => focusFirst($("#q")) ?? ($("[data-open-search]")?.click(), undefined));
  handle("next-pane", () => { movePane(1); });
  handle("previous-pane", () => { movePane(-1); });
  document.addEventListener("keydown", onKeyDown);
  showKeys();
  new MutationObserver(() => showKeys()).observe(document.documentElement, { attributeFilter: ["data-keys"] });
  new MutationObserver((records) => {
    for (const { addedNodes } of records) for (const node of addedNodes) if (node.nodeType === 1) showKeys(node);
  }).observe(document.body, { childList: true, subtree: true });
  document.addEventListener("dialog:open", (event) => { if (event.target.id === "help") fillHelp(); });
  document.addEventListener("click", (event) => {
    const link = event.target.closest?.("[data-open-search]");
    const form = $("#search");
    if (!link || !form) return; // without the form on the page it is a link to the search page
    event.preventDefault();
    form.classList.add("shown");
    focusFirst($("#q"));
  });
}
