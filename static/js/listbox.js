/** The list under an editable combobox: the focus stays in the field, `aria-activedescendant` says which is meant. */

import { idOf } from "./page.js";

export class Listbox {
  /**
   * @param {HTMLInputElement} input
   * @param {HTMLElement} list  `role=listbox`; its options carry `role=option`
   * @param {(option: HTMLElement) => void} choose
   */
  constructor(input, list, choose) {
    this.input = input;
    this.list = list;
    this.choose = choose;
    input.setAttribute("role", "combobox");
    input.setAttribute("aria-autocomplete", "list");
    input.setAttribute("aria-controls", idOf(list));
    input.setAttribute("autocomplete", "off");
    list.setAttribute("role", "listbox");
    this.close();
    // mousedown, not click: a click would take the focus out of the field first
    list.addEventListener("mousedown", (event) => {
      event.preventDefault();
      const option = event.target.closest("[role=option]");
      if (option && event.button === 0) choose(option);
    });
    list.addEventListener("mousemove", (event) => {
      const option = event.target.closest("[role=option]");
      if (option && option !== this.active) this.activate(option, false);
    });
  }

  get options() { return [...this.list.querySelectorAll("[role=option]:not([hidden])")]; }
  get active() { return this.list.querySelector('[role=option][aria-selected="true"]'); }
  get isOpen() { return !this.list.hidden; }

  open(activateFirst = true) {
    this.list.hidden = !this.options.length;
    this.input.setAttribute("aria-expanded", String(this.isOpen));
    if (this.isOpen && activateFirst) this.activate(this.options[0]);
    else if (this.isOpen) this.activate(null);
  }

  close() {
    this.list.hidden = true;
    this.input.setAttribute("aria-expanded", "false");
    this.input.removeAttribute("aria-activedescendant");
    this.input.closest(".hdr")?.classList.remove("opened");
  }

  activate(option, scroll = true) {
    for (const other of this.list.querySelectorAll("[role=option]")) other.setAttribute("aria-selected", String(other === option));
    if (!option) { this.input.removeAttribute("aria-activedescendant"); return; }
    this.input.setAttribute("aria-activedescendant", idOf(option));
    if (scroll) option.scrollIntoView({ block: "nearest" });
  }

  /** Arrow keys, Enter, Esc. Returns whether the key was for the list. */
  onKey(event) {
    if (!this.isOpen || event.altKey || event.ctrlKey || event.metaKey) return false;
    const { options } = this, at = options.indexOf(this.active);
    const to = {
      ArrowDown: options[(at + 1) % options.length], ArrowUp: options.at(at < 0 ? -1 : at - 1),
      PageDown: options[Math.min(at + 6, options.length - 1)], PageUp: options[Math.max(at - 6, 0)],
    }[event.key];
    if (to) this.activate(to);
    else if (event.key === "Escape") this.close();
    else if (event.key === "Enter" && this.active) this.choose(this.active);
    else return false;
    event.preventDefault();
    event.stopPropagation();
    return true;
  }
}
