// A call beside its audio. Everything that came from people or machines is set as text, never as markup.
//
// data: { id, revision, audio (base64 FLAC or ""), duration (s), labels, start (s or null), mend (label or ""),
//         turns: [{ index, side, role, unsure, start, end, text, badges: [{text, kind, title}], marks: [{from, to, kind, stop}],
//                   tokens: [{from, to, label, kind, title}], shaky: [{from, to, title}] }],
//         sounds: [{kind, label, start, end}], overlaps: [{start, end}], legend: [{kind, text}],
//         items: [{ id, title, kind, lost, fatal, reason, evidence: [{ label, at, until, turn, from, to }] }] }
//
// Other parts of the page move the audio with a "hotline:seek" event on the document (detail: {id, seconds}); where it
// stands is told with "hotline:moment". A chosen "mend" button hands its turn's index to Python.

const players = new WeakMap(); // root element → Player; Streamlit calls the function again on every rerun

export default function ({ data, parentElement, setTriggerValue }) {
  const known = players.get(parentElement);
  if (!known || known.data.revision !== data.revision || known.data.mend !== data.mend) {
    const start = known?.data.id === data.id ? known.audio.currentTime : data.start; // corrected: the same call goes on where it stood
    known?.destroy();
    players.set(parentElement, new Player(parentElement.querySelector(".player"), { ...data, start }, setTriggerValue));
  }
  return () => {
    players.get(parentElement)?.destroy();
    players.delete(parentElement);
  };
}

function make(tag, className, text) {
  const element = document.createElement(tag);
  if (className) element.className = className;
  if (text !== undefined && text !== null) element.textContent = text;
  return element;
}

function clock(seconds, digits = 1) {
  const s = Math.max(0, seconds || 0);
  const rest = (s % 60).toFixed(digits);
  return `${Math.floor(s / 60)}:${rest.padStart(digits ? digits + 3 : 2, "0")}`;
}

class Player {
  constructor(root, data, tell) {
    Object.assign(this, { root, data, tell, focused: -1, stops: [] });
    this.audio = root.querySelector("audio");
    this.abort = new AbortController();
    this.load();
    this.drawLabels();
    this.drawTurns();
    this.drawItems();
    this.drawLanes();
    this.listen();
    this.tick();
    if (data.start !== null && data.start !== undefined) {
      this.seek(data.start, false);
      this.reveal(this.rowAt(data.start));
    }
  }

  destroy() {
    this.abort.abort();
    this.audio.pause();
    this.audio.removeAttribute("src");
    if (this.url) URL.revokeObjectURL(this.url);
  }

  load() {
    this.root.classList.toggle("textual", !this.data.audio && !this.data.duration); // a pasted conversation has nothing to play
    const notice = this.root.querySelector(".notice");
    notice.hidden = Boolean(this.data.audio);
    notice.textContent = this.data.audio ? "" : this.data.labels.noAudio;
    this.root.querySelectorAll(".bar button, .rate select").forEach((b) => (b.disabled = !this.data.audio));
    if (!this.data.audio) return;
    const bytes = Uint8Array.from(atob(this.data.audio), (c) => c.charCodeAt(0));
    this.url = URL.createObjectURL(new Blob([bytes], { type: "audio/flac" }));
    this.audio.src = this.url;
  }

  drawLabels() {
    const { labels, duration } = this.data;
    const find = (selector) => this.root.querySelector(selector);
    find(".transcript h4").textContent = labels.transcript;
    find(".findings h4").textContent = labels.findings;
    find(".keys").textContent = labels.keys;
    find(".rate span").textContent = labels.speed;
    find(".of").textContent = ` / ${clock(duration)}`;
    find(".play").setAttribute("aria-label", labels.play);
    find(".lanes").setAttribute("aria-label", labels.position);
    find(".lanes").setAttribute("aria-valuemax", String(Math.round(duration)));
  }

  drawTurns() {
    const list = this.root.querySelector(".turns");
    this.turns = this.data.turns.map((turn) => {
      const button = make("button", `turn ${turn.side}${turn.unsure ? " unsure" : ""}`);
      button.type = "button";
      button.dataset.turn = turn.index;
      button.append(make("span", "who", turn.role), this.words(turn), make("span", "when", turn.start === null ? "–" : clock(turn.start)));
      const about = make("span", "about");
      for (const badge of turn.badges) {
        const shown = make("span", `badge ${badge.kind}`, badge.text);
        if (badge.title) shown.title = badge.title;
        about.append(shown);
      }
      button.append(about);
      button.addEventListener("click", () => turn.start !== null && this.seek(turn.start, true));
      const row = make("li");
      row.append(button);
      if (this.data.mend) row.append(this.pencil(turn.index));
      return row;
    });
    list.replaceChildren(...(this.turns.length ? this.turns : [make("li", "none", this.data.labels.noTurns)]));
  }

  pencil(index) {
    const mend = make("button", "mend", "✎");
    mend.type = "button";
    mend.title = this.data.mend;
    mend.setAttribute("aria-label", this.data.mend);
    mend.addEventListener("click", () => this.tell("mend", index));
    return mend;
  }

  // The turn's text cut at the borders of its evidence, of masked values and of unsure words; characters are code points, as in
  // Python. A masked value is one chip, never cut.
  words(turn) {
    const box = make("span", turn.text ? "said" : "said none");
    if (!turn.text) {
      box.textContent = this.data.labels.noText;
      return box;
    }
    const characters = Array.from(turn.text);
    const { marks, tokens, shaky } = turn;
    const cuts = [...new Set([0, characters.length, ...[...marks, ...tokens, ...shaky].flatMap((m) => [m.from, m.to])])]
      .filter((c) => c >= 0 && c <= characters.length && !tokens.some((token) => token.from < c && c < token.to))
      .sort((a, b) => a - b);
    for (let i = 0; i + 1 < cuts.length; i += 1) {
      const [from, to] = [cuts[i], cuts[i + 1]];
      const piece = this.piece(turn, from, to, characters.slice(from, to).join(""));
      const over = marks.filter((m) => m.from < to && m.to > from);
      if (!over.length) {
        box.append(piece);
        continue;
      }
      const mark = make("mark", over.some((m) => m.kind === "lost") ? "lost" : "doubtful");
      mark.append(piece);
      mark.dataset.stops = over.map((m) => m.stop).join(" ");
      box.append(mark);
    }
    return box;
  }

  piece(turn, from, to, text) {
    const token = turn.tokens.find((one) => one.from === from && one.to === to);
    const unsure = turn.shaky.find((word) => word.from <= from && word.to >= to);
    if (!token && !unsure) return text;
    const masked = token && text.includes("*");
    const shown = make("span", token ? `chip ${token.kind}${masked ? "" : " open"}` : "shaky", masked ? token.label : text);
    shown.title = (token ?? unsure).title;
    return shown;
  }

  drawItems() {
    const list = this.root.querySelector(".items");
    const rows = this.data.items.map((item, place) => {
      const row = make("li", `item ${item.kind}`);
      row.dataset.item = item.id;
      const head = make("button", "head");
      head.type = "button";
      head.append(make("span", "", item.title));
      if (item.fatal) head.append(make("span", "badge fatal", this.data.labels.fatal));
      head.append(make("span", `badge ${item.kind === "lost" ? "lost" : "warn"}`, item.lost));
      row.append(head, make("p", "why", item.reason));
      const evidence = make("div", "evidence");
      item.evidence.forEach((piece) => {
        const stop = this.stops.length;
        const jump = make("button", "jump", piece.at === null ? piece.label : `▶ ${clock(piece.at)} ${piece.label}`);
        jump.type = "button";
        jump.title = piece.label;
        jump.addEventListener("click", () => this.visit(stop));
        evidence.append(jump);
        this.stops.push({ ...piece, item: place, itemId: item.id, row, jump });
      });
      row.append(evidence);
      const first = this.stops.findIndex((s) => s.item === place);
      head.addEventListener("click", () => (first >= 0 ? this.visit(first) : this.point(row)));
      return row;
    });
    list.replaceChildren(...(rows.length ? rows : [make("li", "none", this.data.labels.nothingLost)]));
  }

  drawLanes() {
    const lanes = this.root.querySelector(".lanes");
    lanes.querySelectorAll(".seg, .flag, .sound, .overlap").forEach((old) => old.remove());
    const total = this.data.duration || 1;
    const place = (element, from, to) => {
      element.style.left = `${(100 * from) / total}%`;
      element.style.width = `${(100 * Math.max(0, Math.min(total, to) - from)) / total}%`;
      lanes.append(element);
    };
    for (const sound of this.data.sounds) {
      const shade = make("div", `sound ${sound.kind}`, sound.label);
      shade.title = sound.label;
      place(shade, sound.start, sound.end);
    }
    for (const both of this.data.overlaps) place(make("div", "overlap"), both.start, both.end);
    for (const turn of this.data.turns) if (turn.start !== null) place(make("div", `seg ${turn.side}`), turn.start, turn.end);
    for (const stop of this.stops) {
      if (stop.at === null) continue;
      stop.flag = make("div", `flag ${this.data.items[stop.item].kind}`);
      place(stop.flag, stop.at, stop.until ?? stop.at);
    }
    this.root.querySelector(".legend").replaceChildren(...this.data.legend.map(({ kind, text }) => {
      const entry = make("span", "", text);
      if (kind !== "note") entry.prepend(make("i", kind));
      return entry;
    }));
  }

  listen() {
    const on = (target, event, act) => target.addEventListener(event, act, { signal: this.abort.signal });
    for (const event of ["timeupdate", "seeked", "loadedmetadata"]) on(this.audio, event, () => this.tick());
    for (const event of ["play", "pause", "ended"]) on(this.audio, event, () => {
      this.root.classList.toggle("playing", !this.audio.paused);
      if (!this.audio.paused) this.follow();
    });
    on(this.audio, "error", () => {
      if (!this.audio.getAttribute("src")) return;
      const notice = this.root.querySelector(".notice");
      notice.hidden = false;
      notice.textContent = this.data.labels.cannotPlay;
    });
    const act = { toggle: () => this.toggle(), back: () => this.seek(this.audio.currentTime - 5, false), forward: () => this.seek(this.audio.currentTime + 5, false) };
    this.root.querySelectorAll("[data-do]").forEach((b) => on(b, "click", act[b.dataset.do]));
    on(this.root.querySelector(".rate select"), "change", (e) => (this.audio.playbackRate = Number(e.target.value)));
    const lanes = this.root.querySelector(".lanes");
    on(lanes, "click", (e) => {
      const box = lanes.getBoundingClientRect();
      this.seek(((e.clientX - box.left) / box.width) * this.data.duration, false);
    });
    on(lanes, "keydown", (e) => {
      if (e.key === "ArrowRight") act.forward();
      if (e.key === "ArrowLeft") act.back();
    });
    on(document, "keydown", (e) => this.key(e));
    on(document, "hotline:seek", (e) => {
      if (e.detail.id !== this.data.id) return;
      this.seek(e.detail.seconds, Boolean(e.detail.play));
      this.reveal(this.rowAt(e.detail.seconds));
    });
  }

  // Space, j and k work anywhere on the page except where a person types or chooses.
  key(event) {
    const target = event.composedPath()[0];
    const inside = event.composedPath().includes(this.root);
    const busy = target instanceof HTMLElement && (target.isContentEditable || ["INPUT", "TEXTAREA", "SELECT"].includes(target.tagName)
      || (!inside && (["BUTTON", "A", "SUMMARY"].includes(target.tagName) || target.getAttribute("role"))));
    if (busy || event.ctrlKey || event.metaKey || event.altKey) return;
    const action = { " ": () => this.toggle(), j: () => this.visit(this.focused - 1), k: () => this.visit(this.focused + 1) }[event.key];
    if (!action) return;
    event.preventDefault();
    action();
  }

  toggle() {
    if (!this.data.audio) return;
    if (this.audio.paused) this.audio.play().catch(() => {});
    else this.audio.pause();
  }

  seek(seconds, play) {
    this.audio.currentTime = Math.max(0, Math.min(seconds, this.data.duration));
    if (play && this.data.audio) this.audio.play().catch(() => {});
    this.tick();
  }

  visit(stop) {
    if (!this.stops.length) return;
    this.focused = (stop + this.stops.length) % this.stops.length;
    const here = this.stops[this.focused];
    this.root.querySelectorAll(".focus").forEach((old) => old.classList.remove("focus"));
    here.jump.classList.add("focus");
    here.flag?.classList.add("focus");
    for (const mark of this.root.querySelectorAll("mark")) {
      if (mark.dataset.stops.split(" ").includes(String(this.focused))) mark.classList.add("focus");
    }
    this.point(here.row);
    if (here.at !== null) this.seek(here.at, true);
    this.reveal(here.turn === null ? this.rowAt(here.at) : this.rowOf(here.turn));
  }

  point(row) {
    this.root.querySelectorAll(".item.focus").forEach((old) => old.classList.remove("focus"));
    row.classList.add("focus");
    this.reveal(row);
  }

  rowOf(index) {
    return this.turns[this.data.turns.findIndex((turn) => turn.index === index)];
  }

  // The sentence at a time, or the last one before it (a silence belongs after its preceding sentence).
  rowAt(seconds) {
    const place = this.data.turns.findLastIndex((turn) => turn.start !== null && turn.start <= seconds + 0.05);
    return place < 0 ? this.turns[0] : this.turns[place];
  }

  reveal(row) {
    if (!row) return;
    const list = row.parentElement; // scrolls the list, not the page
    if (row.offsetTop < list.scrollTop || row.offsetTop + row.offsetHeight > list.scrollTop + list.clientHeight) {
      list.scrollTo({ top: row.offsetTop - list.clientHeight / 3, behavior: "smooth" });
    }
  }

  follow() {
    this.tick();
    if (!this.audio.paused && this.root.isConnected) requestAnimationFrame(() => this.follow());
  }

  tick() {
    const now = this.audio.currentTime;
    document.dispatchEvent(new CustomEvent("hotline:moment", { detail: { id: this.data.id, seconds: now } }));
    this.root.querySelector(".now").textContent = clock(now);
    this.root.querySelector(".cursor").style.left = `${Math.min(100, (100 * now) / (this.data.duration || 1))}%`;
    this.root.querySelector(".lanes").setAttribute("aria-valuenow", String(Math.round(now)));
    this.data.turns.forEach((turn, place) => {
      const current = turn.start !== null && now >= turn.start && now < turn.end && (now > 0 || !this.audio.paused);
      const button = this.turns[place].firstElementChild;
      if (button.classList.contains("current") === current) return;
      button.classList.toggle("current", current);
      if (current && !this.audio.paused) this.reveal(this.turns[place]);
    });
  }
}
