// A zone drawn on a camera's still, tried on what was seen, and sent to the box as a whole new set of rules.
import { ask, guarded } from "./commands.js";
import { send } from "./server.js";
import { word } from "./words.js";

const main = document.querySelector("[data-box]");
const form = document.querySelector("[data-form]");
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

function passages(found) {
  return found.clips ? word("box.passages", found) : word("box.no_evidence");
}

// What the box says of its own hour: also of what became no lead. Only for a rule, and of a box that answers.
async function trial() {
  if (!form.elements.rule.value || !("online" in main.dataset)) return "";
  if (!form.elements.name.value) return word("box.trial_needs_name");
  await send("/api/reviewer", { name: form.elements.name.value });
  const rules = changed();
  const id = form.elements.zone.value ? rules.rules.at(-1).id : null;
  if (!id) return word("box.trial_needs_zone");
  const answer = await ask(box, "test_rules", { rules });
  if (answer.result === "refused") return word("box.refused", answer);
  if (!answer.result) return word("box.no_trial");
  if (answer.data.untried.includes(id)) return word("box.untried");
  const camera = answer.data.cameras[form.elements.camera.value] ?? { tracks: 0, seconds: 0 };
  const minutes = Math.max(1, Math.round(camera.seconds / 60));
  return word("box.trial", { leads: answer.data.leads[id] ?? 0, tracks: camera.tracks, minutes });
}

async function test() {
  if (!sound(points())) return said(word("box.three_points"), true);
  const found = await send(`${box}/zone-trial`, { camera_id: form.elements.camera.value, polygon: points() });
  said(passages(found));
  return said([passages(found), await trial()].filter(Boolean).join(" "));
}

async function submit() {
  if (!sound(points())) return said(word("box.three_points"), true);
  await send("/api/reviewer", { name: form.elements.name.value });
  said(word("box.sent"));
  const answer = await ask(box, "rules", { rules: changed(), base: main.dataset.version });
  if (answer.result === "applied") return said(word("box.applied"));
  if (answer.result === "refused") return said(word("box.refused", answer), true);
  return said(word("box.no_answer"), true);
}

if (form) {
  for (const figure of document.querySelectorAll("[data-camera]")) {
    figure.querySelector(".picture").addEventListener("click", (event) => clicked(figure, event));
  }
  form.elements.points.addEventListener("input", draw);
  form.elements.camera.addEventListener("change", draw);
  form.querySelector('[data-do="undo"]').addEventListener("click", undo);
  form.querySelector('[data-do="test"]').addEventListener("click", guarded(form, said, test));
  form.addEventListener("submit", guarded(form, said, submit));
  draw();
  form.dataset.ready = ""; // clicks count from here on
}
