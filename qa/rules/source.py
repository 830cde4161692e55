"""YAML with positions, read defensively.

The text is read as a stream of events, so that a bomb is refused before anything is built from it.
Every node knows its line. Scalars stay text (``no`` is a phrase here, not False); whoever reads a
field says what it should be. Aliases, tags, several documents and repeated keys are refused.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, NoReturn

import yaml

from hotline.errors import BadRule

MAX_CHARS = 512 * 1024
MAX_DEPTH = 24
MAX_NODES = 60_000
MAX_SCALAR = 20_000

_Loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


@dataclass(frozen=True, slots=True)
class Scalar:
    """A single value, as written; ``quoted`` tells ``""`` (empty text) from nothing at all."""

    value: str
    line: int
    quoted: bool = False

    @property
    def empty(self) -> bool:
        return not self.quoted and self.value in ("", "~", "null")


@dataclass(frozen=True, slots=True)
class Listing:
    items: tuple[Node, ...]
    line: int


@dataclass(frozen=True, slots=True)
class Table:
    """Key–value pairs in the order of the file."""

    pairs: tuple[tuple[Scalar, Node], ...]
    line: int


Node = Scalar | Listing | Table


def parse(text: str, name: str) -> Node:
    """The one document in ``text``. Raises BadRule ``name:line: YAML`` when it cannot be read safely."""
    if len(text) > MAX_CHARS:
        raise BadRule(name, f"the file has {len(text):,} characters", f"keep a rule set below {MAX_CHARS:,} or split it")
    try:
        return _Builder(name).build(yaml.parse(text, Loader=_Loader))
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = f"{name}:{mark.line + 1}" if mark else name
        # YAML notices a line without a colon only on the one after it.
        near = text.splitlines()[max(0, mark.line - 1) : mark.line + 1] if mark else []
        wide = any(re.match(r"[\s-]*[\w-]+：", written) for written in near)
        mend = "write a narrow colon and a space behind the name, not ：" if wide else "mend the syntax near this line"
        raise BadRule(f"{line}: YAML", f"cannot be read ({error.problem or error.context})", mend) from None
    except (yaml.YAMLError, UnicodeError) as error:
        raise BadRule(f"{name}: YAML", f"cannot be read ({str(error).splitlines()[0]})", "save the file as UTF-8 text") from None


def plain(node: Node) -> Any:
    """The content alone, without positions: what is hashed."""
    if isinstance(node, Scalar):
        return None if node.empty else node.value
    if isinstance(node, Listing):
        return [plain(item) for item in node.items]
    return {key.value: plain(value) for key, value in node.pairs}


class _Builder:
    def __init__(self, name: str) -> None:
        self.name = name
        self.nodes = 0

    def build(self, events: Iterator[Any]) -> Node:
        root: Node | None = None
        documents = 0
        for event in events:
            if isinstance(event, yaml.DocumentStartEvent):
                documents += 1
                if documents > 1:
                    self.refuse(event, "a second document starts here", "keep one rule set per file")
            elif isinstance(event, yaml.NodeEvent):
                root = self.node(event, events, 1)
        if root is None:
            raise BadRule(self.name, "the file is empty", "start with id:, title: and sections:")
        return root

    def node(self, event: Any, events: Iterator[Any], depth: int) -> Node:
        self.nodes += 1
        if self.nodes > MAX_NODES:
            self.refuse(event, f"more than {MAX_NODES:,} values", "split the rule set")
        if depth > MAX_DEPTH:
            self.refuse(event, f"nested more than {MAX_DEPTH} deep", "flatten it")
        if isinstance(event, yaml.AliasEvent):
            self.refuse(event, "an alias (*name) is used", "put the phrases into vocabularies: and write $name")
        if getattr(event, "anchor", None):
            self.refuse(event, "an anchor (&name) is used", "put the phrases into vocabularies: and write $name")
        if event.tag not in (None, "!"):
            self.refuse(event, f"the tag {event.tag} is used", "remove the tag")
        line = event.start_mark.line + 1
        if isinstance(event, yaml.ScalarEvent):
            if len(event.value) > MAX_SCALAR:
                self.refuse(event, f"a value of {len(event.value):,} characters", f"keep it below {MAX_SCALAR:,}")
            return Scalar(event.value, line, event.style in ("'", '"', "|", ">"))
        if isinstance(event, yaml.SequenceStartEvent):
            items = []
            for inner in events:
                if isinstance(inner, yaml.SequenceEndEvent):
                    break
                items.append(self.node(inner, events, depth + 1))
            return Listing(tuple(items), line)
        return self.table(events, depth, line)

    def table(self, events: Iterator[Any], depth: int, line: int) -> Table:
        pairs: list[tuple[Scalar, Node]] = []
        seen: dict[str, int] = {}
        for inner in events:
            if isinstance(inner, yaml.MappingEndEvent):
                break
            key = self.node(inner, events, depth + 1)
            if not isinstance(key, Scalar) or key.empty:
                self.refuse(inner, "a key is not a plain name", "write name: value")
            if key.value in seen:
                self.refuse(inner, f"'{key.value}' stands twice (first on line {seen[key.value]})", "keep one of them")
            seen[key.value] = key.line
            pairs.append((key, self.node(next(events), events, depth + 1)))
        return Table(tuple(pairs), line)

    def refuse(self, event: Any, problem: str, mend: str) -> NoReturn:
        raise BadRule(f"{self.name}:{event.start_mark.line + 1}: YAML", problem, mend)
