// A command to a box and its answer, as far as it comes while somebody waits.
import { send, fetched } from "./server.js";

const ANSWER_WITHIN_S = 30;
const LOOK_EVERY_MS = 500;

// The command with its `result`; null there while the box has not answered.
export async function ask(box, name, body) {
  let command = await send(`${box}/commands`, { name, body });
  for (let waited_ms = 0; command.result === null && waited_ms < ANSWER_WITHIN_S * 1000; waited_ms += LOOK_EVERY_MS) {
    await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS));
    command = await fetched(`${box}/commands/${command.command_id}`);
  }
  return command;
}

// Runs the work of a button or form; its buttons wait meanwhile, what goes wrong is said.
export const guarded = (form, say, work) => (event) => {
  event.preventDefault();
  const buttons = form.querySelectorAll("button");
  buttons.forEach((button) => { button.disabled = true; });
  work(event).catch((error) => say(error.message, true)).finally(() => buttons.forEach((button) => { button.disabled = false; }));
};
