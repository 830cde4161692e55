// A table whose cells say more than a number. Rows with an id are chosen with a click or Enter. All text is set as text.
//
// data: { heads: [text], wrap (lets long lines break), widths: [CSS width a column] or none, rows: [{ id (or null), cells: [cell] }] } where a cell holds any of
//       lines: [text], the first large; badges: [{text, kind}]; score: {low, high, full, text, passed}

function make(tag, className, text) {
  const element = document.createElement(tag);
  if (className) element.className = className;
  if (text !== undefined) element.textContent = text;
  return element;
}

function scoreBar({ low, high, full, text, passed }) {
  const share = (points) => `${(100 * Math.max(0, Math.min(points, full))) / (full || 1)}%`;
  const box = make("div", `score ${passed}`);
  const track = make("div", "track");
  const sure = make("div", "sure");
  sure.style.width = share(low);
  const open = make("div", "open");
  open.style.left = share(low);
  open.style.width = share(high - low);
  track.append(sure, open);
  box.append(track, make("span", "", text));
  return box;
}

function fill(cell, { lines = [], badges = [], score }) {
  if (lines[0]) cell.append(make("span", "main", lines[0]));
  if (score) cell.append(scoreBar(score));
  for (const badge of badges) cell.append(make("span", `badge ${badge.kind}`, badge.text));
  for (const line of lines.slice(1)) cell.append(make("small", "", line));
}

export default function ({ data, parentElement, setTriggerValue }) {
  parentElement.querySelector("table").classList.toggle("wrap", Boolean(data.wrap));
  const heads = data.heads.map((head) => make("th", "", head));
  (data.widths ?? []).forEach((width, place) => (heads[place].style.width = width));
  parentElement.querySelector("table").classList.toggle("fixed", Boolean(data.widths));
  parentElement.querySelector("thead tr").replaceChildren(...heads);
  const rows = data.rows.map((row) => {
    const line = make("tr");
    for (const content of row.cells) {
      const cell = make("td");
      fill(cell, content);
      line.append(cell);
    }
    if (row.id === null) return line;
    line.className = "opens";
    line.tabIndex = 0;
    line.dataset.row = row.id;
    const open = () => setTriggerValue("open", row.id);
    line.addEventListener("click", open);
    line.addEventListener("keydown", (event) => event.key === "Enter" && open());
    return line;
  });
  parentElement.querySelector("tbody").replaceChildren(...rows);
}
