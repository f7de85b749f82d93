/**
 * What the search field offers while somebody types: conditions in the reader's language with a sentence each, their
 * values, people one knows, and what was searched for lately. An editable combobox: nothing is chosen until an arrow
 * key or the pointer chooses it, so Enter always searches for what stands there.
 */

import { Listbox } from "../listbox.js";
import { count, element, getJson, icon } from "../page.js";

const ASK_AFTER = 150, SPEAK_AFTER = 600, MOST_RECENT = 5, MOST_OFFERED = 12;
const QUOTES = { '"': '"', "«": "»", "“": "”", "„": "“" };
const ICONS = { people: "user", folder: "folder", date: "calendar", age: "calendar", size: "file", flag: "mail", attachment: "paperclip", category: "tag" };

/** Names are compared as the server compares them. */
const keyOf = (name) => name.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase().replace(/[-_'’ "“”„«»]/g, "");

/**
 * The condition around a place in the text.
 * @returns {{start: number, end: number, minus: string, name: string, value: string, valueStart: number}}
 *   `name` is what stands before the colon, or empty
 */
export function partAt(text, at) {
  let start = 0, closing = "";
  for (let place = 0; place < at; place += 1) {
    const letter = text[place];
    if (closing) { if (letter === closing) closing = ""; }
    else if (QUOTES[letter]) closing = QUOTES[letter];
    else if (/[\s()]/.test(letter)) start = place + 1;
  }
  let end = at;
  while (end < text.length && (closing ? text[end] !== closing : !/[\s()]/.test(text[end]))) end += 1;
  if (closing && text[end] === closing) end += 1;
  const [, minus, name] = /^([-−]?)(?:([^\s:()"]+):)?/.exec(text.slice(start, end));
  const valueStart = start + minus.length + (name ? name.length + 1 : 0);
  return { start, end, minus, name: name ?? "", value: text.slice(valueStart, end), valueStart };
}

const quoted = (value) => (/[\s():"“„«]/.test(value) ? `"${value.replaceAll('"', "")}"` : value);

export class SearchHelp {
  constructor(form, input, popup) {
    this.form = form;
    this.input = input;
    this.offered = [];
    this.isTouched = input.value !== input.defaultValue; // typed while this was on its way
    this.spoken = element("p", { class: "vh", role: "status" });
    form.append(this.spoken);
    this.box = new Listbox(input, popup, (option) => this.choose(this.offered[Number(option.dataset.place)]));
    input.addEventListener("input", () => { this.isTouched = true; this.refresh(); });
    input.addEventListener("click", () => { if (!this.box.isOpen) this.refresh(); });
    input.addEventListener("focus", () => { if (!input.value) this.refresh(); });
    input.addEventListener("blur", () => this.close());
    input.addEventListener("keydown", (event) => this.onKeyDown(event));
    // What was typed before this was here waits for its answer.
    this.loaded = getJson(form.dataset.words).then((words) => {
      this.words = words;
      popup.setAttribute("aria-label", words.texts.list);
      this.byKey = new Map(words.operators.flatMap((operator) => operator.keys.map((key) => [key, operator])));
      if (this.isTouched || !input.value) this.refresh();
    }, () => {});
  }

  onKeyDown(event) {
    if (event.isComposing) return;
    if (!this.box.isOpen && event.key === "ArrowDown" && !event.ctrlKey && !event.metaKey) { event.preventDefault(); this.refresh(); }
    else if (this.box.isOpen && event.altKey && event.key === "ArrowUp") { event.preventDefault(); this.close(); }
    else this.box.onKey(event);
  }

  close() {
    clearTimeout(this.asking);
    clearTimeout(this.speaking);
    this.running?.abort();
    this.box.close();
  }

  /** Offer what fits the place of the caret. */
  refresh() {
    if (!this.words || document.activeElement !== this.input) return;
    clearTimeout(this.asking);
    this.running?.abort();
    const { value: text, selectionStart, selectionEnd } = this.input;
    const part = partAt(text, selectionEnd ?? text.length);
    const operator = part.name ? this.byKey.get(keyOf(part.name)) : null;
    // A value that is selected is about to be typed over: all others are offered.
    const typed = selectionStart < selectionEnd ? text.slice(part.valueStart, Math.max(selectionStart, part.valueStart)) : part.value;
    const wanted = typed.replace(/["«»“”„]/g, "").trim();
    if (!operator) this.show(part.name ? [] : [...this.recents(text), ...this.conditions(part, wanted)]);
    else if (operator.kind === "people") this.askPeople(part, operator, wanted);
    else this.show(this.values(part, operator, wanted));
  }

  recents(text) {
    const whole = text.trim().toLowerCase();
    return this.words.recent
      .filter((query) => query.toLowerCase() !== whole && query.toLowerCase().includes(whole))
      .slice(0, whole ? 3 : MOST_RECENT)
      .map((query) => ({ group: "recent", icon: "history", name: query, insert: query, start: 0, end: text.length, sends: true }));
  }

  conditions(part, wanted) {
    const key = keyOf(wanted);
    return this.words.operators
      .filter(({ keys }) => keys.some((name) => name.startsWith(key)))
      .map(({ shown, label }) => ({ group: "conditions", name: `${shown}:`, label, insert: `${part.minus}${shown}:`, start: part.start, end: part.end, goesOn: true }));
  }

  values(part, { kind, shown }, wanted) {
    const key = keyOf(wanted);
    const fitting = (this.words.values[kind] ?? []).filter(({ value, label }) => keyOf(value).includes(key) || keyOf(label).includes(key));
    const isWhole = fitting.length === 1 && keyOf(fitting[0].value) === key;
    return isWhole ? [] : fitting.map(({ value, label }) => this.valueOf(part, kind, shown, value, label));
  }

  valueOf(part, kind, shown, value, label, name = value) {
    return { group: shown, icon: ICONS[kind], name, label: keyOf(label) === keyOf(name) ? "" : label, insert: quoted(value), start: part.valueStart, end: part.end };
  }

  askPeople(part, operator, wanted) {
    this.asking = setTimeout(async () => {
      this.running = new AbortController();
      const url = new URL(this.words.people, location.href);
      url.searchParams.set("q", wanted);
      url.searchParams.set("of", operator.name);
      try {
        const { results } = await getJson(url, { signal: this.running.signal });
        if (document.activeElement !== this.input) return;
        const others = results.filter(({ address }) => address !== wanted);
        this.show(others.map(({ name, address }) => this.valueOf(part, "people", operator.shown, address, name ? address : "", name || address)));
      } catch (error) {
        if (error.name !== "AbortError") this.box.close();
      }
    }, ASK_AFTER);
  }

  show(offered) {
    this.offered = offered.slice(0, MOST_OFFERED + MOST_RECENT);
    const groups = new Map();
    this.offered.forEach((offer, place) => {
      if (!groups.has(offer.group)) groups.set(offer.group, []);
      groups.get(offer.group).push(element(
        "div", { role: "option", "aria-selected": "false", "data-place": String(place) },
        offer.icon ? icon(offer.icon) : "", element("span", { class: "name" }, offer.name),
        offer.label ? element("small", {}, offer.label) : "",
      ));
    });
    const titled = this.words.texts;
    this.box.list.replaceChildren(...[...groups].map(([group, options]) => {
      const title = titled[group] ?? `${group}:`;
      return element("div", { role: "group", "aria-label": title, class: group === "conditions" ? "conditions" : "" },
        element("div", { class: "head", "aria-hidden": "true" }, title), ...options);
    }));
    const wasOpen = this.box.isOpen;
    this.box.open(false);
    if (this.offered.length) this.speak(count(titled.count, this.offered.length));
    else if (wasOpen) this.speak(titled.none);
  }

  speak(words) {
    clearTimeout(this.speaking);
    this.speaking = setTimeout(() => { this.spoken.textContent = words; }, SPEAK_AFTER);
  }

  choose({ insert, start, end, sends, goesOn }) {
    const { input } = this;
    const after = input.value[end];
    input.setRangeText(insert + (sends || goesOn || after === " " ? "" : " "), start, end, "end");
    if (!goesOn && after === " ") input.setSelectionRange(input.selectionEnd + 1, input.selectionEnd + 1);
    this.close();
    if (sends) this.form.requestSubmit();
    else this.refresh();
  }
}
