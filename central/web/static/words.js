// The page's words in the chosen language, sent with the page; `{name}` is replaced.
const table = JSON.parse(document.querySelector('meta[name="words"]').content);

export function word(key, values = {}) {
  return table[key].replace(/\{(\w+)\}/g, (_, name) => values[name]);
}

export const language = document.documentElement.lang;
