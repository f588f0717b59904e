// New leads as the centre stores them: counted and offered, never put under the reviewer's hands. Safety stands on top at once.
import { language, word } from "./words.js";

const offer = document.querySelector("[data-arrivals]");
const alarms = document.querySelector("[data-alarms]");
const light = document.querySelector("[data-live]");
const ALARMS_MAX = 3;
let arrived = 0;

export function listen({ counted, changed }) {
  const stream = new EventSource(`/api/events?after=${document.body.dataset.alertsAfter}`);
  stream.addEventListener("open", () => say("on"));
  stream.addEventListener("error", () => say("off"));
  stream.addEventListener("lead", (event) => {
    const lead = JSON.parse(event.data);
    arrived += 1;
    offer.hidden = false;
    offer.textContent = word(arrived === 1 ? "live.arrived_one" : "live.arrived", { n: arrived });
    counted(1);
    if (lead.urgent) sound(lead);
  });
  stream.addEventListener("update", (event) => changed(JSON.parse(event.data)));
  addEventListener("pagehide", () => stream.close());
}

export function shown() {
  arrived = 0;
  offer.hidden = true;
}

function say(state) {
  light.dataset.state = state;
  light.firstElementChild.textContent = word(`live.${state}`);
  light.title = word(`live.${state}`);
}

function sound(lead) {
  const alarm = document.querySelector("[data-alarm-template]").content.firstElementChild.cloneNode(true);
  alarm.dataset.alarm = lead.incident_id;
  alarm.querySelector("[data-words]").textContent = `▲ ${lead.names[language]} · ${lead.camera_id} · ${lead.site}`;
  const link = alarm.querySelector("a");
  link.href = `/incidents/${lead.incident_id}`;
  link.dataset.item = lead.incident_id;
  alarms.prepend(alarm);
  while (alarms.children.length > ALARMS_MAX) alarms.lastElementChild.remove();
}

export function silence(incident_id) {
  alarms.querySelector(`[data-alarm="${incident_id}"]`)?.remove();
}
