// A zone drawn on a camera's still, tried on what was seen, and sent to the box as a whole new set of rules.
import { send, fetched } from "./server.js";
import { word } from "./words.js";

const main = document.querySelector("[data-box]");
const form = document.querySelector("[data-form]");
const ANSWER_WITHIN_S = 30;
const box = `/api/boxes/${main.dataset.box}`;

const said = (text, bad = false) => {
  const place = form.querySelector("[data-said]");
  place.textContent = text;
  place.className = bad ? "notice bad" : "notice";
};

function points() {
  const lines = form.elements.points.value.split("\n").filter((line) => line.trim());
  return lines.map((line) => line.trim().split(/[\s,;]+/).map(Number));
}

const sound = (all) => all.length >= 3 && all.every((point) => point.length === 2 && point.every((side) => side >= 0 && side <= 1));

function draw() {
  for (const figure of document.querySelectorAll("[data-camera]")) {
    const chosen = figure.dataset.camera === form.elements.camera.value;
    figure.toggleAttribute("data-chosen", chosen);
    const shown = chosen ? points().filter((point) => point.length === 2 && point.every(Number.isFinite)) : [];
    figure.querySelector(".drawn").setAttribute("points", shown.map((point) => point.join(",")).join(" "));
  }
}

function clicked(figure, event) {
  const frame = event.currentTarget.getBoundingClientRect();
  const share = (at, length) => Math.min(1, Math.max(0, at / length)).toFixed(3);
  if (form.elements.camera.value !== figure.dataset.camera) {
    form.elements.camera.value = figure.dataset.camera;
    form.elements.points.value = "";
  }
  const line = `${share(event.clientX - frame.left, frame.width)} ${share(event.clientY - frame.top, frame.height)}`;
  form.elements.points.value = [form.elements.points.value.trim(), line].filter(Boolean).join("\n");
  draw();
}

function undo() {
  form.elements.points.value = form.elements.points.value.trim().split("\n").slice(0, -1).join("\n");
  draw();
}

function changed() {
  const value = (name) => form.elements[name].value;
  const rules = structuredClone(JSON.parse(main.dataset.rules));
  const zone = value("zone");
  rules.zones = { ...rules.zones, [zone]: { cameras: [value("camera")], kind: value("kind"), polygon: points() } };
  if (value("rule")) {
    const classes = value("classes").split(/[\s,;，、]+/).filter(Boolean);
    const rule = { id: `${zone}-${value("rule")}`.replaceAll("_", "-"), type: value("type"), kind: value("rule"), zone, classes };
    rule.dwell_s = Number(value("dwell_s"));
    if (rule.kind === "count") rule.at_least = Number(value("at_least"));
    rules.rules = [...(rules.rules ?? []).filter((other) => other.id !== rule.id), rule];
  }
  return rules;
}

async function test() {
  if (!sound(points())) return said(word("box.three_points"), true);
  const found = await send(`${box}/zone-trial`, { camera_id: form.elements.camera.value, polygon: points() });
  return said(found.clips ? word("box.passages", found) : word("box.no_evidence"));
}

async function answer(command) {
  for (let waited_s = 0; waited_s < ANSWER_WITHIN_S; waited_s += 1) {
    await new Promise((resolve) => setTimeout(resolve, 1000));
    const now = await fetched(`${box}/commands/${command.command_id}`);
    if (now.result === "applied") return said(word("box.applied"));
    if (now.result === "refused") return said(word("box.refused", now), true);
  }
  return said(word("box.no_answer"), true);
}

async function submit() {
  if (!sound(points())) return said(word("box.three_points"), true);
  await send("/api/reviewer", { name: form.elements.name.value });
  said(word("box.sent"));
  return answer(await send(`${box}/commands`, { name: "rules", body: { rules: changed(), base: main.dataset.version } }));
}

const guarded = (work) => (event) => {
  event.preventDefault();
  const buttons = form.querySelectorAll("button");
  buttons.forEach((button) => { button.disabled = true; });
  work().catch((error) => said(error.message, true)).finally(() => buttons.forEach((button) => { button.disabled = false; }));
};

if (form) {
  for (const figure of document.querySelectorAll("[data-camera]")) {
    figure.querySelector(".picture").addEventListener("click", (event) => clicked(figure, event));
  }
  form.elements.points.addEventListener("input", draw);
  form.elements.camera.addEventListener("change", draw);
  form.querySelector('[data-do="undo"]').addEventListener("click", undo);
  form.querySelector('[data-do="test"]').addEventListener("click", guarded(test));
  form.addEventListener("submit", guarded(submit));
  draw();
  form.dataset.ready = ""; // clicks count from here on
}
