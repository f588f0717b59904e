// Draws zone and boxes over the picture, in the relative coordinates of the full frame.
const STALE_S = 0.6; // a track seen longer ago than this is not drawn

const tokens = getComputedStyle(document.documentElement);
const INK = "#ffd166"; // amber on any picture, in both themes
const ZONE = "#7cc4ff";

function frameInside(canvas, width, height) {
  const scale = Math.min(canvas.width / width, canvas.height / height);
  return { x: (canvas.width - width * scale) / 2, y: (canvas.height - height * scale) / 2, w: width * scale, h: height * scale };
}

export function boxesAt(tracks, t_s) {
  const boxes = [];
  for (const [id, points] of Object.entries(tracks)) {
    let low = 0;
    let high = points.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (points[middle][0] <= t_s) low = middle + 1;
      else high = middle;
    }
    const before = points[low - 1];
    const after = points[low];
    if (!before || t_s - before[0] > STALE_S) continue;
    if (after && after[0] - before[0] <= STALE_S) {
      const share = (t_s - before[0]) / (after[0] - before[0]);
      boxes.push({ id, box: before.slice(1).map((value, i) => value + (after[i + 1] - value) * share) });
    } else boxes.push({ id, box: before.slice(1) });
  }
  return boxes;
}

export function draw(canvas, size, polygon, boxes) {
  const density = window.devicePixelRatio || 1;
  canvas.width = Math.round(canvas.clientWidth * density);
  canvas.height = Math.round(canvas.clientHeight * density);
  const pen = canvas.getContext("2d");
  pen.clearRect(0, 0, canvas.width, canvas.height);
  if (!size.width || !size.height) return;
  const inside = frameInside(canvas, size.width, size.height);
  const at = ([x, y]) => [inside.x + x * inside.w, inside.y + y * inside.h];
  pen.lineJoin = "round";
  if (polygon.length > 1) {
    pen.beginPath();
    polygon.forEach((point, i) => (i ? pen.lineTo(...at(point)) : pen.moveTo(...at(point))));
    if (polygon.length > 2) pen.closePath();
    pen.lineWidth = 1.5 * density;
    pen.setLineDash([6 * density, 4 * density]);
    pen.strokeStyle = ZONE;
    pen.stroke();
    pen.setLineDash([]);
    if (polygon.length > 2) {
      pen.fillStyle = "rgb(124 196 255 / 10%)";
      pen.fill();
    }
  }
  pen.font = `600 ${12 * density}px ${tokens.getPropertyValue("--font")}`;
  pen.textBaseline = "bottom";
  for (const { id, box, faint } of boxes) {
    const [x1, y1] = at([box[0], box[1]]);
    const [x2, y2] = at([box[2], box[3]]);
    pen.globalAlpha = faint ? 0.45 : 1;
    pen.lineWidth = (faint ? 1 : 2) * density;
    pen.strokeStyle = INK;
    pen.strokeRect(x1, y1, x2 - x1, y2 - y1);
    if (faint) continue;
    const label = `#${id}`;
    const width = pen.measureText(label).width + 8 * density;
    pen.fillStyle = INK;
    pen.fillRect(x1, y1 - 16 * density, width, 16 * density);
    pen.fillStyle = "#1a1400";
    pen.fillText(label, x1 + 4 * density, y1 - 1.5 * density);
  }
  pen.globalAlpha = 1;
}
