// A plain text editor with line numbers. What is typed goes to Python after a pause; the problems found there come back with line numbers.
//
// data: { text, nonce (a new one replaces the text), problems: [{line (0: the whole text), level, name, text}], labels }

const PAUSE_MS = 400;
const editors = new WeakMap(); // root element → { nonce, timer, tell }

function make(tag, className, text) {
  const element = document.createElement(tag);
  if (className) element.className = className;
  if (text !== undefined) element.textContent = text;
  return element;
}

function drawLines(root, problems) {
  const marks = new Map();
  for (const { line, level } of problems) if (line && marks.get(line) !== "error") marks.set(line, level);
  const count = root.querySelector("textarea").value.split("\n").length;
  const numbers = Array.from({ length: count }, (_, n) => make("span", marks.get(n + 1) ?? "", String(n + 1)));
  root.querySelector(".lines").replaceChildren(...numbers);
  follow(root);
}

function follow(root) {
  root.querySelector(".lines").scrollTop = root.querySelector("textarea").scrollTop;
}

// The caret to the end of a line's indentation, the line selected and in the upper third.
function jump(root, line) {
  const area = root.querySelector("textarea");
  const lines = area.value.split("\n");
  const place = Math.min(Math.max(line, 1), lines.length) - 1;
  const start = lines.slice(0, place).reduce((sum, one) => sum + one.length + 1, 0);
  area.focus({ preventScroll: true });
  area.setSelectionRange(start + lines[place].length - lines[place].trimStart().length, start + lines[place].length);
  area.scrollTop = Math.max(0, place * (area.scrollHeight / lines.length) - area.clientHeight / 3);
  area.scrollLeft = 0;
  follow(root);
}

function drawProblems(root, { problems, labels }) {
  const rows = problems.map((problem) => {
    const row = make("li", problem.level);
    const button = make("button");
    button.type = "button";
    const where = problem.line ? labels.line.replace("#", problem.line) : labels.whole;
    const what = make("span", "what", problem.text);
    if (problem.name) what.prepend(make("span", "name", `${problem.name} `));
    button.append(make("span", "where", where), make("span", "level", labels[problem.level]), what);
    button.addEventListener("click", () => jump(root, problem.line));
    row.append(button);
    return row;
  });
  root.querySelector(".problems").replaceChildren(...(rows.length ? rows : [make("li", "fine", labels.fine)]));
}

export default function ({ data, parentElement, setStateValue }) {
  const root = parentElement.querySelector(".editor");
  const area = root.querySelector("textarea");
  const known = editors.get(root) ?? {};
  editors.set(root, known);
  known.data = data;
  known.send = () => {
    clearTimeout(known.timer);
    known.timer = undefined;
    if (area.value === known.sent) return;
    known.sent = area.value;
    setStateValue("text", area.value);
  };
  if (known.nonce !== data.nonce) {
    known.nonce = data.nonce;
    known.sent = data.text;
    area.value = data.text;
  }
  area.setAttribute("aria-label", data.labels.editor);
  area.oninput = () => {
    drawLines(root, known.data.problems);
    clearTimeout(known.timer);
    known.timer = setTimeout(() => known.send(), PAUSE_MS);
  };
  area.onblur = () => known.timer && known.send(); // whoever leaves for a button means what was typed
  area.onscroll = () => follow(root);
  area.onkeydown = (event) => {
    if (event.key === "Escape") known.leaving = true; // Escape, then Tab leaves the editor
    else if (event.key !== "Tab") known.leaving = false;
    if (event.key !== "Tab" || known.leaving || event.shiftKey || event.altKey || event.ctrlKey) return;
    event.preventDefault();
    area.setRangeText("  ", area.selectionStart, area.selectionEnd, "end");
    area.oninput();
  };
  drawLines(root, data.problems);
  drawProblems(root, data);
  return () => clearTimeout(known.timer);
}
