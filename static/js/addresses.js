/**
 * Lists of addresses as people type and paste them: `Alice Martin <alice@example.test>, bob@example.test`, with
 * semicolons, line breaks and tabs from spreadsheets. The server parses again and has the last word.
 *
 * @typedef {{name: string, address: string, valid: boolean}} Person
 */

const ATOM = "[\\p{L}\\p{N}\\p{M}.!#$%&'*+/=?^_`{|}~-]+";
const LABEL = "[\\p{L}\\p{N}\\p{M}](?:[\\p{L}\\p{N}\\p{M}-]{0,61}[\\p{L}\\p{N}\\p{M}])?";
const ADDRESS = new RegExp(`^(?:${ATOM}|"(?:[^"\\\\\\p{C}]|\\\\.)+")@${LABEL}(?:\\.${LABEL})+$`, "u");

/** Whether a text is one address that can be written to. */
export function isAddress(text) {
  const local = text.slice(0, text.lastIndexOf("@"));
  return text.length <= 320 && local.length <= 64 && !/^\.|\.\.|\.@/.test(text) && ADDRESS.test(text);
}

export const domainOf = (address) => address.slice(address.lastIndexOf("@") + 1).toLowerCase();

/** Cut a list at its separators, outside of quotes, angle brackets and comments. @returns {string[]} */
export function splitList(text) {
  const parts = [];
  let part = "", quoted = false, angled = false, depth = 0;
  for (let at = 0; at < text.length; at += 1) {
    const letter = text[at];
    if (quoted && letter === "\\") { part += letter + (text[at += 1] ?? ""); continue; }
    if (letter === '"' && (quoted || text.indexOf('"', at + 1) > 0)) quoted = !quoted;
    else if (!quoted && letter === "<") angled = text.indexOf(">", at) > 0;
    else if (!quoted && letter === ">") angled = false;
    else if (!quoted && letter === "(") depth += text.indexOf(")", at) > 0 ? 1 : 0;
    else if (!quoted && letter === ")" && depth) depth -= 1;
    if (!quoted && !angled && !depth && /[,;\n\r\t]/.test(letter)) { parts.push(part); part = ""; } else part += letter;
  }
  parts.push(part);
  return parts.map((each) => each.trim()).filter(Boolean).flatMap(splitBare);
}

/** `a@x.test b@x.test`: addresses with only spaces between them. */
function splitBare(part) {
  const words = part.split(/\s+/);
  return words.length > 1 && words.every((word) => isAddress(strip(word))) ? words : [part];
}

const strip = (word) => word.replace(/^<(.*)>$/s, "$1").replace(/^mailto:/i, "").trim();

/** @returns {Person} */
export function parsePerson(text) {
  const found = text.match(/^(.*?)\s*<([^<>]*)>\s*$/s);
  let name = found ? found[1].trim() : "", address = strip(found ? found[2] : text);
  const comment = !found && address.match(/^(\S+@\S+)\s*\((.*)\)$/);
  if (comment) [, address, name] = comment;
  if (/^".*"$/s.test(name)) name = name.slice(1, -1).replace(/\\(.)/g, "$1");
  return { name: name.replace(/\s+/g, " "), address, valid: isAddress(address) };
}

/** @returns {Person[]} */
export const parseList = (text) => splitList(text).map(parsePerson);

/** Write a person as RFC 5322 has it, quoting where a name would be misread. */
export function writePerson({ name, address }) {
  if (!name || name === address) return address;
  const bare = /^[\p{L}\p{N}\p{M}!#$%&'*+/=?^_\x60{|}~ -]+$/u.test(name);
  return `${bare ? name : `"${name.replace(/(["\\])/g, "\\$1")}"`} <${address}>`;
}
