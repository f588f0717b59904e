// The stage: pixelated still first; the clip behind a reason, with tracks and zone drawn over it, scrub and speed.
import { ask } from "./dialogs.js";
import { show } from "./messages.js";
import { boxesAt, draw } from "./overlay.js";
import { send } from "./server.js";
import { word } from "./words.js";

const SVG = "http://www.w3.org/2000/svg";
let stage = null;

const media = (sha256, grant) => `/api/media/${sha256}?access=${encodeURIComponent(grant.token)}`;
const ended = (grant) => Date.parse(grant.expires_at) <= Date.now();
const seconds = (value) => `${value.toFixed(1)} s`;

export function mount(pane, { withReviewer, looked }) {
  stage?.destroy();
  const root = pane.querySelector("[data-stage]");
  stage = root ? new Stage(pane, root, withReviewer, looked) : null;
}

export const play = () => stage?.play();
export const unblur = () => stage?.unblur();

class Stage {
  constructor(pane, root, withReviewer, looked) {
    this.pane = pane;
    this.root = root;
    this.withReviewer = withReviewer;
    this.looked = looked;
    this.incident_id = pane.querySelector("[data-incident]").dataset.incident;
    this.overlay = JSON.parse(root.dataset.overlay);
    this.canvas = root.querySelector("[data-canvas]");
    this.still = root.querySelector("[data-still]");
    this.badge = root.querySelector("[data-badge]");
    this.button = root.querySelector('[data-do="play"]');
    this.grant = null;
    this.video = null;
    this.tracks = {};
    this.subjects = [];
    this.clipStart_s = NaN;
    this.opened = false;
    this.alive = new AbortController();
    window.addEventListener("resize", () => this.paint(), { signal: this.alive.signal });
    if (this.still) {
      this.still.addEventListener("load", () => this.fit(this.still.naturalWidth, this.still.naturalHeight));
      if (this.still.complete) this.fit(this.still.naturalWidth, this.still.naturalHeight);
    }
  }

  destroy() {
    this.alive.abort();
    this.video?.pause();
    this.video?.removeAttribute("src");
  }

  fit(width, height) {
    if (width && height) this.root.style.aspectRatio = `${width} / ${height}`;
    this.paint();
  }

  // One reason opens clip and original key frame of this incident; the centre registers each view.
  async access() {
    if (this.grant && !ended(this.grant)) return this.grant;
    const reviewer = await this.withReviewer();
    const answer = reviewer ? await ask("access") : null;
    if (!answer) return null;
    this.grant = await send(`/api/incidents/${this.incident_id}/access`, { reason_code: answer.reason, note: answer.note });
    return this.grant;
  }

  async attempt(action) {
    try {
      await action();
    } catch (error) {
      this.grant = null;
      show(error.message, { bad: true });
    }
  }

  play() {
    return this.attempt(async () => {
      if (this.video) return void (this.video.paused ? await this.video.play() : this.video.pause());
      if (!this.root.dataset.clip || !(await this.access()) || this.video) return;
      this.open();
      await this.loadTracks();
      await this.video.play().catch(() => {});
    });
  }

  unblur() {
    return this.attempt(async () => {
      if (!this.still || !this.root.dataset.keyFrame || this.video) return;
      if (this.opened) {
        this.still.src = this.pixelated;
      } else {
        if (!(await this.access())) return;
        this.pixelated = this.still.src;
        this.still.src = media(this.root.dataset.keyFrame, this.grant);
      }
      this.opened = !this.opened;
      this.badge.textContent = word(this.opened ? "stage.original" : "stage.pixelated");
      this.looked();
    });
  }

  open() {
    this.video = document.createElement("video");
    Object.assign(this.video, { muted: true, playsInline: true, loop: false, preload: "auto" });
    this.video.setAttribute("aria-label", word("stage.clip"));
    this.video.src = media(this.root.dataset.clip, this.grant);
    this.canvas.before(this.video);
    this.button.hidden = true;
    this.badge.textContent = this.root.dataset.copy === undefined ? word("stage.original") : word("stage.copy");
    this.video.addEventListener("error", () => this.failed());
    this.video.addEventListener("loadedmetadata", () => {
      this.fit(this.video.videoWidth, this.video.videoHeight);
      this.timeline();
    });
    this.wireControls();
    this.looked();
    const tick = () => {
      if (!this.alive.signal.aborted) {
        this.paint();
        this.follow(tick);
      }
    };
    this.follow(tick);
  }

  follow(tick) {
    if (this.video.requestVideoFrameCallback) this.video.requestVideoFrameCallback(tick);
    else requestAnimationFrame(tick);
  }

  failed() {
    const why = ended(this.grant) ? "stage.access_ended" : "stage.cannot_play";
    this.video?.remove();
    this.video = null;
    this.button.hidden = false;
    this.pane.querySelector("[data-controls]").hidden = true;
    show(word(why), { bad: true });
  }

  async loadTracks() {
    if (!this.root.dataset.tracks) return;
    const answer = await fetch(media(this.root.dataset.tracks, this.grant));
    if (!answer.ok) return;
    const seen = await answer.json();
    this.tracks = seen.tracks;
    this.subjects = (seen.subjects ?? []).map(String);
    this.clipStart_s = Date.parse(seen.clip_start) / 1000;
    this.timeline();
    this.paint();
  }

  wireControls() {
    const bar = this.pane.querySelector("[data-controls]");
    const scrub = bar.querySelector("[data-scrub]");
    const at = bar.querySelector("[data-at]");
    const toggle = bar.querySelector('[data-do="toggle"]');
    bar.hidden = false;
    const told = () => {
      scrub.max = this.video.duration || 1;
      scrub.value = this.video.currentTime;
      at.textContent = `${seconds(this.video.currentTime)} / ${seconds(this.video.duration || 0)}`;
      toggle.textContent = this.video.paused ? "▶" : "❚❚";
    };
    for (const event of ["timeupdate", "play", "pause", "loadedmetadata"]) this.video.addEventListener(event, told);
    this.video.addEventListener("seeked", () => this.paint());
    scrub.addEventListener("input", () => { this.video.currentTime = Number(scrub.value); });
    bar.querySelector("[data-rate]").addEventListener("change", (event) => { this.video.playbackRate = Number(event.target.value); });
  }

  timeline() {
    const drawing = this.pane.querySelector("[data-timeline]");
    const length_s = this.video?.duration;
    if (!length_s) return;
    drawing.replaceChildren();
    const rows = this.subjects.map((id) => this.tracks[id] ?? []).filter((points) => points.length).slice(0, 4);
    rows.forEach((points, row) => {
      const bar = document.createElementNS(SVG, "rect");
      const from_s = points[0][0];
      bar.setAttribute("x", `${(100 * from_s) / length_s}%`);
      bar.setAttribute("width", `${(100 * (points.at(-1)[0] - from_s)) / length_s}%`);
      bar.setAttribute("y", `${row * 3.5}`);
      bar.setAttribute("height", "2.5");
      drawing.append(bar);
    });
    const opened_s = this.overlay.opened_ms / 1000 - this.clipStart_s;
    if (opened_s >= 0 && opened_s <= length_s) {
      const mark = document.createElementNS(SVG, "line");
      for (const [name, value] of [["x1", `${(100 * opened_s) / length_s}%`], ["x2", `${(100 * opened_s) / length_s}%`], ["y1", "0"], ["y2", "14"]]) {
        mark.setAttribute(name, value);
      }
      drawing.append(mark);
    }
  }

  boxesNow() {
    const faint = ({ id }) => this.subjects.length > 0 && !this.subjects.includes(id);
    return boxesAt(this.tracks, this.video.currentTime).map((each) => ({ ...each, faint: faint(each) }));
  }

  paint() {
    if (this.video?.videoWidth) {
      draw(this.canvas, { width: this.video.videoWidth, height: this.video.videoHeight }, this.overlay.polygon, this.boxesNow());
    } else if (this.still && this.opened) {
      const boxes = this.overlay.boxes.map(([id, ...box]) => ({ id, box }));
      draw(this.canvas, { width: this.still.naturalWidth, height: this.still.naturalHeight }, this.overlay.polygon, boxes);
    } else this.canvas.getContext("2d").clearRect(0, 0, this.canvas.width, this.canvas.height);
  }
}
