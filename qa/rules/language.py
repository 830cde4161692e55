"""From YAML to a rule set. Every mistake is a BadRule: ``file:line: field: problem; mend``."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path

from hotline.errors import BadRule
from qa.rules.conditions.operator import Budget, Vocabulary
from qa.rules.fields import Fields, near
from qa.rules.including import assemble, text_of
from qa.rules.items import identifier, read_item
from qa.rules.model import Condition, Doubt, Item, RuleSet, Section
from qa.rules.phrases import PhraseError, compile_phrase, expand
from qa.rules.reading import NAME, read_conditions, title
from qa.rules.source import Node, Scalar, parse, plain

MAX_ITEMS = 200
MAX_HOTWORDS = 500
HOTWORD_LENGTH = 10
"""Characters; recognisers are trained on short ones, and a long one is a sentence that they would hear everywhere."""
_LATER = ("weights", "bands", "variables", "effective", "applies_to", "floors")


def load(path: Path) -> RuleSet:
    """The rule set in a file. Raises BadRule naming file, line and field."""
    try:
        raw = path.read_bytes()
    except FileNotFoundError:
        raise BadRule(str(path), "there is no such file", "give the path of a rule set (*.yaml)") from None
    except OSError as error:
        raise BadRule(str(path), f"cannot be read ({error.strerror})", "check the path and its permissions") from None
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise BadRule(str(path), "is not UTF-8 text", "save it as UTF-8") from None
    return load_text(text, str(path), path.parent)


def load_text(text: str, name: str, folder: Path | None = None) -> RuleSet:
    """The rule set written in ``text``; ``name`` stands for the file in errors, ``folder`` is where ``include:`` may look."""
    root, borrowed = assemble(parse(text, name), name, folder)
    fields = Fields.of(name, "", root)
    vocabulary = _vocabulary(fields)
    shared = read_conditions(fields, "conditions", vocabulary, {})
    sections = _sections(fields, vocabulary, shared)
    start = fields.number("start", 100, low=0, high=10_000)
    rule_set = RuleSet(
        id=identifier(fields, "id"),
        version=fields.whole("version", 1, low=1),
        title=title(fields, "title"),
        language=fields.choice("language", ("zh", "en"), "zh"),
        start=start,
        pass_mark=fields.number("pass_mark", start * 0.8, low=0, high=start),
        sections=sections,
        conditions=tuple(shared.values()),
        vocabularies=dict(vocabulary.lists),
        doubt=_doubt(fields),
        content_hash=content_hash(root),
        source=text_of(root) if borrowed else text,
        file=name,
        hotwords=_hotwords(fields, vocabulary),
        library=fields.flag("library"),
    )
    fields.text("note", "")
    fields.finish(later=_LATER)
    return rule_set


def content_hash(root: Node) -> str:
    """SHA-256 (hex) of the content in canonical JSON: comments, layout and key order do not change it."""
    canonical = json.dumps(plain(root), ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(canonical.encode()).hexdigest()


def _doubt(fields: Fields) -> Doubt:
    if not fields.has("doubt"):
        return Doubt()
    inner = fields.child("doubt")
    doubt = Doubt(inner.number("words", Doubt().words, low=0, high=1), inner.number("roles", Doubt().roles, low=0, high=1))
    inner.finish()
    return doubt


def _hotwords(fields: Fields, vocabulary: Vocabulary) -> tuple[str, ...]:
    """The words under ``hotwords``; of a vocabulary (``$name``) every wording that is short enough to be one."""
    if not fields.has("hotwords"):
        return ()
    words: list[str] = []
    for text, line in fields.texts("hotwords", limit=MAX_HOTWORDS):
        at = Scalar(text, line)
        if text.startswith("$"):
            if text[1:] not in vocabulary.lists:
                fields.refuse("hotwords", f"vocabulary '{text}' is not defined", near(text[1:], vocabulary.lists), at)
            wordings = [wording for phrase in vocabulary.lists[text[1:]] for wording in expand(phrase)]
            words += [wording for wording in wordings if len(wording) <= HOTWORD_LENGTH and wording.isalnum()]
        elif len(text) > HOTWORD_LENGTH or not text.replace(" ", "").isalnum():
            fields.refuse("hotwords", f"'{text[:40]}' is no single word", f"write letters and digits only, at most {HOTWORD_LENGTH}", at)
        else:
            words.append(text)
    return tuple(dict.fromkeys(words))


def _vocabulary(fields: Fields) -> Vocabulary:
    """Phrase lists with the lists they mention filled in, and synonyms."""
    written: dict[str, list[tuple[str, int]]] = {}
    owner = fields.child("vocabularies") if fields.has("vocabularies") else None
    for name, node in fields.children("vocabularies"):
        assert owner is not None
        if not NAME.fullmatch(name):
            owner.refuse(name, f"'{name}' is not a name", "use letters, digits and _")
        written[name] = owner.texts(name, node)
    lists: dict[str, tuple[str, ...]] = {}
    budget = Budget()

    def resolve(name: str, path: tuple[str, ...]) -> tuple[str, ...]:
        assert owner is not None
        if name in lists:
            return lists[name]
        phrases: list[str] = []
        for text, line in written[name]:
            at = Scalar(text, line)
            if text.startswith("$"):
                other = text[1:]
                if other not in written:
                    owner.refuse(name, f"vocabulary '{text}' is not defined", near(other, written), at)
                if other in (*path, name):
                    owner.refuse(name, f"'{text}' leads back to itself", "remove one of the references", at)
                phrases.extend(resolve(other, (*path, name)))
                continue
            try:
                budget.wordings -= len(compile_phrase(text, 0))
            except PhraseError as error:
                owner.refuse(name, error.problem, error.mend, at)
            if budget.wordings < 0:
                owner.refuse(name, "brings the vocabularies above what can be searched", "write fewer alternatives in brackets", at)
            phrases.append(text)
        if len(phrases) > 2_000:
            owner.refuse(name, "holds more than 2,000 phrases", "split it")
        lists[name] = tuple(dict.fromkeys(phrases))
        return lists[name]

    for name in written:
        resolve(name, ())
    synonyms = {}
    if fields.has("synonyms"):
        inner = fields.child("synonyms")
        for word, node in inner.nodes.items():
            synonyms[word] = tuple(other for other, _ in inner.texts(word, node, limit=50))
    return Vocabulary(lists, synonyms)


def _sections(fields: Fields, vocabulary: Vocabulary, shared: Mapping[str, Condition]) -> tuple[Section, ...]:
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
            item = read_item(Fields.of(fields.file, f"{section_id}.items[{len(items) + 1}]", entry), section_id, vocabulary, shared)
            if any(item.id == other.id for s in found for other in s.items) or any(item.id == other.id for other in items):
                raise BadRule(f"{fields.file}:{item.line}: {item.id}.id", f"item '{item.id}' stands twice", "give one of them another id")
            items.append(item)
        if not items:
            section.refuse("items", "is an empty list", "add at least one item")
        found.append(Section(section_id, title(section, "title", section_id), tuple(items)))
        section.finish(later=_LATER)
    if not found:
        fields.refuse("sections", "is an empty list", "add at least one section")
    if sum(len(s.items) for s in found) > MAX_ITEMS:
        fields.refuse("sections", f"hold more than {MAX_ITEMS} items", "split the rule set")
    return tuple(found)
