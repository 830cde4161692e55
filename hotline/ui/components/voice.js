// How both sides sounded, on the player's time axis. A click tells the player where to go; the player tells where it is.
//
// data: { id, duration (s), labels, legend: [{kind, text}],
//         rows: [{ title, unit, low, high, digits, calm: [from, to] or null, points: [{side, start, end, value, from, to, text}] }],
//         changes: [{ number, at, side, who, words, kind, about, before }],
//         sounds: [{kind, label, start, end}], overlaps: [{start, end}] }

const STEPS = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 1200, 1800, 3600]; // seconds between labels of the axis
const MOST_LABELS = 12;
const listeners = new WeakMap(); // root element → AbortController

function make(tag, className, text) {
  const element = document.createElement(tag);
  if (className) element.className = className;
  if (text !== undefined && text !== null) element.textContent = text;
  return element;
}

const clock = (s) => `${Math.floor(s / 60)}:${String(Math.floor(s % 60)).padStart(2, "0")}`;

function place(element, from, to, total) {
  element.style.left = `${(100 * from) / total}%`;
  if (to !== null) element.style.width = `${(100 * Math.max(0, Math.min(total, to) - from)) / total}%`;
  return element;
}

function plot(row, total) {
  const box = make("div", "plot");
  const height = (value) => (100 * (row.high - value)) / (row.high - row.low || 1);
  if (row.calm) {
    const calm = make("div", "calm");
    calm.style.top = `${height(row.calm[1])}%`;
    calm.style.height = `${height(row.calm[0]) - height(row.calm[1])}%`;
    box.append(calm);
  }
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  svg.setAttribute("viewBox", "0 0 100 100");
  svg.setAttribute("preserveAspectRatio", "none");
  for (const side of ["agent", "customer", "other"]) {
    const line = document.createElementNS("http://www.w3.org/2000/svg", "polyline");
    line.setAttribute("class", side);
    const own = row.points.filter((point) => point.side === side);
    line.setAttribute("points", own.map((p) => `${(50 * (p.start + p.end)) / total},${height(p.value)}`).join(" "));
    svg.append(line);
  }
  box.append(svg);
  for (const point of row.points) {
    if (point.to > point.from) {
      const band = place(make("div", `band ${point.side}`), point.start, point.end, total);
      band.style.top = `${height(point.to)}%`;
      band.style.height = `${height(point.from) - height(point.to)}%`;
      box.append(band);
    }
    const bar = place(make("div", `value ${point.side}`), point.start, point.end, total);
    bar.style.top = `${height(point.value)}%`;
    box.append(bar);
  }
  return box;
}

function rowOf(row, total) {
  const line = make("div", "row");
  const name = make("div", "name");
  name.append(row.title, make("small", "", row.unit), make("b", "top", row.high.toFixed(row.digits)), make("b", "bottom", row.low.toFixed(row.digits)));
  line.append(name, plot(row, total));
  return line;
}

function changeOf(change, labels, go) {
  const item = make("li");
  const button = make("button", `change ${change.kind}`);
  button.type = "button";
  const head = make("span", "head");
  head.append(make("span", "when", `▶ ${clock(change.at)}`), make("span", `who ${change.side}`, change.who), make("span", "mood", change.words),
    make("small", "", change.about));
  const before = make("q", "", change.before || labels.nothing_before);
  button.append(make("span", "no", change.number), head, before);
  button.addEventListener("click", (event) => {
    go(change.at, true);
    if (event.detail) button.blur(); // clicked with a pointer: the space bar is the player's again
  });
  item.append(button);
  return item;
}

export default function ({ data, parentElement }) {
  const root = parentElement.querySelector(".voice");
  const { labels } = data;
  const total = data.duration || 1;
  const find = (selector) => root.querySelector(selector);
  const go = (seconds, play) => document.dispatchEvent(new CustomEvent("hotline:seek", { detail: { id: data.id, seconds, play } }));
  find(".chart").setAttribute("aria-label", labels.chart);
  find(".rows").replaceChildren(...data.rows.map((row) => rowOf(row, total)));
  find("h4").textContent = labels.changes;
  const changes = data.changes.map((change) => changeOf(change, labels, go));
  find(".changes").replaceChildren(...(changes.length ? changes : [make("li", "none", labels.no_changes)]));
  find(".legend").replaceChildren(...data.legend.map(({ kind, text }) => {
    const entry = make("span", "", text);
    if (kind !== "note") entry.prepend(make("i", kind));
    return entry;
  }));
  const step = STEPS.find((s) => total / s <= MOST_LABELS) ?? 7200;
  const ticks = Array.from({ length: Math.floor(total / step) + 1 }, (_, n) => n * step);
  find(".axis").replaceChildren(...ticks.map((at) => place(make("span", total - at < step / 4 && at ? "last" : "", clock(at)), at, null, total)));
  const over = find(".over");
  const cursor = find(".cursor");
  const shades = data.sounds.map((sound) => {
    const shade = place(make("div", `sound ${sound.kind}`, sound.label), sound.start, sound.end, total);
    shade.title = `${sound.label} ${clock(sound.start)}–${clock(sound.end)}`;
    return shade;
  });
  const both = data.overlaps.map((span) => place(make("div", "overlap"), span.start, span.end, total));
  const marks = data.changes.map((change) => {
    const mark = place(make("button", `mark ${change.kind}`), change.at, null, total);
    mark.type = "button";
    mark.title = `${change.who} ${change.words}`;
    mark.append(make("span", "", change.number));
    mark.addEventListener("click", (event) => {
      event.stopPropagation();
      go(change.at, true);
      if (event.detail) mark.blur();
    });
    return mark;
  });
  over.replaceChildren(cursor, ...shades, ...both, ...marks);

  listeners.get(root)?.abort();
  const control = new AbortController();
  listeners.set(root, control);
  const on = (target, event, act) => target.addEventListener(event, act, { signal: control.signal });
  const at = (event) => ((event.clientX - over.getBoundingClientRect().left) / over.getBoundingClientRect().width) * total;
  on(over, "click", (event) => go(at(event), false));
  on(over, "mousemove", (event) => {
    // The shade above the rows takes the pointer, so the row under it says what stands there.
    if (event.target !== over) return;
    const seconds = at(event);
    const spoken = data.rows.flatMap((row) => row.points.filter((p) => p.start <= seconds && seconds < p.end).map((p) => p.text));
    over.title = spoken.join("\n") || clock(seconds);
  });
  on(document, "hotline:moment", (event) => {
    if (event.detail.id === data.id) cursor.style.left = `${Math.min(100, (100 * event.detail.seconds) / total)}%`;
  });
  return () => control.abort();
}
