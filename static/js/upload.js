/**
 * `[data-upload]`: files by choosing, dropping and pasting, each with its progress; too large is said before anything
 * is sent. Without script the file field is part of the form.
 *
 * Attributes: `data-url` (POST, field `file`), `data-limit` octets of all files together, `data-used` octets that are
 * there already, `data-drop` selector of where files may be dropped and pasted, `data-inline` pictures that are pasted
 * into the text are asked for as inline (field `inline`). Inside: `input[type=file]` and `[data-upload-list]`.
 * The answer: `{id, name, size, url?, remove_url?, html?}`; `html` replaces our own row.
 * Events: `upload:done` {file, answer}, `upload:removed` {answer}, `upload:refused` {name}, `upload:idle`.
 */

import { $, csrfToken, element, formatPercent, formatSize, icon, isSignIn, post, text } from "./page.js";
import { alert, say } from "./status.js";

const AT_ONCE = 2;
const uploads = new WeakMap();

/** @returns {Uploads | undefined} */
export const uploadsOf = (node) => uploads.get(node?.closest?.("[data-upload]") ?? node);

export class Uploads {
  constructor(root) {
    this.root = root;
    this.input = $("input[type=file]", root);
    this.list = $("[data-upload-list]", root);
    this.used = Number(root.dataset.used) || 0;
    this.limit = Number(root.dataset.limit) || Infinity;
    /** @type {{file: File, row: HTMLElement, inline: boolean}[]} */
    this.waiting = [];
    this.running = new Set();
    this.input?.addEventListener("change", () => { this.add([...this.input.files]); this.input.value = ""; });
    this.list?.addEventListener("click", (event) => this.onClick(event));
    const place = root.dataset.drop ? document.querySelector(root.dataset.drop) : root;
    if (place) this.acceptDrops(place);
  }

  /** Whether something is still on its way. */
  get busy() { return this.waiting.length + this.running.size > 0; }

  /** Octets of all files: those attached and those on their way. */
  get total() {
    const coming = [...this.waiting, ...this.running].reduce((sum, { file }) => sum + file.size, 0);
    return this.used + coming;
  }

  /** @param {File[]} files */
  add(files, { inline = false } = {}) {
    for (const file of files) {
      if (this.total + file.size > this.limit) {
        const alone = file.size > this.limit;
        const sizes = { name: file.name, limit: formatSize(this.limit), size: formatSize(alone ? file.size : this.total + file.size) };
        alert(text(alone ? "upload.too_large" : "upload.too_large_in_all", sizes));
        this.emit("upload:refused", { name: file.name, size: file.size });
        continue;
      }
      const row = this.makeRow(file);
      this.list?.append(row);
      this.waiting.push({ file, row, inline });
    }
    this.next();
  }

  next() {
    while (this.running.size < AT_ONCE && this.waiting.length) this.send(this.waiting.shift());
    if (!this.busy) this.emit("upload:idle", {});
  }

  send(entry) {
    const { file, row, inline } = entry;
    const data = new FormData();
    data.append("file", file, file.name);
    if (inline) data.append("inline", "1");
    const xhr = new XMLHttpRequest(); // fetch tells nothing of the progress of an upload
    entry.xhr = xhr;
    this.running.add(entry);
    const bar = $("progress", row), words = $("[data-words]", row);
    xhr.upload.addEventListener("progress", (event) => {
      if (!event.lengthComputable) return;
      bar.max = event.total;
      bar.value = event.loaded;
      words.textContent = text("upload.progress", { percent: formatPercent(event.loaded / event.total), size: formatSize(file.size) });
    });
    xhr.addEventListener("load", () => this.onAnswer(entry));
    xhr.addEventListener("error", () => this.failed(entry));
    xhr.addEventListener("abort", () => { this.running.delete(entry); this.next(); });
    xhr.open("POST", this.root.dataset.url);
    xhr.setRequestHeader("Accept", "application/json");
    xhr.setRequestHeader("X-CSRFToken", csrfToken());
    xhr.send(data);
  }

  onAnswer(entry) {
    const { xhr, file, row } = entry;
    this.running.delete(entry);
    let answer = null;
    try { answer = JSON.parse(xhr.responseText); } catch { /* not ours: a proxy's page, the sign-in page */ }
    if (xhr.status === 401 || isSignIn(xhr.responseURL || location.href)) {
      document.dispatchEvent(new CustomEvent("workmail:signed-out"));
      return this.failed(entry);
    }
    if (xhr.status < 200 || xhr.status > 299 || !answer) return this.failed(entry, answer?.message);
    this.used += answer.size ?? file.size;
    if (answer.html) {
      const made = document.createRange().createContextualFragment(answer.html).firstElementChild;
      row.replaceWith(made);
    } else this.finishRow(row, file, answer);
    say(text("upload.done", { name: answer.name ?? file.name }));
    this.emit("upload:done", { file, answer });
    return this.next();
  }

  failed(entry, reason = "") {
    this.running.delete(entry);
    const { row, file, inline } = entry, message = reason || text("upload.failed", { name: file.name });
    const again = element("button", { type: "button", class: "btn small" }, text("upload.retry"));
    again.addEventListener("click", () => { row.remove(); this.add([file], { inline }); });
    $("[data-words]", row).replaceChildren(icon("circle-alert", "s"), message);
    $("progress", row)?.remove();
    row.classList.add("bad");
    $("[data-words]", row).after(again);
    alert(message);
    this.emit("upload:refused", { name: file.name, size: file.size });
    this.next();
  }

  // --- Rows ---

  makeRow(file) {
    const row = element("li", { class: "att" },
      element("span", { class: "ft", "aria-hidden": "true" }, extension(file.name)),
      element("span", { class: "nm trunc", title: file.name }, file.name),
      element("span", { class: "sz" }, element("progress", { max: "100", value: "0", "aria-label": text("upload.uploading", { name: file.name }) }),
        element("span", { "data-words": "" }, formatSize(file.size))),
      element("button", { type: "button", class: "icon", "data-upload-cancel": "", title: text("upload.cancel", { name: file.name }), "aria-label": text("upload.cancel", { name: file.name }) }, icon("x")));
    return row;
  }

  finishRow(row, file, answer) {
    $("progress", row)?.remove();
    $("[data-words]", row).textContent = text("upload.attached", { size: formatSize(answer.size ?? file.size) });
    const button = $("button", row), name = text("upload.remove", { name: file.name });
    delete button.dataset.uploadCancel;
    button.dataset.uploadRemove = answer.remove_url ?? "";
    button.dataset.size = String(answer.size ?? file.size);
    button.title = name;
    button.setAttribute("aria-label", name);
    if (answer.id) row.dataset.id = answer.id;
  }

  async onClick(event) {
    const button = event.target.closest("[data-upload-cancel], [data-upload-remove]");
    if (!button) return;
    const row = button.closest("li"), name = $(".nm", row)?.textContent.trim() ?? "";
    const neighbour = row.nextElementSibling ?? row.previousElementSibling;
    if ("uploadCancel" in button.dataset) {
      this.waiting = this.waiting.filter((entry) => entry.row !== row);
      const entry = [...this.running].find((each) => each.row === row);
      row.remove();
      entry?.xhr.abort();
      say(text("upload.cancelled", { name }));
    } else {
      try {
        if (button.dataset.uploadRemove) await post(button.dataset.uploadRemove, {});
      } catch (error) {
        alert(error.message || text("status.failed"));
        return;
      }
      this.used = Math.max(0, this.used - (Number(button.dataset.size) || 0));
      row.remove();
      say(text("upload.removed", { name }));
      this.emit("upload:removed", { name, id: row.dataset.id });
    }
    ($("button", neighbour ?? document.createElement("i")) ?? this.input)?.focus();
  }

  // --- Dropping and pasting ---

  acceptDrops(place) {
    let depth = 0;
    const brings = (event) => [...(event.dataTransfer?.types ?? [])].includes("Files");
    const mark = (on) => { place.classList.toggle("dropping", on); if (on) place.dataset.dropWords = text("upload.drop"); };
    place.addEventListener("dragenter", (event) => { if (brings(event)) { event.preventDefault(); depth += 1; mark(true); } });
    place.addEventListener("dragleave", (event) => { if (brings(event) && (depth -= 1) <= 0) { depth = 0; mark(false); } });
    place.addEventListener("dragover", (event) => { if (brings(event)) { event.preventDefault(); event.dataTransfer.dropEffect = "copy"; } });
    place.addEventListener("drop", (event) => {
      if (!brings(event)) return;
      event.preventDefault();
      event.stopPropagation();
      depth = 0;
      mark(false);
      const items = [...event.dataTransfer.items].filter((item) => item.kind === "file");
      const files = [];
      for (const item of items) {
        const file = item.getAsFile();
        if (item.webkitGetAsEntry?.()?.isDirectory) alert(text("upload.folder", { name: file?.name ?? "" }));
        else if (file) files.push(file);
      }
      // Pictures dropped into a text that takes them belong there; everything else is attached.
      const inText = Boolean(event.target.closest?.("[data-pictures]")) && files.every((file) => /^image\/(png|jpeg|gif|webp)$/.test(file.type));
      this.add(files, { inline: inText });
    }, true);
    // A file dropped beside the place must not replace the page.
    for (const kind of ["dragover", "drop"]) addEventListener(kind, (event) => { if (brings(event) && !event.defaultPrevented) event.preventDefault(); });
    place.addEventListener("paste", (event) => {
      const files = [...(event.clipboardData?.files ?? [])];
      if (!files.length || event.clipboardData.types.includes("text/html")) return; // text with pictures is the editor's
      event.preventDefault();
      this.add(files.map(named), { inline: "inline" in this.root.dataset });
    }, true);
  }

  emit(name, detail) {
    this.root.dispatchEvent(new CustomEvent(name, { bubbles: true, detail: { uploads: this, ...detail } }));
  }
}

/** What is pasted is called image.png every time: tell them apart. */
function named(file) {
  if (!/^image\.\w+$/.test(file.name)) return file;
  const stamp = new Date().toISOString().slice(0, 19).replace("T", " ").replaceAll(":", "-");
  return new File([file], file.name.replace("image", stamp), { type: file.type });
}

const extension = (name) => (name.match(/\.(\w{1,4})$/)?.[1] ?? "").toUpperCase();

export function attach(root) {
  if (!uploads.has(root)) uploads.set(root, new Uploads(root));
}
