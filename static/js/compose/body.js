/** The text of the message: formatted, or plain; and the original message below it. */

import { $, $$, focusFirst, request } from "../page.js";
import { handle, run } from "../keys.js";
import { open as openDialog } from "../dialog.js";
import { alert, say } from "../status.js";
import { RichText, isPicture } from "./editor.js";
import { settings, words } from "./words.js";

const LINK = /^(https?:\/\/[^\s/]|mailto:[^\s@]+@|tel:\+?\d)/i;
const BARE = /^[\p{L}\p{N}-]+(\.[\p{L}\p{N}-]+)+([/?#]\S*)?$/u;

export class Body {
  /** @param {HTMLFormElement} form @param {{onChange(): void, onBlur(): void, onFiles(files: File[], options?: object): void}} options */
  constructor(form, { onChange, onBlur, onFiles }) {
    this.form = form;
    this.onChange = onChange;
    this.onBlur = onBlur;
    this.onFiles = onFiles;
    this.plain = $("[data-plain-text]", form);
    this.place = $("[data-editor]", form);
    this.bar = $("[data-formatting]", form);
    this.rich = null;
    this.listen();
  }

  /** Show the text in the way the draft has it. Until then one may already type a new one, but not change an old one. */
  async start() {
    const { mode, html } = this.form.elements;
    if (mode.value === "plain" && (this.plain.value.trim() || settings.format === "plain")) { this.showPlain(); return; }
    this.bar.inert = true;
    this.plain.readOnly = Boolean(html.value);
    await this.loadRich(html.value || "");
    this.plain.readOnly = false;
    this.bar.inert = false;
  }

  async loadRich(html) {
    try {
      this.rich ??= await RichText.load(this.form.dataset.editorSrc, this.place, {
        html,
        label: words("body_label"),
        placeholder: words("placeholder"),
        onChange: () => { if (!this.quiet) this.onChange(); },
        onState: () => this.showButtons(),
        onPictures: (files) => this.onFiles(files, { inline: true }),
        onKey: (event) => this.onKey(event),
        onLink: () => this.askForLink(),
        onBlur: () => this.onBlur(),
      });
    } catch (error) {
      console.error(error);
      alert(words("editor_failed"));
      this.showPlain();
      return;
    }
    const wasThere = document.activeElement === this.plain;
    if (!html && this.plain.value) this.silently(() => { this.rich.text = this.plain.value; });
    this.form.elements.mode.value = "rich";
    this.plain.hidden = true;
    this.place.hidden = false;
    this.showMode();
    if (wasThere) this.rich.focus("end");
  }

  showPlain() {
    this.form.elements.mode.value = "plain";
    this.place.hidden = true;
    this.plain.hidden = false;
    this.showMode();
  }

  showMode() {
    const isPlain = !this.isRich;
    this.plain.labels[0].hidden = !isPlain;
    $("[data-plain]", this.bar).setAttribute("aria-pressed", String(isPlain));
    for (const marks of $$("[data-marks]", this.bar)) marks.hidden = isPlain;
    this.showButtons();
  }

  get isRich() { return this.form.elements.mode.value === "rich"; }

  /** What is changed by the page itself is no change of the writer's. */
  silently(act) {
    this.quiet = true;
    try { act(); } finally { this.quiet = false; }
  }

  /** Write what is there into the form. */
  collect() {
    if (this.isRich && this.rich) this.form.elements.html.value = this.rich.html;
  }

  /** Put a text where the cursor is. */
  insert(html, text) {
    if (this.isRich && this.rich) { this.rich.insert(html); return; }
    const { plain } = this;
    plain.setRangeText(text, plain.selectionStart, plain.selectionEnd, "end");
    plain.focus();
  }

  /** Exchange a signature for another: both `{html, plain}`, or null. @returns {boolean} whether the old one was found */
  exchange(before, after) {
    if (this.isRich) return this.rich ? this.rich.exchange(before?.html ?? "", after?.html ?? "") : false;
    const text = this.plain.value, at = before ? text.lastIndexOf(before.plain) : -1;
    if (before && at < 0) return false;
    if (before) this.plain.value = text.slice(0, at).trimEnd() + (after ? `\n\n${after.plain}` : "") + text.slice(at + before.plain.length);
    else this.plain.value = `${text.trimEnd()}\n\n${after.plain}`;
    return true;
  }

  focus() { if (this.isRich && this.rich) this.rich.focus("start"); else { this.plain.focus(); this.plain.setSelectionRange(0, 0); } }

  showPicture(address, name) { if (this.isRich) this.rich?.insertPicture(address, name); }

  listen() {
    this.bar.addEventListener("mousedown", (event) => { if (event.target.closest("[data-format]")) event.preventDefault(); }); // the selection stays
    this.bar.addEventListener("click", (event) => {
      const button = event.target.closest("[data-format]");
      if (!button) return;
      if (button.dataset.format === "link") this.askForLink();
      else this.rich?.format(button.dataset.format);
    });
    $("[data-plain]", this.bar).addEventListener("click", () => this.switchMode());
    $("[data-picture]", this.bar)?.addEventListener("click", () => this.choosePicture());
    handle("link", () => (this.isRich ? (this.askForLink(), undefined) : false));
    $("[data-edit-quote]", this.form)?.addEventListener("click", () => this.editQuote());
    // Pictures dropped into the text go where they were dropped; everything else is attached (upload.js).
    addEventListener("drop", (event) => {
      if (!this.isRich || !event.target.closest?.("[data-pictures]")) return;
      const files = [...(event.dataTransfer?.files ?? [])];
      if (!files.length || !files.every(isPicture)) return;
      event.preventDefault();
      this.rich.moveTo(event.clientX, event.clientY);
    }, true);
  }

  /** The editor takes keys before the page does, and would make a line of this one. */
  onKey(event) {
    if (event.key !== "Enter" || !(event.ctrlKey || event.metaKey) || event.isComposing) return false;
    run("send", event);
    return true;
  }

  showButtons() {
    for (const button of $$("[data-format]", this.bar)) {
      if (button.hasAttribute("aria-pressed")) button.setAttribute("aria-pressed", String(Boolean(this.rich && this.isRich && this.rich.isActive(button.dataset.format))));
    }
  }

  async switchMode() {
    if (this.isRich) {
      if (this.rich?.hasFormatting && (await openDialog("compose-plain", $("[data-plain]", this.bar))) !== "yes") return;
      this.plain.value = this.rich?.text ?? this.plain.value;
      this.showPlain();
      this.plain.focus();
    } else {
      await this.loadRich("");
      this.rich?.focus("end");
    }
    this.onChange();
  }

  async askForLink() {
    if (!this.isRich || !this.rich) return;
    const dialog = document.getElementById("compose-link"), input = $("input", dialog), error = $(".error", dialog);
    input.value = this.rich.link;
    error.hidden = true;
    $("[data-link-remove]", dialog).hidden = !this.rich.link;
    const refuse = (event) => {
      if (event.submitter?.value !== "set" || addressOf(input.value)) return;
      event.preventDefault();
      error.textContent = words("link_invalid");
      error.hidden = false;
      input.focus();
    };
    const form = $("form", dialog);
    form.addEventListener("submit", refuse);
    const selection = this.rich.selection; // typing into the dialog moves the browser's
    const answer = await openDialog(dialog, this.rich.editor.view.dom);
    form.removeEventListener("submit", refuse);
    this.rich.selection = selection;
    if (answer === "set") this.rich.setLink(addressOf(input.value));
    else if (answer === "remove") this.rich.setLink("");
    else this.rich.editor.commands.focus();
  }

  choosePicture() {
    const input = document.createElement("input");
    input.type = "file";
    input.accept = "image/png,image/jpeg,image/gif,image/webp";
    input.multiple = true;
    input.addEventListener("change", () => this.onFiles([...input.files], { inline: true }));
    input.click();
  }

  /** The original becomes part of the text; what the editor does not know of its looks is lost. */
  async editQuote() {
    const way = this.isRich ? "html" : "text";
    try {
      const quote = await (await request(`${settings.quote}?as=${way}`, { accept: "text/plain" })).text();
      if (this.isRich) this.rich.append(`<p></p>${quote}`);
      else this.plain.value = `${this.plain.value.trimEnd()}\n\n${quote}`;
      this.form.elements.includes_quote.checked = false;
      $("[data-original]", this.form).hidden = true;
      say(words("quote_moved"));
      this.onChange();
      if (this.isRich) this.rich.focus("start"); else focusFirst(this.plain);
    } catch (error) {
      alert(error.message);
    }
  }
}

/** The address that was meant, or nothing. */
function addressOf(typed) {
  const address = typed.trim();
  if (LINK.test(address)) return address;
  if (/^[^\s@/]+@[^\s@/]+\.[^\s@/]+$/.test(address)) return `mailto:${address}`;
  return BARE.test(address) ? `https://${address}` : "";
}
