/**
 * HTML from elsewhere (pasted, dropped, of another mail program), made into what the editor knows.
 *
 * What word processors say by style is said by elements instead; then no style is left. The policy of the page forbids
 * style attributes, so they are taken off before the browser reads them.
 */

const TAG = /<[a-z][^<>]*>/gi;
const STYLE = /(\s)style(\s*=)/gi;
const DATA_PICTURE = /^data:image\/(png|jpeg|gif|webp);base64,/i;

/**
 * @param {string} html
 * @param {{keepsRemote?: boolean}} [options]  keep pictures that lie elsewhere: the person's own draft, not a paste
 * @returns {{html: string, pictures: File[]}}  pictures that were written into the HTML, in their order
 */
export function tidy(html, { keepsRemote = false } = {}) {
  const quiet = html.replace(TAG, (tag) => tag.replace(STYLE, "$1data-style$2"));
  const page = new DOMParser().parseFromString(quiet, "text/html");
  for (const node of page.querySelectorAll("style, script, meta, link, title, o\\:p, [hidden]")) node.remove();
  for (const node of [...page.querySelectorAll("[data-style]")]) speakByElements(node, page);
  const pictures = [];
  for (const picture of [...page.querySelectorAll("img")]) {
    const source = picture.getAttribute("src") ?? "";
    const file = DATA_PICTURE.test(source) ? fileOf(source) : null;
    if (file) pictures.push(file);
    const isOurs = source.startsWith("/") && !source.startsWith("//");
    if (!isOurs && !(keepsRemote && /^(https?:)?\/\//.test(source))) picture.replaceWith(picture.alt || "");
  }
  return { html: page.body.innerHTML, pictures };
}

function speakByElements(node, page) {
  const style = node.getAttribute("data-style");
  node.removeAttribute("data-style");
  const says = (name, value) => new RegExp(`(?:^|;)\\s*${name}\\s*:\\s*(?:${value})`, "i").test(style);
  if (says("display", "none") || says("mso-hide", "all")) return node.remove();
  // Some programs wrap everything into <b style="font-weight: normal">.
  if (/^(B|STRONG)$/.test(node.tagName) && says("font-weight", "normal|400")) return node.replaceWith(...node.childNodes);
  if (/^(I|EM)$/.test(node.tagName) && says("font-style", "normal")) return node.replaceWith(...node.childNodes);
  if (!/^(SPAN|FONT|A|P|LI|TD)$/.test(node.tagName)) return undefined;
  const wanted = [
    says("font-weight", "bold|[6-9]00") && "strong", says("font-style", "italic|oblique") && "em",
    says("text-decoration(?:-line)?", "[^;]*underline") && node.tagName !== "A" && "u",
    says("text-decoration(?:-line)?", "[^;]*line-through") && "s",
  ].filter(Boolean);
  for (const name of wanted) {
    const around = page.createElement(name);
    around.append(...node.childNodes);
    node.append(around);
  }
  return undefined;
}

function fileOf(address) {
  try {
    const type = address.slice(5, address.indexOf(";"));
    const octets = Uint8Array.from(atob(address.slice(address.indexOf(",") + 1)), (letter) => letter.charCodeAt(0));
    return new File([octets], `image.${type.split("/")[1].replace("jpeg", "jpg")}`, { type });
  } catch {
    return null; // not what it says
  }
}

/** Plain text as paragraphs: an empty line ends one. */
export function fromText(text) {
  const escape = (line) => line.replace(/&/g, "&amp;").replace(/</g, "&lt;").replace(/>/g, "&gt;");
  const blocks = text.replace(/\r\n?/g, "\n").replace(/\n+$/, "").split(/\n{2,}/);
  return blocks.map((block) => `<p>${block.split("\n").map(escape).join("<br>")}</p>`).join("");
}
