"""Steps happen in this order (流程).

Each step is a condition, `{any: [a, b]}` one of several, `{branches: [[a, b], [c]]}` one of several rows of steps. A step may say how
near the step before it must be (`within: 3 agent turns | 20 s`). `optional: true` lets a step be left out; when it happens it must
happen in its place. Windows and anchors hold for every step. The hit lies at the last step, its seconds reach from the first to the
last; when the flow is not complete the evidence names the step that is missing, out of order or too late.

Example:

    order: {flow: [greet, verify, {step: hold, optional: true}, {any: [solve, transfer], within: 4 agent turns}, farewell]}
    case:
      flow:
        - greet
        - branches: [[ask_fault, safety, report], [ask_bill, tell_amount]]
        - {step: farewell, within: 60 s}
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import product

from qa.calls import Span
from qa.rules.conditions.operator import Operator, Vocabulary, param
from qa.rules.fields import Fields
from qa.rules.model import Title, Within
from qa.rules.placement import read_within
from qa.rules.source import Listing, Node, Scalar, Table
from qa.rules.verdict import Found, Hit, Verdict, both
from qa.rules.view import CallView
from qa.rules.windows import Look

MAX_STEPS, MAX_PATHS = 30, 64


@dataclass(frozen=True, slots=True)
class Step:
    """One of ``names`` must hit, near enough to the step before."""

    names: tuple[str, ...]
    within: Within | None = None
    optional: bool = False

    def __str__(self) -> str:
        return "/".join(self.names) + ("?" if self.optional else "")


Path = tuple[Step, ...]


@dataclass(frozen=True, slots=True)
class Params:
    """The steps as written, and all rows of steps they stand for."""

    written: tuple[str, ...] = param(
        "步骤：条件名、{step, within, optional}、{any: […]}、{branches: [[…], […]]}",
        "steps: a condition, {step, within, optional}, {any: [...]}, {branches: [[...], [...]]}",
        key="flow",
    )
    paths: tuple[Path, ...] = field(default=(), repr=False)

    @property
    def conditions(self) -> tuple[str, ...]:
        """The conditions the flow is made of."""
        return tuple(dict.fromkeys(name for path in self.paths for step in path for name in step.names))


def read(fields: Fields, vocabulary: Vocabulary) -> Params:
    """The parameters written in ``fields``; raises BadRule."""
    del vocabulary
    entries = fields.listing("flow")
    rows = [_alternatives(fields, entry, "flow") for entry in entries]
    paths = _joined(fields, rows)
    if any(len(path) < 2 for path in paths):
        fields.refuse("flow", "has fewer than two steps, which have no order", "add a step, or use the condition itself")
    if any(all(step.optional for step in path) for path in paths):
        fields.refuse("flow", "has a way through of optional steps only", "make one step obligatory")
    return Params(tuple(_written(row) for row in rows), tuple(paths))


def _alternatives(fields: Fields, node: Node, where: str) -> list[Path]:
    """The rows of steps that one entry stands for."""
    if isinstance(node, Scalar):
        return [(Step((fields.scalar("flow", node, "a condition"),)),)]
    entry = Fields.of(fields.file, fields.name(where), node)
    given = [key for key in ("step", "any", "branches") if entry.has(key)]
    if len(given) != 1:
        entry.refuse(given[1] if given else "", "needs one of step:, any:, branches:", "write for example {step: verify, within: 3 turns}")
    optional = entry.flag("optional")
    within = read_within(entry) if entry.has("within") else None
    if given[0] == "branches":
        rows = [_branch(entry, branch) for branch in entry.listing("branches")]
        found = [path for row in rows for path in row]
        if within is not None:
            found = [(replace(path[0], within=path[0].within or within), *path[1:]) for path in found]
        found += [()] if optional else []
    elif given[0] == "any":
        found = [(Step(tuple(name for name, _ in entry.texts("any", limit=50)), within, optional),)]
    else:
        found = [(Step((entry.text("step"),), within, optional),)]
    entry.finish()
    return found


def _branch(entry: Fields, node: Node) -> list[Path]:
    if not isinstance(node, Listing) or not node.items:
        entry.refuse("branches", "holds something that is no list of steps", "write branches: [[a, b], [c]]", node)
    if any(isinstance(item, Table) and any(key.value == "branches" for key, _ in item.pairs) for item in node.items):
        entry.refuse("branches", "stands inside branches", "write out the rows of steps", node)
    return _joined(entry, [_alternatives(entry, item, "branches") for item in node.items])


def _joined(fields: Fields, rows: Sequence[list[Path]]) -> list[Path]:
    """All ways through entries that each stand for one or several rows of steps."""
    count = 1
    for row in rows:
        count *= len(row)
        if count > MAX_PATHS:
            fields.refuse("flow", f"has more than {MAX_PATHS} ways through", "split it into several flows")
    paths = [tuple(step for part in parts for step in part) for parts in product(*rows)]
    if any(len(path) > MAX_STEPS for path in paths):
        fields.refuse("flow", f"has more than {MAX_STEPS} steps", "split it into several flows")
    return paths


def _written(row: list[Path]) -> str:
    return " | ".join(" → ".join(map(str, path)) or "–" for path in row)


@dataclass(frozen=True, slots=True)
class Walk:
    """How far one row of steps was followed: the hit of each step, and the first step that found no place (None: complete).

    ``skipped`` says why a step that was not heard may have happened all the same.
    """

    path: Path
    hits: tuple[Hit, ...]
    failed: Step | None = None
    skipped: str = ""


def find(params: Params, view: CallView, look: Look) -> Found:
    """Every complete run through the steps; else the step at which the best one ended."""
    kept: dict[str, tuple[Hit, ...]] = {}
    for name in params.conditions:
        placed = (look.keep(replace(hit, groups=frozenset())) for hit in look.found(name).hits if hit.turn is not None)
        kept[name] = tuple(sorted((h for h in placed if h is not None), key=_start))
    groups = sorted({g for hits in kept.values() for h in hits for g in h.groups})
    hits: dict[tuple[int, int], Hit] = {}
    unsure = ""
    missed: Hit | None = None
    for group in groups if look.grouped else [None]:
        mine = kept if group is None else {n: tuple(h for h in found if group in h.groups) for n, found in kept.items()}
        complete, broken = _through(params, look, mine)
        for walk, certain in complete:
            hit = _hit(look, walk, certain, group)
            known = hits.setdefault(_end(hit), hit)
            # The same run may answer several anchors.
            hits[_end(hit)] = replace(hit if hit.certain else known, groups=known.groups | hit.groups)
        if broken is not None:
            unsure = unsure or broken.skipped
            missed = missed or _missed(look, broken, mine)
    if hits:
        return Found(tuple(hits[end] for end in sorted(hits)), unsure)
    return Found(unsure=unsure, missed=None if unsure else missed or _nothing(params, view, look))


def _through(params: Params, look: Look, kept: dict[str, tuple[Hit, ...]]) -> tuple[list[tuple[Walk, bool]], Walk | None]:
    """Complete walks, each with whether it is certain; and the one behind them that may have gone unheard, or else came furthest."""
    complete: list[tuple[Walk, bool]] = []
    begin = (-1, 0)
    while True:
        walks = [walk for path in params.paths for walk in _walks(path, look, kept, begin)]
        done = [(walk, certain) for walk, certain in walks if walk.failed is None and not walk.skipped]
        if not done:
            break
        best = min(done, key=lambda entry: (not entry[1], _end(entry[0].hits[-1])))
        complete.append(best)
        begin = _end(best[0].hits[-1])
    perhaps = next((walk for walk, _ in walks if walk.skipped and walk.failed is None), None)
    if complete or perhaps:
        return complete, perhaps
    return [], max((walk for walk, _ in walks), key=lambda walk: len(walk.hits))


def _walks(path: Path, look: Look, kept: dict[str, tuple[Hit, ...]], begin: tuple[int, int]) -> Iterator[tuple[Walk, bool]]:
    """The path followed under each reading: by what is certain, by what is possible, by what may have gone unheard."""
    required = [s for s in path if not s.optional or any(h.certain for n in s.names for h in kept[n])]
    perhaps = [s for s in path if s in required or any(kept[n] for n in s.names)]
    doubtful = [s for s in perhaps if s not in required]
    without = _follow(tuple(required), look, kept, begin, sure=False)
    given = _follow(tuple(perhaps), look, kept, begin, sure=False) if doubtful else without
    if without.failed is not None and given.failed is not None:
        yield without, False
        yield _follow(tuple(required), look, kept, begin, sure=False, unheard=True), False
        return
    # Certain only when it holds whether the optional steps in doubt happened or not.
    certain = _follow(tuple(required), look, kept, begin, sure=True)
    strict = _follow(tuple(perhaps), look, kept, begin, sure=True, also=doubtful) if doubtful else certain
    if certain.failed is None and strict.failed is None:
        yield certain, True
    else:
        yield (without if without.failed is None else given), False


def _follow(
    path: Path,
    look: Look,
    kept: dict[str, tuple[Hit, ...]],
    begin: tuple[int, int],
    *,
    sure: bool,
    unheard: bool = False,
    also: Sequence[Step] = (),
) -> Walk:
    """The steps one after the other. ``sure`` takes certain hits alone (for steps of ``also`` any), ``unheard`` passes over silence."""
    rows: list[list[tuple[Hit, int]]] = []
    skipped = ""
    taken: list[Step] = []
    for step in path:
        found = [h for n in step.names for h in kept[n] if h.certain or not sure or step in also]
        found = sorted((h for h in found if _start(h) >= begin), key=_start)
        row = _reached(look, rows[-1] if rows else None, found, step.within, sure)
        if not row:
            reason = next((r for n in step.names if (r := look.found(n).unsure)), "")
            if unheard and reason:
                skipped = skipped or reason
                continue
            return Walk(path, _back(rows), step, skipped)
        rows.append(row)
        taken.append(step)
    return Walk(tuple(taken), _back(rows), None, skipped)


def _reached(
    look: Look, before: list[tuple[Hit, int]] | None, found: list[Hit], within: Within | None, sure: bool
) -> list[tuple[Hit, int]]:
    """The hits that follow one of the step before, each with the place of the nearest such in ``before``."""
    if before is None:
        return [(hit, -1) for hit in found]
    good: Callable[[Verdict], bool] = (lambda v: v is Verdict.HIT) if sure else (lambda v: v is not Verdict.MISS)
    row = []
    for hit in found:
        for place in range(len(before) - 1, -1, -1):
            if good(look.relation("after", within, before[place][0], hit)):
                row.append((hit, place))
                break
    return row


def _back(rows: list[list[tuple[Hit, int]]]) -> tuple[Hit, ...]:
    """The hits that lead to the first one of the last row."""
    hits: list[Hit] = []
    place = 0
    for row in reversed(rows):
        hit, place_before = row[place]
        hits.append(hit)
        place = place_before
    return tuple(reversed(hits))


def _hit(look: Look, walk: Walk, certain: bool, group: int | None) -> Hit:
    last = walk.hits[-1]
    spans = [h.span for h in walk.hits if h.span is not None]
    span = Span(min(s.start for s in spans), max(s.end for s in spans)) if spans else None
    zh = " → ".join(f"{_words(look, s).zh}（第 {(h.turn or 0) + 1} 句）" for s, h in zip(walk.path, walk.hits, strict=True))
    en = " → ".join(f"{_words(look, s).en} (sentence {(h.turn or 0) + 1})" for s, h in zip(walk.path, walk.hits, strict=True))
    doubt = next((h.doubt for h in walk.hits if h.doubt), "") or both("步骤间的距离不确定", "not sure how far apart the steps are")
    groups = frozenset() if group is None else frozenset([group])
    return Hit(last.turn, last.start, last.end, span, certain, both(zh, en), "" if certain else doubt, groups)


def _missed(look: Look, walk: Walk, kept: dict[str, tuple[Hit, ...]]) -> Hit | None:
    """Where the walk ended, and what was wrong with the step it could not take; None when it never began."""
    if walk.failed is None or not walk.hits:
        return None
    step = _words(look, walk.failed)
    found = sorted((h for n in walk.failed.names for h in kept[n]), key=_start)
    last = walk.hits[-1]
    if not found:
        name = both(f"缺少步骤：{step.zh}", f"missing step: {step.en}")
        return Hit(last.turn, last.start, last.end, last.span, detail=name)
    later = [h for h in found if _start(h) >= _end(last)]
    hit = later[0] if later else found[-1]
    if later:
        return Hit(hit.turn, hit.start, hit.end, hit.span, detail=both(f"步骤太晚：{step.zh}", f"step too late: {step.en}"))
    return Hit(hit.turn, hit.start, hit.end, hit.span, detail=both(f"步骤顺序不对：{step.zh}", f"step out of order: {step.en}"))


def _nothing(params: Params, view: CallView, look: Look) -> Hit:
    """Not even the first step was found: where the search began."""
    step = _words(look, params.paths[0][0])
    first = look.searched[0] if look.searched else None
    span = view.turns[first].span if first is not None else None
    return Hit(first, 0, 0, span, detail=both(f"缺少步骤：{step.zh}", f"missing step: {step.en}"))


def _words(look: Look, step: Step) -> Title:
    found = [look.wanted(name) for name in step.names]
    return Title("或".join(t.zh for t in found), " or ".join(t.en for t in found))


def _start(hit: Hit) -> tuple[int, int]:
    return (hit.turn or 0, hit.start)


def _end(hit: Hit) -> tuple[int, int]:
    return (hit.turn or 0, hit.end)


def _described(params: Params) -> str:
    return " → ".join(params.written)


OPERATOR = Operator("flow", Title("按顺序完成步骤", "steps happen in this order"), Params, read, find, describe=_described, speaker=False)
