// Decisions wait ten seconds in the page before they are sent, so that U takes one back and nothing wrong is recorded.
// Leaving the page sends at once what still waits. What the centre refuses is said, with the way back to the lead.
import { show } from "./messages.js";
import { send } from "./server.js";
import { word } from "./words.js";

const UNDO_S = 10;
const waiting = [];

export function decide(lead, decision, reason_code, note, { changed, reopen }) {
  const entry = { lead, changed, reopen, left_s: UNDO_S };
  entry.body = { decision, reason_code, note, version: lead.version, seen_revision: lead.revision };
  entry.message = show(sentence(entry), { lasts_ms: 0, button: { label: word("action.undo"), press: () => undo(entry) } });
  entry.timer = setInterval(() => {
    entry.left_s -= 1;
    entry.message.say(sentence(entry));
    if (entry.left_s <= 0) commit(entry);
  }, 1000);
  waiting.push(entry);
  changed(lead.incident_id, "waiting", decision);
}

export const undoLatest = () => waiting.length > 0 && undo(waiting.at(-1));
export const isWaiting = (incident_id) => waiting.some((entry) => entry.lead.incident_id === incident_id);

function sentence({ lead, body, left_s }) {
  return word("decision.waiting", { decision: word(`decision.${body.decision}`), lead: `${lead.name} ${lead.camera}`, seconds: left_s });
}

function forget(entry) {
  clearInterval(entry.timer);
  waiting.splice(waiting.indexOf(entry), 1);
  entry.message.close();
}

function undo(entry) {
  if (!waiting.includes(entry)) return;
  forget(entry);
  entry.changed(entry.lead.incident_id, "undone", null);
  entry.reopen(entry.lead.incident_id);
}

async function commit(entry) {
  forget(entry);
  const { lead, body, changed, reopen } = entry;
  try {
    await send(`/api/incidents/${lead.incident_id}/decision`, body, { keepalive: true });
    changed(lead.incident_id, "recorded", body.decision);
  } catch (error) {
    changed(lead.incident_id, "undone", null);
    show(`${lead.name} ${lead.camera}: ${error.message}`, { bad: true, button: { label: word("action.reopen"), press: () => reopen(lead.incident_id) } });
  }
}

addEventListener("pagehide", () => [...waiting].forEach(commit));
