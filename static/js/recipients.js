/**
 * `[data-recipients]`: a field of addresses becomes tokens with suggestions. Without script, and in what is sent, it is
 * one text: `Alice Martin <alice@example.test>, bob@example.test`.
 *
 * Attributes: `data-url` suggestions (GET ?q=), `data-domains` the organization's own domains, separated by commas.
 * Event: `recipients:change` {tokens}.
 *
 * @typedef {{name: string, address: string, valid: boolean, kind: string, outside: boolean, members: number,
 *            note: string}} Token
 */

import { domainOf, parseList, parsePerson, writePerson } from "./addresses.js";
import { Listbox } from "./listbox.js";
import { $, count, element, getJson, icon, idOf, settings, text } from "./page.js";

const ASK_AFTER = 120, SPEAK_AFTER = 400;
const fields = new WeakMap();

/** @returns {Recipients | undefined} */
export const recipientsOf = (node) => fields.get(node?.closest?.("[data-recipients]") ?? node);

export class Recipients {
  constructor(root) {
    this.root = root;
    this.input = $("input:not([type=hidden])", root);
    this.domains = new Set((root.dataset.domains ?? "").toLowerCase().split(",").map((name) => name.trim()).filter(Boolean));
    /** @type {Token[]} */
    this.tokens = [];
    this.selected = -1;
    const box = this.input.parentElement, label = $("label", root)?.textContent.trim() ?? "";
    this.list = $("[data-tokens]", root) ?? box.insertBefore(element("ul", { class: "rowf", "data-tokens": "", "aria-label": label }), this.input);
    // A hidden field carries the list; the visible one only what is being typed.
    this.value = element("input", { type: "hidden", name: this.input.name });
    this.input.removeAttribute("name");
    this.input.removeAttribute("required");
    box.append(this.value);
    this.error = element("p", { class: "error", id: `${idOf(this.input)}-invalid`, hidden: true });
    this.spoken = element("p", { class: "vh", role: "status" });
    const popup = element("div", { class: "pop", "aria-label": label });
    root.append(popup, this.error, this.spoken);
    this.listbox = new Listbox(this.input, popup, (option) => this.choose(option));
    this.input.addEventListener("input", () => this.onInput());
    this.input.addEventListener("keydown", (event) => this.onKeyDown(event));
    this.input.addEventListener("paste", (event) => this.onPaste(event));
    this.input.addEventListener("blur", () => this.onBlur());
    this.input.addEventListener("focus", () => this.select(-1));
    this.list.addEventListener("click", (event) => this.onTokenClick(event));
    this.list.addEventListener("dblclick", (event) => this.edit(this.indexOf(event.target)));
    root.addEventListener("mousedown", (event) => {
      if (event.target === box || event.target === this.list) { event.preventDefault(); this.input.focus(); }
    });
    this.input.form?.addEventListener("submit", () => this.commit(), true);
    this.add(parseList(this.input.value), { quiet: true });
    this.input.value = "";
  }

  /** @returns {Token} */
  complete(person) {
    const valid = person.valid ?? true;
    const kind = person.kind ?? "person";
    const outside = person.outside ?? (valid && this.domains.size > 0 && !this.domains.has(domainOf(person.address)));
    return { name: person.name ?? "", address: person.address, valid, kind, outside, members: person.members ?? 0, note: person.note ?? "" };
  }

  /** Add people; those that stand there already are left out. */
  add(people, { quiet = false } = {}) {
    const known = new Set(this.tokens.map((token) => token.address.toLowerCase()));
    const fresh = people.map((person) => this.complete(person)).filter((token) => {
      const key = token.address.toLowerCase();
      if (!key || known.has(key)) return false;
      known.add(key);
      return true;
    });
    this.tokens.push(...fresh);
    this.show();
    if (!quiet && fresh.length) {
      const [first] = fresh;
      this.speak(fresh.length === 1 ? text("recipients.added", { name: first.name || first.address }) : count("recipients.more", fresh.length));
    }
    if (fresh.length || !quiet) this.changed();
    return fresh;
  }

  remove(index, { focus = true } = {}) {
    const [gone] = this.tokens.splice(index, 1);
    if (!gone) return;
    this.show();
    this.speak(text("recipients.removed", { name: gone.name || gone.address }));
    this.changed();
    if (focus) this.input.focus();
  }

  /** A double click turns a token back into text. */
  edit(index) {
    if (index < 0) return;
    const token = this.tokens[index];
    this.commit();
    this.remove(index);
    this.input.value = token.valid ? writePerson(token) : token.address;
    this.input.focus();
    this.input.select();
  }

  clear() {
    this.tokens = [];
    this.show();
    this.changed();
  }

  focus() { this.input.focus(); }

  changed() {
    this.root.dispatchEvent(new CustomEvent("recipients:change", { bubbles: true, detail: { tokens: [...this.tokens] } }));
  }

  // --- Showing ---

  show() {
    this.list.replaceChildren(...this.tokens.map((token, index) => this.makeToken(token, index)));
    this.list.hidden = !this.tokens.length;
    this.value.value = this.tokens.map(writePerson).join(", ");
    const wrong = this.tokens.find((token) => !token.valid);
    this.error.hidden = !wrong;
    this.error.replaceChildren(...(wrong ? [icon("circle-alert", "s"), text("recipients.invalid", { text: wrong.address })] : []));
    this.input.toggleAttribute("aria-invalid", false);
    if (wrong) {
      this.input.setAttribute("aria-invalid", "true");
      this.input.setAttribute("aria-describedby", this.error.id);
    } else this.input.removeAttribute("aria-describedby");
  }

  makeToken(token, index) {
    const name = token.name || token.address;
    const state = !token.valid ? "bad" : token.outside ? "warn" : "";
    const hidden = !token.valid ? text("recipients.not_an_address")
      : token.outside ? text("recipients.outside", { organization: settings.organization })
      : token.kind === "group" && token.members ? count("recipients.people", token.members) : "";
    const mark = !token.valid ? "circle-alert" : token.kind === "group" ? "users" : token.outside ? "building-2" : "";
    const remove = element("button", { type: "button", tabindex: "-1", "aria-label": text("recipients.remove", { name }) }, icon("x"));
    return element("li", { class: `chip ${state} ${index === this.selected ? "sel" : ""}`.trim(), title: token.address, "data-index": String(index) },
      mark ? icon(mark) : "", element("span", { class: "trunc" }, name), hidden ? element("span", { class: "vh" }, `, ${hidden}`) : "",
      token.note ? element("small", {}, token.note) : "", remove);
  }

  /** Mark one token; the focus stays in the field. */
  select(index) {
    this.selected = index;
    [...this.list.children].forEach((chip, at) => chip.classList.toggle("sel", at === index));
    const token = this.tokens[index];
    if (token) this.speak(token.name || token.address);
  }

  indexOf(node) { return Number(node.closest?.("[data-index]")?.dataset.index ?? -1); }

  onTokenClick(event) {
    const index = this.indexOf(event.target);
    if (index < 0) return;
    if (event.target.closest("button")) this.remove(index);
    else { this.input.focus(); this.select(index); }
  }

  speak(words) {
    clearTimeout(this.speaking);
    this.speaking = setTimeout(() => { this.spoken.textContent = words; }, SPEAK_AFTER);
  }

  // --- Typing ---

  onInput() {
    this.select(-1);
    clearTimeout(this.asking);
    const query = this.input.value.trim();
    if (query.length < 1) { this.listbox.close(); return; }
    this.asking = setTimeout(() => this.suggest(query), ASK_AFTER);
  }

  async suggest(query) {
    if (!this.root.dataset.url) return;
    this.running?.abort();
    this.running = new AbortController();
    const url = new URL(this.root.dataset.url, location.href);
    url.searchParams.set("q", query);
    try {
      const { results = [] } = await getJson(url, { signal: this.running.signal });
      if (this.input.value.trim() !== query || document.activeElement !== this.input) return;
      const known = new Set(this.tokens.map((token) => token.address.toLowerCase()));
      this.offered = results.filter((person) => !person.address || !known.has(person.address.toLowerCase()));
      this.listbox.list.replaceChildren(...this.offered.map((person) => makeOption(this.complete({ ...person }), person, query)));
      this.listbox.open();
      this.speak(this.offered.length ? count("recipients.count", this.offered.length) : text("recipients.none"));
    } catch (error) {
      if (error.name !== "AbortError") this.listbox.close(); // suggestions are a help; typing goes on without them
    }
  }

  choose(option) {
    const person = this.offered?.[[...this.listbox.list.children].indexOf(option)];
    this.listbox.close();
    this.input.value = "";
    if (person) this.add(person.people ?? [person]); // a group of one's own is its people
    this.input.focus();
  }

  /** Make tokens of what is typed. */
  commit() {
    clearTimeout(this.asking);
    const typed = this.input.value.trim();
    if (!typed) return;
    this.input.value = "";
    this.listbox.close();
    this.add(parseList(typed));
  }

  onPaste(event) {
    const pasted = event.clipboardData?.getData("text/plain") ?? "";
    const people = parseList(pasted);
    if (people.length < 2 && !people[0]?.valid) return; // a word is typed text
    event.preventDefault();
    this.commit();
    this.add(people);
  }

  onBlur() {
    // A click on the list of suggestions keeps the focus, so this is somebody leaving.
    this.listbox.close();
    this.running?.abort();
    this.commit();
    this.select(-1);
  }

  onKeyDown(event) {
    if (event.isComposing || this.listbox.onKey(event)) return;
    const empty = this.input.value === "";
    const atStart = this.input.selectionStart === 0 && this.input.selectionEnd === 0;
    if ((event.key === "Enter" && !event.ctrlKey && !event.metaKey) || event.key === ";") {
      if (empty) { if (event.key === "Enter") event.preventDefault(); return; }
      event.preventDefault();
      this.commit();
    } else if (event.key === ",") {
      // "Martin, Alice <alice@…": a comma inside a name or quotes is part of it
      if (!parsePerson(this.input.value).valid && !/@/.test(this.input.value)) return;
      event.preventDefault();
      this.commit();
    } else if (event.key === "Tab" && !empty && !event.shiftKey) {
      const before = this.tokens.length;
      this.commit();
      if (this.tokens.length > before && this.tokens.at(-1).valid) event.preventDefault(); // stay for the next one
    } else if (event.key === "Backspace" && empty) {
      event.preventDefault();
      if (this.selected >= 0) { const at = this.selected; this.select(-1); this.remove(at); }
      else if (this.tokens.length) this.select(this.tokens.length - 1);
    } else if (event.key === "Delete" && empty && this.selected >= 0) {
      const at = this.selected;
      event.preventDefault();
      this.select(-1);
      this.remove(at);
    } else if (event.key === "ArrowLeft" && atStart && this.tokens.length) {
      event.preventDefault();
      this.select(this.selected < 0 ? this.tokens.length - 1 : Math.max(0, this.selected - 1));
    } else if (event.key === "ArrowRight" && this.selected >= 0) {
      event.preventDefault();
      this.select(this.selected + 1 < this.tokens.length ? this.selected + 1 : -1);
    } else if (event.key === "F2" && this.selected >= 0) {
      event.preventDefault();
      this.edit(this.selected);
    }
  }
}

function makeOption(token, person, query) {
  const things = token.kind !== "person";
  const detail = [token.address, person.detail, things && token.members ? count("recipients.people", token.members) : ""];
  const label = person.note || (token.outside ? text("recipients.outside_label") : things ? text("recipients.group_label") : "");
  const chip = label ? element("span", { class: `chip ${token.outside ? "warn" : ""}`.trim() }, token.outside ? icon("building-2") : "", label) : "";
  return element("div", { role: "option", "aria-selected": "false" },
    element("span", { class: `av${things ? " sq" : ""}`, "aria-hidden": "true" }, initials(token.name || token.address)),
    element("div", { class: "trunc" }, ...highlight(token.name || token.address, query), element("br"),
      element("small", {}, detail.filter(Boolean).join(" · "))), chip);
}

/** The words that begin as typed, in bold. */
function highlight(name, query) {
  const at = name.toLowerCase().search(new RegExp(`(?<![\\p{L}\\p{N}])${query.toLowerCase().replace(/[.*+?^${}()|[\]\\]/g, "\\$&")}`, "u"));
  if (at < 0) return [name];
  return [name.slice(0, at), element("b", {}, name.slice(at, at + query.length)), name.slice(at + query.length)];
}

function initials(name) {
  const words = name.split("@")[0].split(/[\s._]+/).filter((word) => /^[\p{L}\p{N}]/u.test(word));
  const letters = words.length > 1 ? words[0][0] + words.at(-1)[0] : (words[0] ?? "?").slice(0, 2);
  return letters.toUpperCase();
}

export function attach(root) {
  if (!fields.has(root)) fields.set(root, new Recipients(root));
}
