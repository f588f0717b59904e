// Native dialogs as promises: the chosen values, or null when the person went away.
const find = (name) => document.querySelector(`[data-dialog="${name}"]`);

export const isOpen = () => document.querySelector("dialog[open]") !== null;

export function ask(name) {
  const dialog = find(name);
  const form = dialog.querySelector("form");
  return new Promise((resolve) => {
    let answer = null;
    const submitted = () => { answer = form ? Object.fromEntries(new FormData(form)) : {}; };
    const chosen = (event) => {
      const button = event.target.closest("[data-reason]");
      if (button) {
        answer = { reason: button.dataset.reason };
        dialog.close();
      }
      if (event.target.closest('[data-do="close"]')) dialog.close();
    };
    const pressed = (event) => {
      const button = [...dialog.querySelectorAll("[data-key]")].find((each) => each.dataset.key === event.key.toLowerCase());
      if (button && !event.ctrlKey && !event.metaKey && !event.altKey) {
        event.preventDefault();
        button.click();
      }
    };
    form?.addEventListener("submit", submitted);
    dialog.addEventListener("click", chosen);
    dialog.addEventListener("keydown", pressed);
    dialog.addEventListener("close", () => {
      form?.removeEventListener("submit", submitted);
      dialog.removeEventListener("click", chosen);
      dialog.removeEventListener("keydown", pressed);
      resolve(answer);
    }, { once: true });
    dialog.showModal();
  });
}
