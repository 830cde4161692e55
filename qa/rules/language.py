"""From YAML to a rule set. Every mistake is a BadRule: ``file:line: field: problem; mend``."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from hotline.errors import BadInput, BadRule
from qa.rules.card_fields import read_card
from qa.rules.conditions.item_verdict import refuse_circles
from qa.rules.conditions.operator import Vocabulary
from qa.rules.fields import Fields
from qa.rules.including import assemble, text_of
from qa.rules.items import identifier, read_item
from qa.rules.model import Condition, Item, RuleSet, Section
from qa.rules.reading import read_conditions, title
from qa.rules.source import MAX_CHARS, Node, parse, plain
from qa.rules.variable_fields import read_variables
from qa.rules.variables import Value, defaults, fill_in
from qa.rules.vocabularies import read_hotwords, read_vocabulary
from qa.text.encodings import utf8

MAX_ITEMS = 200
MAX_BYTES = 4 * MAX_CHARS
"""What is read of a file at most: no character takes more than four bytes, and a log named by mistake can have gigabytes."""

_proven: set[tuple[str, str]] = set()
"""(file, content hash) of what was read with every case of its variables; screens read the same files again and again."""


def load(path: Path) -> RuleSet:
    """The rule set in a file. Raises BadRule naming file, line and field."""
    if path.exists() and not (path.is_file() or path.is_dir()):
        raise BadRule(str(path), "is not a plain file", "give the path of a rule set (*.yaml)")
    try:
        with path.open("rb") as stream:
            raw = stream.read(MAX_BYTES + 1)
    except FileNotFoundError:
        raise BadRule(str(path), "there is no such file", "give the path of a rule set (*.yaml)") from None
    except OSError as error:
        raise BadRule(str(path), f"cannot be read ({error.strerror})", "check the path and its permissions") from None
    if len(raw) > MAX_BYTES:
        raise BadRule(str(path), f"has more than {MAX_BYTES:,} bytes", f"keep a rule set below {MAX_CHARS:,} or split it")
    try:
        text = utf8(raw, str(path))
    except BadInput as error:
        raise BadRule(error.thing, error.problem, error.mend) from None
    return load_text(text, str(path), path.parent)


def load_text(text: str, name: str, folder: Path | None = None) -> RuleSet:
    """The rule set written in ``text``; ``name`` stands for the file in errors, ``folder`` is where ``include:`` may look.

    It is read with every case of its variables too (the n-th reading takes the n-th case of each), so that a value that cannot stand
    where it is used is a BadRule now, and not on the first call that it is for.
    """
    root, borrowed = assemble(parse(text, name), name, folder)
    source = text_of(root) if borrowed else text
    rule_set = _read(root, name, source, {})
    longest = max((len(variable.cases) for variable in rule_set.variables.values()), default=0)
    if (name, rule_set.content_hash) not in _proven:
        for number in range(longest):
            values = {n: v.cases[number].value for n, v in rule_set.variables.items() if number < len(v.cases)}
            try:
                _read(root, name, source, values)
            except BadRule as error:
                problem = f"{error.problem} (with case {number + 1} of {', '.join(values)})"
                raise BadRule(error.thing, problem, error.mend) from None
        _proven.add((name, rule_set.content_hash))
    return rule_set


def load_variant(rule_set: RuleSet, values: Mapping[str, Value]) -> RuleSet:
    """``rule_set`` read again with other values of its variables, without examples; its hash stays that of what was written."""
    return _read(parse(rule_set.source, rule_set.file), rule_set.file, rule_set.source, values)


def _read(root: Node, name: str, source: str, values: Mapping[str, Value]) -> RuleSet:
    """The rule set of a tree. ``values`` are those of its variables where they are not the defaults; with any, examples are left out."""
    whole = Fields.of(name, "", root)
    variables = read_variables(whole, [key for key, _ in whole.children("vocabularies")])
    chosen = {**defaults(variables), **values}
    fields = Fields.of(name, "", fill_in(root, variables, chosen, examples=not values))
    vocabulary = replace(read_vocabulary(fields), variables=variables)
    shared = read_conditions(fields, "conditions", vocabulary, {})
    card = read_card(fields)
    rule_set = RuleSet(
        id=identifier(fields, "id"),
        version=fields.whole("version", 1, low=1),
        title=title(fields, "title"),
        language=fields.choice("language", ("zh", "en"), "zh"),
        start=card.start,
        pass_mark=card.pass_mark,
        sections=_sections(fields, vocabulary, shared, in_percent=card.in_percent, floors=card.floors),
        conditions=tuple(shared.values()),
        vocabularies=dict(vocabulary.lists),
        doubt=card.doubt,
        content_hash=content_hash(root),
        source=source,
        file=name,
        hotwords=read_hotwords(fields, vocabulary),
        library=fields.flag("library"),
        in_percent=card.in_percent,
        highest=card.highest,
        bonus_at_most=card.bonus_at_most,
        bands=card.bands,
        effective=card.effective,
        applies_to=card.applies_to,
        variables=variables,
        values=chosen,
        variant=_digest(chosen) if variables else "",
    )
    fields.get("variables")
    fields.text("note", "")
    fields.finish()
    refuse_circles(rule_set)
    return rule_set


def content_hash(root: Node) -> str:
    """SHA-256 (hex) of the content in canonical JSON: comments, layout and key order do not change it."""
    canonical = json.dumps(plain(root), ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(canonical.encode()).hexdigest()


def _digest(values: Mapping[str, Value]) -> str:
    """What tells one variant from another: SHA-256 (hex) of the values."""
    return hashlib.sha256(repr(sorted(values.items())).encode()).hexdigest()


def _sections(
    fields: Fields, vocabulary: Vocabulary, shared: Mapping[str, Condition], *, in_percent: bool, floors: Mapping[str, float]
) -> tuple[Section, ...]:
    found: list[Section] = []
    seen: set[str] = set()
    for index, node in enumerate(fields.listing("sections")):
        section = Fields.of(fields.file, f"sections[{index + 1}]", node)
        section_id = identifier(section, "id")
        if section_id in seen:
            section.refuse("id", f"section '{section_id}' stands twice", "give one of them another id")
        seen.add(section_id)
        items: list[Item] = []
        for entry in section.listing("items"):
            at = Fields.of(fields.file, f"{section_id}.items[{len(items) + 1}]", entry)
            item = read_item(at, section_id, vocabulary, shared, in_percent=in_percent)
            if any(item.id == other.id for s in found for other in s.items) or any(item.id == other.id for other in items):
                raise BadRule(f"{fields.file}:{item.line}: {item.id}.id", f"item '{item.id}' stands twice", "give one of them another id")
            items.append(item)
        if not items:
            section.refuse("items", "is an empty list", "add at least one item")
        found.append(_section(section, section_id, tuple(items), in_percent, floors))
        section.text("note", "")
        section.finish()
    if not found:
        fields.refuse("sections", "is an empty list", "add at least one section")
    if sum(len(s.items) for s in found) > MAX_ITEMS:
        fields.refuse("sections", f"hold more than {MAX_ITEMS} items", "split the rule set")
    _fits_together(fields, found, in_percent, floors)
    return tuple(found)


def _section(fields: Fields, section_id: str, items: tuple[Item, ...], in_percent: bool, floors: Mapping[str, float]) -> Section:
    """The section with what is at stake in it: ``points`` or ``weight``, and ``floor``."""
    points = weight = None
    if in_percent:
        if fields.has("points"):
            fields.refuse("points", "has no meaning with weights: percent", "write weight:")
        weight = fields.number("weight", high=1000) if fields.has("weight") else None
        most = 100.0
    else:
        if fields.has("weight"):
            fields.refuse("weight", "needs weights: percent", "write points:, or weights: percent at the top")
        points = fields.number("points", high=10_000) if fields.has("points") else None
        most = sum(item.points for item in items) if points is None else points
    if fields.has("floor") and section_id in floors:
        fields.refuse("floor", "is also given under floors:", "keep one of them")
    floor = fields.number("floor", low=0, high=most) if fields.has("floor") else floors.get(section_id, 0.0)
    if floor > most:
        fields.refuse("id", f"has a floor of {floor:g} under floors:, and only {most:g} to lose", "lower the floor")
    return Section(section_id, title(fields, "title", section_id), items, points, weight, floor)


def _fits_together(fields: Fields, sections: list[Section], in_percent: bool, floors: Mapping[str, float]) -> None:
    for name in floors:
        if all(section.id != name for section in sections):
            fields.refuse("floors", f"section '{name}' is not there", f"known: {', '.join(s.id for s in sections)}")
    if not in_percent:
        return
    weighted = [section for section in sections if section.weight is not None]
    if weighted and len(weighted) < len(sections):
        bare = next(section.id for section in sections if section.weight is None)
        fields.refuse("sections", f"section '{bare}' has no weight, others have", "write weight: for all sections or for none")
    if not weighted and any(section.floor or any(item.fatal_section for item in section.items) for section in sections):
        fields.refuse("sections", "have a floor or an item fatal for its section, and no weights", "write weight: for every section")
