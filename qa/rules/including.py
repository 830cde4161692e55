"""Rule sets that share vocabularies, conditions and items: ``include:`` takes them from a file beside.

    include: common.yaml            # or a list of files; each lies in the folder of this one or below it
    vocabularies:
      wait: [$wait, 请您别挂]       # the included list, and more; without $wait the list would be replaced
    sections:
      - id: opening
        title: 开场
        items:
          - use: greeting           # the included item; what stands beside it replaces that field,
            points: 6               # of conditions: single ones, and examples: are added

The tree is put together before anything is read, so the content hash covers all of it. What nothing uses is left
out: a change elsewhere in the common file is no change of this rule set. A node from another file has a :class:`Line`
as its line, so that an error names both files. A file with ``library: true`` is there to be included and judges no call.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path, PurePosixPath
from typing import Any, cast

import yaml

from hotline.errors import BadInput, BadRule
from qa.rules.fields import Fields, near
from qa.rules.source import MAX_CHARS, Listing, Node, Scalar, Table, parse, plain
from qa.text.encodings import utf8

MAX_FILES = 16
TABLES = ("vocabularies", "synonyms", "conditions", "variables")
"""What comes along by name when something used mentions it."""
_FOR_PEOPLE = frozenset({"title", "clause", "coaching", "note", "says", "examples"})
_NAME = re.compile(r"[^\W\d][\w-]*")


class Line(int):
    """A line number that knows its file, where that is not the rule set's own.

    >>> f"power.yaml:{Line(12, 'common.yaml')}", Line(12, 'common.yaml') + 1
    ('power.yaml:common.yaml:12', 13)
    """

    file: str

    def __new__(cls, number: int, file: str) -> Line:
        line = super().__new__(cls, number)
        line.file = file
        return line

    def __str__(self) -> str:
        return f"{self.file}:{int(self)}"

    def __format__(self, spec: str) -> str:
        return format(str(self), spec)

    def __reduce__(self) -> tuple[type[Line], tuple[int, str]]:
        return Line, (int(self), self.file)


@dataclass(slots=True)
class _Shelf:
    """What the included files hold, by name, each with the file it comes from."""

    tables: dict[str, dict[str, tuple[Scalar, Node]]] = field(default_factory=lambda: {key: {} for key in TABLES})
    items: dict[str, Table] = field(default_factory=dict)
    files: int = 0


def assemble(root: Node, name: str, folder: Path | None) -> tuple[Node, bool]:
    """``root`` with all it includes put in, and whether it included anything.

    ``folder`` is where the file lies; None for text without a place, which can include nothing. Raises BadRule.
    """
    if not isinstance(root, Table) or not any(key.value == "include" for key, _ in root.pairs):
        return root, False
    shelf = _Shelf()
    own = _gather(root, name, folder, (), shelf)
    used = _with_items(own, name, shelf)
    return _with_tables(used, name, shelf), True


def text_of(root: Node) -> str:
    """The tree as YAML that needs no other file; reading it gives the same content hash."""
    dumper = getattr(yaml, "CSafeDumper", yaml.SafeDumper)
    return yaml.dump(plain(root), Dumper=dumper, allow_unicode=True, sort_keys=False, width=140)


def _gather(root: Table, name: str, folder: Path | None, path: tuple[Path, ...], shelf: _Shelf) -> Table:
    """Put what ``root`` includes on the shelf; ``root`` without its ``include``. ``path`` are the files that led here."""
    fields = Fields(name, "", root)
    for written, line in fields.texts("include", limit=MAX_FILES):
        at = Scalar(written, line)
        if folder is None:
            fields.refuse(
                "include", "needs a file to start from, and this is mere text", "save it beside the file, or write all of it here", at
            )
        file = _file_of(fields, written, folder, at)
        if file in path:
            fields.refuse("include", f"'{written}' leads back to itself", "remove one of the includes", at)
        shelf.files += 1
        if shelf.files > MAX_FILES:
            fields.refuse("include", f"asks for more than {MAX_FILES} files", "join some of them", at)
        inner = _parsed(fields, file, written, at)
        label = written if not path else f"{path[-1].name}:{written}"
        _stock(_whole(inner, name, file, (*path, file), shelf), label, shelf, fields, at)
    return Table(tuple(pair for pair in root.pairs if pair[0].value != "include"), root.line)


def _whole(inner: Table, name: str, file: Path, path: tuple[Path, ...], shelf: _Shelf) -> Table:
    """An included file with all that it includes itself; what it extends or replaces there stands as it has it."""
    if all(key.value != "include" for key, _ in inner.pairs):
        return inner
    below = _Shelf(files=shelf.files)
    place = f"{name}: {file.name}"
    own = _with_items(_gather(inner, place, file.parent, path, below), place, below)
    shelf.files = below.files
    nodes = {key.value: node for key, node in own.pairs}
    tables = [(Scalar(table, own.line), Table(tuple(_over(below, table, nodes.get(table)).values()), own.line)) for table in TABLES]
    sections = nodes.get("sections")
    mine = list(_items(sections)) if isinstance(sections, Listing) else []
    known = {_value(item, "id") for item in mine}
    items = Listing((*mine, *(item for item_id, item in below.items.items() if item_id not in known)), own.line)
    held = Table(((Scalar("items", own.line), items),), own.line)
    return Table((*tables, (Scalar("sections", own.line), Listing((held,), own.line))), own.line)


def _over(shelf: _Shelf, table: str, own: Node | None) -> dict[str, tuple[Scalar, Node]]:
    """The entries of a table on the shelf with ``own`` ones in their place, where a list may hold the one that it replaces."""
    entries = dict(shelf.tables[table])
    for key, node in own.pairs if isinstance(own, Table) else ():
        if table == "vocabularies" and key.value in entries:
            node = _spliced(node, key.value, entries[key.value][1])
        entries[key.value] = (key, node)
    return entries


def _file_of(fields: Fields, written: str, folder: Path, at: Scalar) -> Path:
    """The file meant; only a YAML file in ``folder`` or below it, links followed."""
    parts = PurePosixPath(written).parts
    if "\\" in written or ":" in written or written.startswith(("/", "~")) or ".." in parts or "\0" in written or len(written) > 200:
        fields.refuse("include", f"'{written[:60]}' leads out of the folder", "name a file of the same folder", at)
    if not written.endswith((".yaml", ".yml")):
        fields.refuse("include", f"'{written[:60]}' is not a YAML file", "name a file that ends in .yaml", at)
    home = folder.resolve()
    file = (home / written).resolve()
    if not file.is_relative_to(home):
        fields.refuse("include", f"'{written}' leads out of the folder by a link", "put the file itself into the folder", at)
    return file


def _parsed(fields: Fields, file: Path, written: str, at: Scalar) -> Table:
    if file.exists() and not (file.is_file() or file.is_dir()):
        fields.refuse("include", f"'{written}' is not a plain file", "name a YAML file", at)
    try:
        with file.open("rb") as stream:
            raw = stream.read(4 * MAX_CHARS + 1)
        text = utf8(raw, written)
    except OSError as error:
        reason = "there is no such file" if isinstance(error, FileNotFoundError) else f"cannot be read ({error.strerror})"
        fields.refuse("include", f"'{written}': {reason}", "check the name", at)
    except BadInput as error:
        fields.refuse("include", f"'{written}': {error.problem}", error.mend, at)
    place = f"{fields.file}:{at.line}: include {written}"
    root = parse(text, place)
    if not isinstance(root, Table):
        raise BadRule(f"{place}:{root.line}", "should be a table of name: value", "see docs/rules.md")
    return root


def _stock(inner: Table, label: str, shelf: _Shelf, fields: Fields, at: Scalar) -> None:
    """Put the tables and items of an included file on the shelf. Raises BadRule for a name that stands in two files."""
    marked = _marked(inner, label)
    assert isinstance(marked, Table)
    for key, node in marked.pairs:
        if key.value in TABLES and isinstance(node, Table):
            for name, entry in node.pairs:
                if name.value in shelf.tables[key.value] and not _the_same(shelf.tables[key.value][name.value][1], entry):
                    _twice(fields, name.value, shelf.tables[key.value][name.value][0], label, at)
                shelf.tables[key.value][name.value] = (name, entry)
        if key.value == "sections" and isinstance(node, Listing):
            for item in _items(node):
                item_id = _value(item, "id")
                if item_id in shelf.items and not _the_same(shelf.items[item_id], item):
                    _twice(fields, item_id, shelf.items[item_id], label, at)
                if item_id:
                    shelf.items[item_id] = item


def _the_same(one: Node, other: Node) -> bool:
    """Whether two files lead to the same entry, or hold equal ones: that is no clash."""
    return plain(one) == plain(other)


def _twice(fields: Fields, name: str, first: Node, label: str, at: Scalar) -> None:
    other = first.line.file if isinstance(first.line, Line) else "this file"
    fields.refuse("include", f"'{name}' stands in both {other} and {label}", "rename one of them", at)


def _items(sections: Listing) -> Iterator[Table]:
    for section in sections.items:
        for key, node in section.pairs if isinstance(section, Table) else ():
            if key.value == "items" and isinstance(node, Listing):
                yield from (item for item in node.items if isinstance(item, Table))


def _value(table: Table, key: str) -> str:
    """The text under ``key``, empty when there is none."""
    return next((node.value for name, node in table.pairs if name.value == key and isinstance(node, Scalar)), "")


def _with_items(root: Table, name: str, shelf: _Shelf) -> Table:
    """``root`` with every ``use:`` replaced by the item it names."""
    sections: list[Node] = []
    for section in next((n.items for k, n in root.pairs if k.value == "sections" and isinstance(n, Listing)), ()):
        sections.append(_map_items(section, lambda item: _used(item, name, shelf)) if isinstance(section, Table) else section)
    pairs = [(k, replace(n, items=tuple(sections)) if k.value == "sections" and isinstance(n, Listing) else n) for k, n in root.pairs]
    return replace(root, pairs=tuple(pairs))


def _map_items(section: Table, change: Any) -> Table:
    pairs: list[tuple[Scalar, Node]] = []
    for key, node in section.pairs:
        if key.value == "items" and isinstance(node, Listing):
            node = replace(node, items=tuple(change(item) if isinstance(item, Table) else item for item in node.items))
        pairs.append((key, node))
    return replace(section, pairs=tuple(pairs))


def _used(item: Table, name: str, shelf: _Shelf) -> Table:
    fields = Fields(name, "items", item)
    if not fields.has("use"):
        return item
    wanted = fields.text("use")
    if wanted not in shelf.items:
        fields.refuse("use", f"'{wanted}' is not an item of what is included", near(wanted, shelf.items))
    base = {key.value: (key, node) for key, node in shelf.items[wanted].pairs}
    for key, node in item.pairs:
        if key.value == "use":
            continue
        if key.value in ("expect", "forbid"):
            base.pop("forbid" if key.value == "expect" else "expect", None)
        old = base.get(key.value)
        if old is not None and key.value in ("conditions", "examples") and isinstance(node, Table) and isinstance(old[1], Table):
            node = _joined(old[1], node, add=key.value == "examples")
        base[key.value] = (key, node)
    return Table(tuple(base.values()), item.line)


def _joined(old: Table, new: Table, *, add: bool) -> Table:
    """``old`` with the entries of ``new`` in place of its own; with ``add`` lists are joined."""
    entries = {key.value: (key, node) for key, node in old.pairs}
    for key, node in new.pairs:
        before = entries.get(key.value)
        if add and before is not None and isinstance(before[1], Listing) and isinstance(node, Listing):
            node = Listing((*before[1].items, *node.items), before[1].line)
        entries[key.value] = (key, node)
    return Table(tuple(entries.values()), new.line)


def _with_tables(root: Table, name: str, shelf: _Shelf) -> Table:
    """``root`` with those entries of the included tables that it uses, directly or through others."""
    own = {key.value: node for key, node in root.pairs}
    merged: dict[str, dict[str, tuple[Scalar, Node]]] = {}
    for table in TABLES:
        mine = own.get(table)
        merged[table] = {k.value: (k, n) for k, n in mine.pairs} if isinstance(mine, Table) else {}
        for word, (key, node) in list(merged[table].items()):
            if table == "vocabularies" and word in shelf.tables[table]:
                merged[table][word] = (key, _spliced(node, word, shelf.tables[table][word][1]))
    todo = list(_mentioned(root)) + [n for entries in merged.values() for _, node in entries.values() for n in _mentioned(node)]
    seen: set[str] = set()
    while todo:
        word = todo.pop()
        if word in seen:
            continue
        seen.add(word)
        for table in TABLES:
            bare = word.removeprefix("$") if table in ("vocabularies", "variables") else word
            found = shelf.tables[table].get(bare)
            if found is None or bare in merged[table] or (table == "vocabularies" and not word.startswith("$")):
                continue
            merged[table][bare] = found
            todo += _mentioned(found[1])
    merged["synonyms"] = {**shelf.tables["synonyms"], **merged["synonyms"]}
    rest = [(key, node) for key, node in root.pairs if key.value not in TABLES]
    tables = [(Scalar(table, root.line), Table(tuple(merged[table].values()), root.line)) for table in TABLES if merged[table]]
    head = [pair for pair in rest if pair[0].value != "sections"]
    return replace(root, pairs=(*head, *tables, *(pair for pair in rest if pair[0].value == "sections")))


def _spliced(node: Node, word: str, included: Node) -> Node:
    """A vocabulary with ``$word`` inside itself standing for the included list of that name."""
    entries = node.items if isinstance(node, Listing) else (node,)
    theirs = included.items if isinstance(included, Listing) else (included,)
    out: list[Node] = []
    for entry in entries:
        out += theirs if isinstance(entry, Scalar) and entry.value.strip() == f"${word}" else (entry,)
    return Listing(tuple(out), node.line)


def _mentioned(node: Node) -> set[str]:
    """The names that the values of ``node`` mention, vocabularies with their ``$``; what is written for people is skipped."""
    if isinstance(node, Scalar):
        names = set(_NAME.findall(node.value))
        return names | {f"${n}" for n in re.findall(r"\$([^\W\d][\w-]*)", node.value)}
    if isinstance(node, Listing):
        return set().union(*(_mentioned(item) for item in node.items))
    return set().union(*(_mentioned(value) for key, value in node.pairs if key.value not in _FOR_PEOPLE))


def _marked(node: Node, file: str) -> Node:
    """``node`` with lines that know their file."""
    line = node.line if isinstance(node.line, Line) else Line(node.line, file)
    if isinstance(node, Scalar):
        return replace(node, line=line)
    if isinstance(node, Listing):
        return Listing(tuple(_marked(item, file) for item in node.items), line)
    return Table(tuple((cast(Scalar, _marked(key, file)), _marked(value, file)) for key, value in node.pairs), line)
