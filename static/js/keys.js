/**
 * The keyboard: one table of commands, which the handler and the help sheet both read.
 *
 * A command is done by the first of these that there is: a handler registered with `handle`, a listener of the event
 * `workmail:command` that calls `preventDefault()`, a visible element with `data-command="<id>"` (it is clicked), an
 * address of `settings.go`. Single keys act outside text fields and can be switched off (WCAG 2.1.4); keys of the second
 * column always work. With a Cyrillic layout the physical key counts.
 *
 * @typedef {{id: string, section: string, single?: string[], always?: string[], row?: string[], field?: boolean,
 *            shown?: boolean}} Command
 *   `single`: keys of the Gmail-like preset, `always`: keys with modifiers, `row`: only while a row has the focus,
 *   `field`: also inside text fields, `shown`: stands in the sheet but is done elsewhere (by the editor, by the list).
 */

import { $, $$, element, focusFirst, isTextField, isVisible, settings, text } from "./page.js";
import { open } from "./dialog.js";
import { undo } from "./status.js";

/** @type {Command[]} */
export const commands = [
  { id: "help", section: "anywhere", single: ["?"], always: ["Control+Alt+h"] },
  { id: "search", section: "anywhere", single: ["/"], always: ["Control+Alt+e"] },
  { id: "new", section: "anywhere", single: ["c"], always: ["Control+Alt+c"] },
  { id: "undo", section: "anywhere", single: ["z"], always: ["Control+z"] },
  { id: "go-inbox", section: "anywhere", single: ["g i"], always: ["Control+Alt+1"] },
  { id: "go-calendar", section: "anywhere", single: ["g k"], always: ["Control+Alt+2"] },
  { id: "go-people", section: "anywhere", single: ["g p"], always: ["Control+Alt+3"] },
  { id: "go-tasks", section: "anywhere", single: ["g t"], always: ["Control+Alt+4"] },
  { id: "go-admin", section: "anywhere", single: ["g a"], always: ["Control+Alt+5"] },
  { id: "next-pane", section: "anywhere", always: ["F6"], field: true },
  { id: "previous-pane", section: "anywhere", always: ["Shift+F6"], field: true },
  { id: "next", section: "list", single: ["j"], always: ["ArrowDown"], shown: true },
  { id: "previous", section: "list", single: ["k"], always: ["ArrowUp"], shown: true },
  { id: "open", section: "list", single: ["o"], row: ["Enter"] },
  { id: "back", section: "list", single: ["u"], row: ["Escape"] },
  { id: "first", section: "list", row: ["Home"], shown: true },
  { id: "last", section: "list", row: ["End"], shown: true },
  { id: "select", section: "list", single: ["x"], row: ["Space"] },
  { id: "select-range", section: "list", row: ["Shift+ArrowDown"], shown: true },
  { id: "select-all", section: "list", row: ["Control+a"] },
  { id: "archive", section: "list", single: ["e"], row: ["Backspace"] },
  { id: "delete", section: "list", single: ["#"], row: ["Delete"] },
  { id: "delete-forever", section: "list", row: ["Shift+Delete"] },
  { id: "move", section: "list", single: ["v"], always: ["Control+Alt+v"] },
  { id: "label", section: "list", single: ["l"] },
  { id: "flag", section: "list", single: ["s"], row: ["Insert"] },
  { id: "read", section: "list", single: ["Shift+i"], always: ["Control+Alt+q"] },
  { id: "unread", section: "list", single: ["Shift+u"], always: ["Control+Alt+u"] },
  { id: "junk", section: "list", single: ["!"], always: ["Control+Alt+j"] },
  { id: "reply", section: "conversation", single: ["r"], always: ["Control+Alt+r"] },
  { id: "reply-all", section: "conversation", single: ["a"], always: ["Control+Alt+a"] },
  { id: "forward", section: "conversation", single: ["f"], always: ["Control+Alt+f"] },
  { id: "next-message", section: "conversation", single: ["n"] },
  { id: "previous-message", section: "conversation", single: ["p"] },
  { id: "send", section: "compose", always: ["Control+Enter"], field: true },
  { id: "save", section: "compose", always: ["Control+s"], field: true },
  { id: "bold", section: "compose", always: ["Control+b"], shown: true },
  { id: "italic", section: "compose", always: ["Control+i"], shown: true },
  { id: "underline", section: "compose", always: ["Control+u"], shown: true },
  { id: "link", section: "compose", always: ["Control+k"], shown: true },
  { id: "numbered-list", section: "compose", always: ["Control+Shift+7"], shown: true },
  { id: "bulleted-list", section: "compose", always: ["Control+Shift+8"], shown: true },
];

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

// --- From a key to a command -------------------------------------------------------------------------------------

let prefix = "", prefixAt = 0, cyrillic = false;

const PUNCTUATION = {
  Slash: ["/", "?"], Digit1: ["1", "!"], Digit3: ["3", "#"], Period: [".", ">"], Comma: [",", "<"],
  Semicolon: [";", ":"], Quote: ["'", '"'], BracketLeft: ["[", "{"], BracketRight: ["]", "}"], Backquote: ["`", "~"],
};

/** The key as its place on a Latin keyboard. */
function physicalKey({ code, shiftKey, key }) {
  if (/^Key[A-Z]$/.test(code)) return code.slice(3).toLowerCase();
  if (PUNCTUATION[code]) return PUNCTUATION[code][shiftKey ? 1 : 0];
  if (/^Digit\d$/.test(code)) return code.slice(5);
  return key;
}

/**
 * The names under which the table may know the pressed key: "e", "Shift+i", "#", "Control+Alt+r", "Delete".
 * Exported for tests.
 * @param {KeyboardEvent} event
 */
export function namesOf(event) {
  let { key } = event;
  if (key.length === 1 && /\p{L}/u.test(key)) cyrillic = key.charCodeAt(0) > 0x36f;
  const isLetter = key.length === 1 && /\p{L}/u.test(key);
  if (key === " ") key = "Space";
  // VoiceOver owns Control+Option, so on a Mac the pair is Control+Command.
  const pair = isMac ? event.ctrlKey && event.metaKey : event.ctrlKey && event.altKey;
  const control = pair || (isMac ? event.metaKey : event.ctrlKey);
  const candidates = [];
  if (key.length > 1) candidates.push(key);
  else if (cyrillic || (control && !/[a-z0-9]/i.test(key))) candidates.push(physicalKey(event), key.toLowerCase());
  else candidates.push(isLetter ? key.toLowerCase() : key);
  return candidates.map((name) => {
    const named = name.length > 1 || /\p{L}/u.test(name) || control; // "#" already says that Shift was down
    return `${control ? "Control+" : ""}${pair || (event.altKey && !isMac) ? "Alt+" : ""}${event.shiftKey && named ? "Shift+" : ""}${name}`;
  });
}

/** Act on a key. Also called with keys pressed inside a message's frame. */
export function onKeyDown(event) {
  if (event.defaultPrevented || event.isComposing || event.getModifierState?.("AltGraph")) return;
  const dialogOpen = Boolean($("dialog[open]"));
  const field = isTextField(event.target), names = namesOf(event);
  const singles = ["gmail", "own"].includes(document.documentElement.dataset.keys ?? "gmail");
  const row = event.target.closest?.("[role=row][tabindex]") === event.target;
  const plain = !event.ctrlKey && !event.metaKey && !event.altKey;

  if (plain && singles && !field && !dialogOpen) {
    const sequence = prefix && performance.now() - prefixAt < PREFIX_TIME ? names.map((name) => `${prefix} ${name}`) : [];
    prefix = "";
    if (perform(sequence, "single", event)) return;
    if (perform(names, "single", event)) return;
    const first = names.find((name) => commands.some((command) => command.single?.some((key) => key.startsWith(`${name} `))));
    if (first) { prefix = first; prefixAt = performance.now(); return; }
  }
  if (dialogOpen) return;
  if (row && perform(names, "row", event)) return;
  perform(names, "always", event, field);
}

function perform(names, column, event, onlyInFields = false) {
  for (const command of commands) {
    if (!command[column]?.some((key) => names.includes(key)) || (onlyInFields && !command.field)) continue;
    if (command.shown && column !== "single") continue;
    if (run(command.id, event)) { event.preventDefault?.(); return true; }
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

// --- The help sheet ----------------------------------------------------------------------------------------------

/** Names of keys as the person's keyboard shows them. */
function caps(combination) {
  const places = { ArrowDown: "↓", ArrowUp: "↑", ArrowLeft: "←", ArrowRight: "→" };
  return combination.split("+").map((name) => {
    const shown = isMac && name === "Alt" ? "Meta" : name;
    const known = text(`keys.name.${shown}`);
    const letter = combination.includes("+") ? shown.toUpperCase() : shown;
    return places[shown] ?? (known.startsWith("keys.") ? (shown.length === 1 ? letter : shown) : known);
  });
}

function keyList(command, singles) {
  const combinations = [...(singles ? command.single ?? [] : []), ...(command.always ?? []), ...(command.row ?? [])];
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
  const singles = document.documentElement.dataset.keys !== "off" && document.documentElement.dataset.keys !== "outlook";
  const sections = [...new Set(commands.map((command) => command.section))];
  sheet.replaceChildren(...sections.map((section) => {
    const known = commands.filter((command) => command.section === section && isOffered(command));
    if (!known.length) return "";
    return element("section", {}, element("h3", {}, text(`keys.section.${section}`)), element("dl", {}, ...known.map(
      (command) => element("div", {}, element("dt", {}, text(`keys.command.${command.id}`)), element("dd", {}, ...keyList(command, singles))),
    )));
  }).filter(Boolean));
}

function isOffered({ id, shown }) {
  if (id.startsWith("go-") || id === "new") return Boolean(settings.go?.[id]);
  if (id === "label") return Boolean(handlers.get(id)?.length || $(`[data-command="${id}"]`));
  return shown || true;
}

export function start() {
  handle("help", () => { open("help"); });
  handle("undo", () => { undo(); });
  handle("search", () => focusFirst($("#q")) ?? ($("[data-open-search]")?.click(), undefined));
  handle("next-pane", () => { movePane(1); });
  handle("previous-pane", () => { movePane(-1); });
  document.addEventListener("keydown", onKeyDown);
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
