// Short notes in the corner; one with a time-out goes by itself, an error stays until it is closed.
import { word } from "./words.js";

const place = document.querySelector("[data-messages]");
const SHOWN_MAX = 4;

export function show(text, { bad = false, button = null, lasts_ms = bad ? 0 : 6000 } = {}) {
  const message = document.createElement("div");
  message.className = bad ? "message bad" : "message";
  const words = document.createElement("p");
  words.textContent = text;
  message.append(words);
  const close = () => message.remove();
  const press = document.createElement("button");
  press.type = "button";
  press.textContent = button ? button.label : word("dialog.close");
  press.addEventListener("click", () => {
    close();
    if (button) button.press();
  });
  message.append(press);
  place.append(message);
  while (place.children.length > SHOWN_MAX) place.firstElementChild.remove();
  if (lasts_ms) setTimeout(close, lasts_ms);
  return { close, say: (changed) => { words.textContent = changed; } };
}
