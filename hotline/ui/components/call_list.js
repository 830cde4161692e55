// The list of calls: one row a call, chosen with a click or Enter. All text is set as text.
//
// data: { heads: [text], rows: [{ id, chosen, cells: [cell] }] } where a cell is
//       { lines: [text] } | { badges: [{text, kind}] } | { score: {low, high, full, limit, text, passed} }

function make(tag, className, text) {
  const element = document.createElement(tag);
  if (className) element.className = className;
  if (text !== undefined) element.textContent = text;
  return element;
}

function scoreBar({ low, high, full, limit, text, passed }) {
  const share = (points) => `${(100 * Math.max(0, Math.min(points, full))) / (full || 1)}%`;
  const box = make("div", `score ${passed}`);
  const track = make("div", "track");
  const sure = make("div", "sure");
  sure.style.width = share(low);
  const open = make("div", "open");
  open.style.left = share(low);
  open.style.width = share(high - low);
  track.append(sure, open);
  if (limit !== null) {
    const tick = make("div", "limit");
    tick.style.left = share(limit);
    track.append(tick);
  }
  box.append(track, make("span", "", text));
  return box;
}

function fill(cell, content) {
  (content.lines ?? []).forEach((line, place) => cell.append(place ? make("small", "", line) : line));
  for (const badge of content.badges ?? []) cell.append(make("span", `badge ${badge.kind}`, badge.text));
  if (content.score) cell.append(scoreBar(content.score));
}

export default function ({ data, parentElement, setTriggerValue }) {
  parentElement.querySelector("thead tr").replaceChildren(...data.heads.map((head) => make("th", "", head)));
  const rows = data.rows.map((row) => {
    const line = make("tr", row.chosen ? "chosen" : "");
    line.tabIndex = 0;
    line.dataset.call = row.id;
    for (const content of row.cells) {
      const cell = make("td");
      fill(cell, content);
      line.append(cell);
    }
    const open = () => setTriggerValue("open", row.id);
    line.addEventListener("click", open);
    line.addEventListener("keydown", (event) => event.key === "Enter" && open());
    return line;
  });
  parentElement.querySelector("tbody").replaceChildren(...rows);
}
