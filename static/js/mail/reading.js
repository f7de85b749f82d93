/**
 * The open conversation: it comes as a fragment beside the list, is marked as read after the person's delay, unfolds
 * earlier messages in place, and gives way to the next one when it is archived or deleted.
 */

import "../people/name-card.js";
import { $, $$, element, focusFirst, isVisible, post, request } from "../page.js";
import { alert, say } from "../status.js";
import { handle } from "../keys.js";
import { Ahead, readingOf } from "./ahead.js";
import { nodesOf, showCounts } from "./list.js";
import { setUnread } from "./acts.js";
import { settings, words } from "./words.js";

export class Reading {
  /**
   * @param {HTMLElement} pane  `#open`
   * @param {import("./list.js").MailList} list
   */
  constructor(pane, list) {
    this.pane = pane;
    this.list = list;
    this.mail = pane.closest(".mail");
    this.ahead = new Ahead(list);
    this.asking = null;
    this.readTimer = 0;
    this.nothing = $("template[data-nothing]")?.innerHTML ?? "";
    this.listUrl = location.pathname + location.search;
    if (this.open) {
      this.listUrl = this.open.dataset.listUrl;
      this.arrived();
      if (this.row) this.fetchNeighbours(this.row);
    }
    // Without a connection the list may stand at the address of a conversation: it is opened from what is kept.
    const wanted = this.open ? null : list.rows.find((row) => $("a.hit", row)?.pathname === location.pathname);
    if (wanted) {
      this.listUrl = list.root.dataset.url;
      queueMicrotask(() => this.show(wanted, { push: false }));
    }
    history.replaceState({ ...history.state, mail: this.open || wanted ? location.href : "" }, "");
    list.root.addEventListener("grid:open", (event) => this.onOpen(event));
    document.addEventListener("mail:taken", (event) => this.onTaken(event.detail));
    document.addEventListener("mail:marked", (event) => this.onMarked(event.detail));
    document.addEventListener("mail:changed", (event) => this.onChanged(event.detail));
    addEventListener("popstate", (event) => this.onPopState(event));
    pane.addEventListener("click", (event) => this.onClick(event));
    handle("next", () => this.move(1));
    handle("previous", () => this.move(-1));
    handle("next-message", () => this.stepMessage(1));
    handle("previous-message", () => this.stepMessage(-1));
    handle("back", () => this.back());
  }

  /** The open conversation or message. @returns {HTMLElement | null} */
  get open() { return $("[data-reading]", this.pane); }

  get grid() { return this.list.grid; }

  /** Its row, if it is among the loaded ones. */
  get row() { return this.open ? this.list.row(this.open.dataset.name) : null; }

  get hasFocus() { return this.pane.contains(document.activeElement); }

  // --- Opening ---

  onOpen(event) {
    const { row, focus } = event.detail, link = $("a.hit", row);
    if ("draft" in row.dataset || !link) return; // a draft opens in the composer: follow the link
    event.preventDefault();
    this.show(row, { focus });
  }

  /** Open a row in the pane. */
  async show(row, { focus = false, push = true } = {}) {
    const url = $("a.hit", row).href;
    this.grid.show(row);
    if (this.open?.dataset.name === row.dataset.name) { if (focus) focusFirst(this.pane); return; }
    if (await this.load(url, row)) {
      if (push) history.pushState({ mail: url }, "", url);
      if (focus || (this.hadFocus && document.activeElement === document.body)) focusFirst(this.pane);
      this.fetchNeighbours(row);
    }
  }

  /** Put the conversation at this address into the pane. @returns {Promise<boolean>} whether it is there now */
  async load(url, row = null) {
    this.hadFocus = this.hasFocus;
    this.asking?.abort();
    const asking = new AbortController();
    this.asking = asking;
    clearTimeout(this.readTimer);
    const slow = setTimeout(() => this.pane.setAttribute("aria-busy", "true"), 300);
    try {
      const ahead = this.ahead.take(url, row);
      // What is here is shown in this very frame.
      const html = ahead?.html ?? await (ahead?.coming ?? readingOf(url, asking.signal));
      if (asking.signal.aborted) return false;
      this.fill(html);
      return true;
    } catch (error) {
      if (error.name !== "AbortError") this.fail(url, error);
      return false;
    } finally {
      clearTimeout(slow);
      this.pane.removeAttribute("aria-busy");
    }
  }

  fill(html) {
    this.pane.replaceChildren(...nodesOf(html));
    const scroller = $(".conv", this.pane);
    if (scroller) scroller.scrollTop = 0;
    this.mail.classList.add("reading");
    this.arrived();
  }

  /** A conversation is in the pane, from the start or since now. */
  arrived() {
    const { open } = this;
    if (!open) return;
    this.pane.removeAttribute("aria-label");
    this.pane.setAttribute("aria-labelledby", "c-h");
    this.showTitle(open.dataset.title);
    const { markReadDelay } = settings;
    if (open.dataset.unread && markReadDelay >= 0) {
      const name = open.dataset.name;
      this.readTimer = setTimeout(() => { if (this.open?.dataset.name === name) this.markRead(); }, markReadDelay * 1000);
    }
  }

  showTitle(title) {
    const [, ...rest] = document.title.split(" · ");
    if (title) document.title = [title, ...rest].join(" · ");
  }

  fail(url, error) {
    const again = element("button", { type: "button", class: "btn" }, words("try-again"));
    again.addEventListener("click", () => this.load(url));
    this.pane.replaceChildren(element("div", { class: "empty", role: "alert" }, element("p", {}, error.message || words("read.error")), again));
    this.mail.classList.add("reading");
  }

  /** The next one and the one before it may be wanted in a moment. */
  fetchNeighbours(row) {
    const { rows } = this.grid, at = rows.indexOf(row);
    this.ahead.fetchIdly([rows[at + 1], rows[at - 1]].filter(Boolean));
  }

  // --- Read ---

  async markRead() {
    const { open, row } = this, keys = open?.dataset.unread;
    if (!keys) return;
    open.dataset.unread = "";
    if (row) setUnread(row, false);
    try {
      const answer = await (await post(this.list.actUrl, { action: "read", message: keys.split(",") })).json();
      showCounts(answer.counts ?? {});
    } catch { /* it stays unread; opening it again tries again */ }
  }

  // --- Moving on ---

  /** With the focus in the conversation, the next key opens the next conversation. */
  move(by) {
    if (!this.hasFocus || !this.open || !this.row) return false;
    const { rows } = this.grid, next = rows[rows.indexOf(this.row) + by];
    if (!next) { say(words("end")); return true; }
    this.openRow(next);
    return true;
  }

  async openRow(row) {
    this.grid.current = row;
    row.scrollIntoView({ block: "nearest" });
    if ("draft" in row.dataset) { location.assign($("a.hit", row).href); return; }
    await this.show(row, { focus: true });
  }

  stepMessage(by) {
    if (!this.open) return false;
    const all = $$("[data-message]", this.pane).filter(isVisible);
    const at = all.findIndex((each) => each.contains(document.activeElement));
    const next = all[at < 0 ? (by > 0 ? 0 : all.length - 1) : at + by];
    if (!next) return true;
    const folded = $("a[data-unfold]", next);
    if (next.matches("li") && folded && folded.getAttribute("aria-expanded") !== "true") folded.focus();
    else focusFirst($("article", next) ?? next);
    next.scrollIntoView({ block: "nearest" });
    return true;
  }

  back() {
    if (!this.open) return false;
    const row = this.row;
    this.mail.classList.remove("reading");
    this.grid.focus(row ?? this.grid.current);
    this.showTitle(this.list.title ?? this.open.dataset.listTitle);
    if (!isVisible(this.pane)) this.forget();
    return true;
  }

  /** Nothing is open any more: the pane says so, the address is the list's. */
  close({ replace = true } = {}) {
    clearTimeout(this.readTimer);
    this.asking?.abort();
    const hadFocus = this.hasFocus;
    this.pane.replaceChildren(...nodesOf(this.nothing));
    this.pane.removeAttribute("aria-labelledby");
    this.pane.setAttribute("aria-label", this.pane.dataset.label);
    this.mail.classList.remove("reading");
    this.grid?.show(null);
    if (replace) history.replaceState({ mail: "" }, "", this.listUrl);
    if (hadFocus) this.grid?.focus(this.grid.current);
  }

  /** On a phone the list is a step back: leave the address of the list. */
  forget() {
    history.pushState({ mail: "" }, "", this.listUrl);
  }

  /** What was open has gone: the next one, or back to the list. */
  onTaken({ rows, next }) {
    const { open } = this;
    if (!open || !rows.some((row) => row.dataset.name === open.dataset.name)) return;
    const hadFocus = this.hasFocus, isOnePane = !isVisible(this.list.root);
    if (next && settings.afterArchive !== "list" && !("draft" in next.dataset)) {
      this.show(next, { focus: hadFocus || isOnePane });
      if (hadFocus) this.hadFocus = true;
    } else {
      this.close();
      if (hadFocus) this.grid.focus(next ?? this.grid.current);
    }
  }

  onMarked({ action, rows }) {
    const { open } = this;
    if (!open || !rows.some((row) => row.dataset.name === open.dataset.name)) return;
    clearTimeout(this.readTimer);
    const flag = $('.bar > [data-do="flag"]', this.pane), isFlagged = rows.some((row) => "flagged" in row.dataset);
    if (action === "flag" || action === "unflag") {
      flag?.setAttribute("aria-pressed", String(isFlagged));
      if (isFlagged) open.dataset.flagged = ""; else delete open.dataset.flagged;
    }
  }

  // --- Changes from elsewhere ---

  /** New messages of the open conversation are added at its end; nothing that is being read moves. */
  async onChanged({ rows, removed }) {
    const { open } = this;
    if (!open) return;
    const { name } = open.dataset;
    if (removed?.includes(name)) return;
    const changed = rows?.find((row) => row.name === name);
    if (!changed || open.dataset.kind !== "thread") return;
    try {
      const [fresh] = nodesOf(await readingOf(open.dataset.url)).filter((node) => node.matches("[data-reading]"));
      if (!fresh || this.open?.dataset.name !== name) return;
      const conversation = $("[data-messages]", this.pane);
      const known = new Set($$("[data-message]", conversation).map((each) => each.dataset.message));
      const added = $$("[data-message]", fresh).filter((each) => !known.has(each.dataset.message) && each.matches("article"));
      conversation.append(...added);
      const sum = $("[data-sum]", this.pane), freshSum = $("[data-sum]", fresh);
      if (sum && freshSum) sum.replaceChildren(...freshSum.childNodes);
      if (added.length) { this.open.dataset.unread = fresh.dataset.unread; this.arrived(); }
    } catch { /* the next change asks again */ }
  }

  // --- Inside the pane ---

  onClick(event) {
    if (event.ctrlKey || event.metaKey || event.shiftKey) return;
    const link = event.target.closest("a[data-unfold]"), images = event.target.closest("[data-show-images]");
    const button = event.target.closest("[data-load]");
    if (link) { event.preventDefault(); this.unfold(link); }
    else if (images) { event.preventDefault(); this.reload(images, () => request(images.dataset.showImages, { accept: "text/html" })); }
    else if (button) { event.preventDefault(); this.reload(button, () => post(button.dataset.load, {}, { accept: "text/html" })); }
    else if (event.target.closest("[data-open-next]")) this.step(1);
    else if (event.target.closest("[data-open-previous]")) this.step(-1);
  }

  step(by) {
    const { rows } = this.grid, next = this.row ? rows[rows.indexOf(this.row) + by] : null;
    if (next) this.openRow(next);
    else say(words("end"));
  }

  /** Show a folded message below its line, or fold it again. */
  async unfold(link) {
    const item = link.closest("li"), known = $("article", item);
    if (known) {
      const show = known.hidden;
      known.hidden = !show;
      link.setAttribute("aria-expanded", String(show));
      if (show) focusFirst(known);
      return;
    }
    link.setAttribute("aria-busy", "true");
    try {
      const address = new URL(link.dataset.unfold, location.href);
      const html = await (await request(address, { accept: "text/html" })).text();
      const article = nodesOf(html)[0];
      item.append(article);
      link.setAttribute("aria-expanded", "true");
      focusFirst(article);
    } catch (error) {
      alert(error.message || words("read.error"));
    } finally {
      link.removeAttribute("aria-busy");
    }
  }

  /** Show a message again, differently: with its remote images, or after its list was left. */
  async reload(control, ask) {
    const article = control.closest("article");
    try {
      const fresh = nodesOf(await (await ask()).text())[0];
      article.replaceWith(fresh);
      focusFirst(fresh);
      if (fresh.dataset.said) say(fresh.dataset.said);
    } catch (error) {
      alert(error.message || words("read.error"));
    }
  }

  // --- History ---

  async onPopState(event) {
    const url = event.state?.mail;
    if (url === undefined) return;
    if (!url) { this.close({ replace: false }); return; }
    if (await this.load(url)) {
      const { row } = this;
      if (row) this.grid.show(row);
      if (!isVisible(this.list.root)) focusFirst(this.pane);
    }
  }
}
