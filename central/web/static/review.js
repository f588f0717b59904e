// The review page's wiring: what a click or a key does. Everything here is also reachable by mouse and by Tab.
import * as decisions from "./decisions.js";
import { ask, isOpen } from "./dialogs.js";
import * as live from "./live.js";
import { show } from "./messages.js";
import * as player from "./player.js";
import * as queue from "./queue.js";
import { send } from "./server.js";
import { word } from "./words.js";

const body = document.body;
const counter = document.querySelector("[data-count]");

function counted(step) {
  counter.dataset.count = Math.max(0, Number(counter.dataset.count) + step);
  counter.textContent = counter.dataset.count;
}

// The page's own metadata say whether generated text is on it, whichever lead is open by now.
function labelled(aigc) {
  document.querySelector("meta[name=AIGC]")?.remove();
  if (!aigc) return;
  const meta = document.createElement("meta");
  meta.name = "AIGC";
  meta.content = aigc;
  document.head.append(meta);
}

const told = (error) => show(error.message, { bad: true });
const looked = () => document.querySelector("[data-opinion]")?.setAttribute("open", "");
const mounted = (pane) => {
  labelled(pane.querySelector("[data-opinion]")?.dataset.aigc);
  player.mount(pane, { withReviewer, looked });
};
const go = (incident_id) => incident_id && queue.open(incident_id, { mounted }).catch(told);

async function withReviewer() {
  if (body.dataset.reviewer) return body.dataset.reviewer;
  const answer = await ask("name");
  if (!answer) return null;
  try {
    const { name } = await send("/api/reviewer", { name: answer.name });
    body.dataset.reviewer = name;
    document.querySelector("[data-reviewer-name]").textContent = name;
    return name;
  } catch (error) {
    told(error);
    return null;
  }
}

async function rename() {
  const before = body.dataset.reviewer;
  body.dataset.reviewer = "";
  if (!(await withReviewer())) body.dataset.reviewer = before;
}

async function decide(decision) {
  const lead = queue.lead();
  if (!lead || decisions.isWaiting(lead.incident_id) || (decision === "confirmed" && lead.refusal)) return;
  const note = document.querySelector("[data-note]").value.trim();
  if (!(await withReviewer())) return;
  const answer = decision === "rejected" ? await ask("reject") : { reason: null };
  if (!answer) return;
  if (answer.reason === "other" && !note) {
    show(word("refused.note_missing"), { bad: true, lasts_ms: 8000 });
    document.querySelector("[data-note]").focus();
    return;
  }
  const next = queue.nextLead();
  decisions.decide(lead, decision, answer.reason, note, { changed, reopen: go });
  if (next) go(next);
}

function changed(incident_id, state, decision) {
  queue.tag(incident_id, state, decision);
  if (state === "waiting") {
    counted(-1);
    live.silence(incident_id);
  }
  if (state === "undone") counted(1);
  if (state === "recorded" && queue.current() === incident_id) go(incident_id);
}

function theme() {
  const root = document.documentElement;
  const dark = root.dataset.theme === "dark" || (root.dataset.theme !== "light" && matchMedia("(prefers-color-scheme: dark)").matches);
  root.dataset.theme = dark ? "light" : "dark";
  document.cookie = `xunjian_theme=${root.dataset.theme}; path=/; max-age=31536000; samesite=strict`;
}

function filters(button) {
  const open = button.getAttribute("aria-expanded") !== "true";
  button.setAttribute("aria-expanded", String(open));
}

const actions = {
  confirm: () => decide("confirmed"),
  reject: () => decide("rejected"),
  inconclusive: () => decide("inconclusive"),
  undo: decisions.undoLatest,
  play: player.play,
  toggle: player.play,
  unblur: player.unblur,
  keys: () => ask("keys"),
  name: rename,
  theme,
  filters,
  dismiss: (button) => button.closest("[data-alarm]").remove(),
  more: (button) => queue.more(button).catch(told),
};

const keys = {
  j: () => go(queue.beside(1)),
  k: () => go(queue.beside(-1)),
  c: actions.confirm,
  r: actions.reject,
  n: actions.inconclusive,
  u: actions.undo,
  b: actions.unblur,
  i: () => document.querySelector("[data-opinion]")?.toggleAttribute("open"),
  " ": actions.play,
  "?": actions.keys,
};

document.addEventListener("click", (event) => {
  const item = event.target.closest("[data-item]");
  if (item && !event.ctrlKey && !event.metaKey && !event.shiftKey) {
    event.preventDefault();
    go(item.dataset.item);
    return;
  }
  if (event.target.closest("[data-arrivals]")) {
    live.shown();
    queue.refresh().catch(told);
    return;
  }
  const button = event.target.closest("[data-do]");
  if (button && !button.disabled) actions[button.dataset.do]?.(button);
});

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || isOpen()) return;
  if (event.target.matches("input, select, textarea")) {
    if (event.key === "Escape") event.target.blur();
    return;
  }
  if (event.key === " " && event.target.matches("button, a, summary")) return;
  const action = keys[event.key.toLowerCase()];
  if (!action) return;
  event.preventDefault();
  action();
});

document.querySelector(".filters").addEventListener("change", (event) => {
  if (event.target.matches("select")) event.currentTarget.requestSubmit();
});

addEventListener("popstate", (event) => {
  if (event.state?.incident_id) queue.open(event.state.incident_id, { mounted, remember: false }).catch(told);
  else location.reload();
});

history.replaceState({ incident_id: queue.current() }, "");
mounted(document.querySelector("[data-pane]"));
queue.prefetch();
live.listen({
  counted,
  changed: ({ incident_id }) => {
    if (incident_id === queue.current() && !decisions.isWaiting(incident_id)) offerReload(incident_id);
  },
});

let offered = null;
function offerReload(incident_id) {
  offered?.close();
  offered = show(word("live.more_material"), { lasts_ms: 0, button: { label: word("live.reload"), press: () => go(incident_id) } });
}
