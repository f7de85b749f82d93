/**
 * `[data-upload]`: files by choosing, dropping and pasting, each with its progress; too large is said before anything
 * is sent. Without script the file field is part of the form.
 *
 * Attributes: `data-url` (POST, field `file`), `data-limit` octets of all files together, `data-used` octets that are
 * there already, `data-drop` selector of where files may be dropped and pasted, `data-inline` pictures that are pasted
 * into the text are asked for as inline (field `inline`). Inside: `input[type=file]` and `[data-upload-list]`.
 * A file above `data-link-over` octets (0: none), or for which no room is left, becomes a link: it goes to
 * `data-link-url` in pieces of `data-piece`, up to `data-link-limit`. `[data-as-link]` in a row makes a link of it.
 * The answer: `{id, name, size, url?, remove_url?, html?}`; `html` replaces our own row.
 * Events: `upload:done` {file, answer}, `upload:removed` {answer}, `upload:refused` {name}, `upload:idle`.
 */

import { $, csrfToken, element, formatPercent, formatSize, icon, isSignIn, post, text } from "./page.js";
import { sendInPieces } from "./pieces.js";
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
    const coming = [...this.waiting, ...this.running].reduce((sum, { file, isLink }) => sum + (isLink ? 0 : file.size), 0);
    return this.used + coming;
  }

  /** @param {File[]} files */
  add(files, { inline = false } = {}) {
    for (const file of files) {
      const isLink = !inline && this.becomesLink(file);
      const limit = isLink ? Number(this.root.dataset.linkLimit) : this.limit;
      if ((isLink ? 0 : this.total) + file.size > limit) {
        const alone = isLink || file.size > limit;
        const sizes = { name: file.name, limit: formatSize(limit), size: formatSize(alone ? file.size : this.total + file.size) };
        alert(text(alone ? "upload.too_large" : "upload.too_large_in_all", sizes));
        this.emit("upload:refused", { name: file.name, size: file.size });
        continue;
      }
      const row = this.makeRow(file);
      this.list?.append(row);
      this.waiting.push({ file, row, inline, isLink });
    }
    this.next();
  }

  /** Whether a file is too large to be attached: for the organization, or for what the message carries already. */
  becomesLink(file) {
    const { linkUrl, linkOver } = this.root.dataset;
    if (!linkUrl || !file.size) return false;
    return (Number(linkOver) > 0 && file.size > Number(linkOver)) || this.total + file.size > this.limit;
  }

  next() {
    while (this.running.size < AT_ONCE && this.waiting.length) this.send(this.waiting.shift());
    if (!this.busy) this.emit("upload:idle", {});
  }

  send(entry) {
    if (entry.isLink) { this.sendAsLink(entry); return; }
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

  async sendAsLink(entry) {
    const { file, row } = entry, { linkUrl, piece } = this.root.dataset;
    entry.stop = new AbortController();
    this.running.add(entry);
    const bar = $("progress", row), words = $("[data-words]", row);
    const onProgress = (at, size) => {
      bar.max = size;
      bar.value = at;
      words.textContent = text("upload.progress", { percent: formatPercent(at / size), size: formatSize(size) });
    };
    try {
      const finish = await sendInPieces(file, { url: linkUrl, piece: Number(piece), signal: entry.stop.signal, onProgress });
      const answer = await (await post(finish, {})).json();
      this.running.delete(entry);
      row.replaceWith(fromHtml(answer.html));
      say(answer.sentence);
      this.emit("upload:done", { file, answer });
      this.next();
    } catch (error) {
      this.running.delete(entry);
      if (entry.stop.signal.aborted) this.next();
      else this.failed(entry, error.message);
    }
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
      row.replaceWith(fromHtml(answer.html));
    } else this.finishRow(row, file, answer);
    say(answer.sentence ?? text("upload.done", { name: answer.name ?? file.name }));
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

  /** What is attached goes as a link instead. */
  async makeLink(button) {
    const row = button.closest("li");
    button.setAttribute("aria-disabled", "true");
    try {
      const answer = await (await post(button.dataset.asLink, {})).json();
      this.used = Math.max(0, this.used - (Number(button.dataset.size) || 0));
      const made = fromHtml(answer.html);
      row.replaceWith(made);
      say(answer.sentence);
      $("button", made)?.focus();
      this.emit("upload:done", { file: null, answer });
    } catch (error) {
      button.removeAttribute("aria-disabled");
      alert(error.message || text("status.failed"));
    }
  }

  async onClick(event) {
    const link = event.target.closest("[data-as-link]");
    if (link) {
      event.preventDefault();
      if (!link.hasAttribute("aria-disabled")) this.makeLink(link);
      return;
    }
    const button = event.target.closest("[data-upload-cancel], [data-upload-remove]");
    if (!button) return;
    const row = button.closest("li"), name = $(".nm", row)?.textContent.trim() ?? "";
    const neighbour = row.nextElementSibling ?? row.previousElementSibling;
    if ("uploadCancel" in button.dataset) {
      this.waiting = this.waiting.filter((entry) => entry.row !== row);
      const entry = [...this.running].find((each) => each.row === row);
      row.remove();
      entry?.xhr?.abort();
      entry?.stop?.abort();
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

const fromHtml = (html) => document.createRange().createContextualFragment(html).firstElementChild;

const extension = (name) => (name.match(/\.(\w{1,4})$/)?.[1] ?? "").toUpperCase();

export function attach(root) {
  if (!uploads.has(root)) uploads.set(root, new Uploads(root));
}
