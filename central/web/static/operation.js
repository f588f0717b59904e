// Pauses and settings of a box: each button is one command, its answer is said.
import { ask, guarded } from "./commands.js";
import { send } from "./server.js";
import { word } from "./words.js";

const main = document.querySelector("[data-box]");
const form = document.querySelector("[data-operation]");
const box = `/api/boxes/${main.dataset.box}`;
const settings = JSON.parse(main.dataset.config);

const said = (text, bad = false) => {
  const place = form.querySelector("[data-said]");
  place.textContent = text;
  place.className = bad ? "notice bad" : "notice";
};

async function told(name, body, done) {
  const who = form.elements.name;
  if (!who.reportValidity()) return;
  await send("/api/reviewer", { name: who.value });
  said(word("box.sent"));
  const answer = await ask(box, name, body);
  if (answer.result === "applied") said(done(answer.data));
  else said(answer.result ? word("box.refused", answer) : word("box.no_answer"), true);
}

function thing(target) {
  const [what, name] = target.split(":");
  return what === "box" ? {} : { [what]: name };
}

function pause() {
  const length = form.elements.duration.value;
  const body = { ...thing(form.elements.target.value), ...(length && { for_s: Number(length) }) };
  return told("pause", body, () => word("box.paused"));
}

const resume = (event) => told("pause", { ...thing(event.target.dataset.resume), resume: true }, () => word("box.resumed"));

function fill() {
  const camera = settings.cameras[form.elements.camera.value];
  form.elements.enabled.checked = camera.enabled;
  form.elements.sensitive.checked = camera.sensitive;
  form.elements.analysed_fps_max.value = camera.analysed_fps_max ?? "";
  form.elements.score_min.value = camera.detector?.score_min ?? "";
}

function change() {
  const number = (name) => (form.elements[name].value === "" ? null : Number(form.elements[name].value));
  if (!["analysed_fps_max", "score_min"].every((name) => form.elements[name].reportValidity())) return Promise.resolve();
  const camera = {
    enabled: form.elements.enabled.checked,
    sensitive: form.elements.sensitive.checked,
    analysed_fps_max: number("analysed_fps_max"),
    detector: { score_min: number("score_min") },
  };
  const body = { cameras: { [form.elements.camera.value]: camera }, base: settings.version };
  return told("config", body, (data) => (data.effect === "next_start" ? word("box.next_start") : word("box.configured")));
}

const on = (selector, work) => form.querySelectorAll(selector).forEach((button) => button.addEventListener("click", guarded(form, said, work)));
on('[data-do="pause"]', pause);
on("[data-resume]", resume);
on('[data-do="configure"]', change);
form.addEventListener("submit", (event) => event.preventDefault());
if (settings.cameras) {
  form.elements.camera.addEventListener("change", fill);
  fill();
}
form.dataset.ready = "";
