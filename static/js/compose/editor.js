/**
 * The formatted text. ProseMirror comes as one file of the package django-prose-editor and is loaded when the composer
 * opens, not before. What it holds is only what mail programs show alike: paragraphs, lists, quotes, links, pictures.
 */

import { tidy, fromText } from "./foreign.js";

const PICTURES = /^image\/(png|jpeg|gif|webp)$/;

export class RichText {
  /**
   * @param {string} source  address of the editor's file
   * @param {HTMLElement} place
   * @param {{html: string, label: string, placeholder: string, onChange: () => void, onState: () => void,
   *          onPictures: (files: File[]) => void, onKey: (event: KeyboardEvent) => boolean, onLink: () => void,
   *          onBlur: () => void}} options
   */
  static async load(source, place, options) {
    const parts = await import(source);
    return new RichText(parts, place, options);
  }

  constructor(parts, place, options) {
    const { Editor, Extension } = parts;
    this.parts = parts;
    this.options = options;
    const shortcuts = Extension.create({
      name: "composerShortcuts",
      // A moment later: the editor hears of a selection made by key only after the key.
      addKeyboardShortcuts: () => ({ "Mod-k": () => { requestAnimationFrame(() => options.onLink()); return true; } }),
    });
    this.editor = new Editor({
      element: place,
      injectCSS: false, // the page's policy allows no style elements; ours are in compose.css
      extensions: [...extensions(parts, options.placeholder), shortcuts],
      content: tidy(options.html, { keepsRemote: true }).html,
      editorProps: {
        attributes: { role: "textbox", "aria-multiline": "true", "aria-label": options.label, class: "written" },
        transformPastedHTML: (html) => this.pasted(html),
        handlePaste: (view, event) => this.takePictures(event.clipboardData),
        handleKeyDown: (view, event) => options.onKey(event),
      },
      onUpdate: () => options.onChange(),
      onSelectionUpdate: () => options.onState(),
      onTransaction: () => options.onState(),
      onBlur: () => options.onBlur(),
    });
  }

  get html() { return this.editor.isEmpty ? "" : this.editor.getHTML(); }
  set html(html) { this.editor.commands.setContent(tidy(html, { keepsRemote: true }).html); }

  /** What it says, without how. */
  get text() { return this.editor.getText({ blockSeparator: "\n\n" }).replace(/\n+$/, ""); }
  set text(text) { this.editor.commands.setContent(fromText(text)); }

  /** Whether plain text would lose something. */
  get hasFormatting() {
    const plain = new Set(["doc", "paragraph", "text", "hardBreak"]);
    let found = false;
    this.editor.state.doc.descendants((node) => {
      if (!plain.has(node.type.name) || node.marks.length) found = true;
      return !found;
    });
    return found;
  }

  focus(where = "start") { this.editor.commands.focus(where); }

  isActive(name) { return name === "clear" ? false : this.editor.isActive(name); }

  /** Do what a button of the formatting bar says. */
  format(name) {
    const chain = this.editor.chain().focus();
    const doings = {
      bold: () => chain.toggleBold(), italic: () => chain.toggleItalic(), underline: () => chain.toggleUnderline(),
      code: () => chain.toggleCode(), bulletList: () => chain.toggleBulletList(),
      orderedList: () => chain.toggleOrderedList(), blockquote: () => chain.toggleBlockquote(),
      clear: () => chain.unsetAllMarks().clearNodes(),
    };
    doings[name]?.().run();
  }

  /** The address of the link at the cursor, or nothing. */
  get link() { return this.editor.getAttributes("link").href ?? ""; }

  get selection() {
    const { from, to } = this.editor.state.selection;
    return { from, to };
  }

  set selection(range) { this.editor.commands.setTextSelection(range); }

  setLink(address) {
    const chain = this.editor.chain().focus().extendMarkRange("link");
    if (!address) { chain.unsetMark("link").run(); return; }
    const { empty } = this.editor.state.selection;
    if (empty && !this.link) {
      chain.insertContent({ type: "text", text: address, marks: [{ type: "link", attrs: { href: address } }] }).run();
    } else chain.setMark("link", { href: address }).run();
  }

  insertPicture(address, name) { this.editor.chain().focus().setImage({ src: address, alt: name }).run(); }

  insert(html) { this.editor.chain().focus().insertContent(tidy(html, { keepsRemote: true }).html).run(); }

  append(html) {
    this.editor.chain().insertContentAt(this.editor.state.doc.content.size, tidy(html, { keepsRemote: true }).html).run();
  }

  /**
   * Put a piece where another one is, at the end if there was none. A piece is found by what it holds; `false`: it is
   * not there any more, since somebody changed it.
   */
  exchange(before, after) {
    const { doc } = this.editor.state, wanted = before ? this.piece(before) : [];
    let from = doc.content.size, to = from;
    if (wanted.length) {
      const children = [], starts = [];
      doc.forEach((node, at) => { children.push(node); starts.push(at); });
      let first = children.length - wanted.length;
      while (first >= 0 && !wanted.every((node, i) => node.eq(children[first + i]))) first -= 1;
      if (first < 0) return false;
      const last = first + wanted.length - 1;
      from = starts[first];
      to = starts[last] + children[last].nodeSize;
    }
    const put = after ? this.piece(after) : [];
    if (!put.length && from === 0 && to === doc.content.size) put.push(this.editor.schema.nodes.paragraph.create());
    this.editor.view.dispatch(this.editor.state.tr.replaceWith(from, to, put));
    return true;
  }

  piece(html) {
    const content = this.parts.createNodeFromContent(tidy(html, { keepsRemote: true }).html, this.editor.schema);
    return content.content ?? [];
  }

  /** Put the cursor where something was dropped. */
  moveTo(x, y) {
    const found = this.editor.view.posAtCoords({ left: x, top: y });
    if (found) this.editor.commands.setTextSelection(found.pos);
  }

  setEditable(on) { this.editor.setEditable(on, false); }

  pasted(html) {
    const { html: clean, pictures } = tidy(html);
    if (pictures.length) queueMicrotask(() => this.options.onPictures(pictures));
    return clean;
  }

  /** A copied picture comes as a file and as a piece of HTML that points elsewhere: the file is what is meant. */
  takePictures(clipboard) {
    const files = [...(clipboard?.files ?? [])].filter((file) => PICTURES.test(file.type));
    if (!files.length) return false;
    const html = clipboard.getData("text/html");
    const text = new DOMParser().parseFromString(html.replace(/<img[^>]*>/gi, ""), "text/html").body.textContent;
    if (text.trim()) return false;
    this.options.onPictures(files);
    return true;
  }
}

export const isPicture = (file) => PICTURES.test(file.type);

function extensions(parts, placeholder) {
  const {
    Blockquote, Bold, BulletList, Code, CodeBlock, Document, Dropcursor, Gapcursor, HardBreak, Heading, Image, Italic, Link,
    ListItem, OrderedList, Paragraph, Placeholder, Strike, Table, TableCell, TableHeader, TableRow, Text, Underline, UndoRedo,
  } = parts;
  // Their link opens a dialog of its own on Ctrl+K; ours speaks the person's language.
  const link = Link.extend({ addKeyboardShortcuts: () => ({}) }).configure({ openOnClick: false, autolink: true, enableTarget: false });
  return [
    Document, Paragraph, Text, HardBreak, Bold, Italic, Underline, Strike, Code, CodeBlock, Blockquote, BulletList, OrderedList,
    ListItem, Heading.configure({ levels: [1, 2, 3] }), link, Image.configure({ inline: true }), Table, TableRow, TableHeader,
    TableCell, UndoRedo, Dropcursor, Gapcursor, Placeholder.configure({ placeholder }),
  ];
}
