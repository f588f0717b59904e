// The list and the pane beside it: choosing a lead changes the pane, the address and nothing else.
import { fragment } from "./server.js";
import { word } from "./words.js";

const list = document.querySelector("[data-items]");
const pane = document.querySelector("[data-pane]");
const READY_MAX = 6;
const ready = new Map(); // fragments fetched ahead, so that the next lead is there at once

let wanted = null;

const items = () => [...list.querySelectorAll("[data-item]")];
const find = (incident_id) => items().find((item) => item.dataset.item === incident_id);
export const current = () => pane.querySelector("[data-incident]")?.dataset.incident ?? null;

export function lead() {
  const article = pane.querySelector("[data-incident]");
  if (!article) return null;
  const { incident, version, revision, name, camera, refusal } = article.dataset;
  return { incident_id: incident, version: Number(version), revision: Number(revision), name, camera, refusal };
}

const paneOf = (incident_id) => `/incidents/${incident_id}/pane${location.search}`;

async function fetched(incident_id) {
  const html = ready.get(incident_id) ?? (await fragment(paneOf(incident_id)));
  ready.delete(incident_id);
  return html;
}

export async function open(incident_id, { mounted, remember = true }) {
  wanted = incident_id;
  const html = await fetched(incident_id);
  if (wanted !== incident_id) return; // a later key was quicker than this answer
  pane.innerHTML = html;
  document.body.dataset.view = "incident";
  if (remember) history.pushState({ incident_id }, "", `/incidents/${incident_id}${location.search}`);
  mark(incident_id);
  mounted(pane);
  scrollTo({ top: 0 });
  prefetch();
}

function mark(incident_id) {
  for (const item of items()) {
    if (item.dataset.item === incident_id) {
      item.setAttribute("aria-current", "true");
      item.scrollIntoView({ block: "nearest" });
    } else item.removeAttribute("aria-current");
  }
}

export function beside(step) {
  const all = items();
  const at = all.findIndex((item) => item.dataset.item === current());
  return all[at + step]?.dataset.item ?? null;
}

export function nextLead() {
  const all = items();
  const at = all.findIndex((item) => item.dataset.item === current());
  const after = [...all.slice(at + 1), ...all.slice(0, Math.max(at, 0))];
  return after.find((item) => !item.classList.contains("done"))?.dataset.item ?? null;
}

export function prefetch() {
  const next = nextLead();
  if (!next || ready.has(next)) return;
  fragment(paneOf(next)).then((html) => {
    ready.set(next, html);
    if (ready.size > READY_MAX) ready.delete(ready.keys().next().value);
  }, () => {});
}

export function tag(incident_id, state, decision) {
  ready.delete(incident_id);
  const item = find(incident_id);
  if (!item) return;
  item.querySelector("[data-state]")?.remove();
  item.classList.toggle("done", state !== "undone");
  if (state === "undone") return;
  const word_ = document.createElement("span");
  word_.className = decision === "confirmed" && state === "recorded" ? "tag good" : "tag";
  word_.dataset.state = "";
  word_.textContent = word(state === "waiting" ? "state.waiting" : `state.${decision}`);
  item.querySelector(".where").append(word_);
}

export async function refresh() {
  ready.clear();
  list.innerHTML = await fragment(`/queue/items${location.search}`);
  mark(current());
}

export async function more(button) {
  const joint = location.search ? "&" : "?";
  const html = await fragment(`/queue/items${location.search}${joint}cursor=${encodeURIComponent(button.dataset.cursor)}`);
  button.insertAdjacentHTML("beforebegin", html);
  button.remove();
}
