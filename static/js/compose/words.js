/** The composer's texts and settings, from the page. */

const read = (id) => JSON.parse(document.getElementById(id)?.textContent || "{}");

export const settings = read("compose-settings");
const texts = read("compose-texts");

/** @param {string} key @param {Record<string, string>} [values] for the places in braces */
export const words = (key, values = {}) =>
  (texts[key] ?? key).replace(/\{(\w+)\}/g, (place, name) => values[name] ?? place);
