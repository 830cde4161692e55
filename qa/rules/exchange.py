"""What imports and exports of rule sets share: the list of what could not be carried over, and writing YAML."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import yaml

from hotline.errors import BadInput, BadRule
from qa.rules.language import load_text
from qa.rules.model import RuleSet, Title
from qa.rules.source import Listing, Node, Table, parse

WHOLE = "*"
"""Stands for the rule where something concerns all of them."""


@dataclass(frozen=True, slots=True)
class Loss:
    """Something that could not be carried over as it was. ``left_out``: the whole rule is missing on the other side, because its
    verdicts would have changed; otherwise the rule is there and only this field is lost or put otherwise.
    """

    rule: str
    field: str
    what: Title
    left_out: bool = False


class Cannot(Exception):
    """A rule cannot be carried over without changing its verdicts; ``field`` says what in it."""

    def __init__(self, field: str, zh: str, en: str) -> None:
        self.field, self.what = field, Title(zh, en)
        super().__init__(f"{field}: {en}")


@dataclass(frozen=True, slots=True)
class Imported:
    """A rule set as YAML that loads, the rule set itself, and what was lost on the way."""

    text: str
    rule_set: RuleSet
    losses: tuple[Loss, ...]


_NULL_ALONE = {
    first: kept
    for first, found in yaml.SafeDumper.yaml_implicit_resolvers.items()
    if (kept := [(tag, pattern) for tag, pattern in found if tag.endswith(":null")])
}
_Dumper = type("_Dumper", (getattr(yaml, "CSafeDumper", yaml.SafeDumper),), {"yaml_implicit_resolvers": _NULL_ALONE})
"""Writes 5 and yes without quotes: a rule set reads every value as text, and only nothing at all is told apart from it."""


def written(tree: Any) -> str:
    """The tree (tables, lists, texts and numbers) as YAML in the order given, short tables on one line."""
    return yaml.dump(_as_text(tree), Dumper=_Dumper, allow_unicode=True, sort_keys=False, width=140, default_flow_style=None)


def _as_text(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {str(key): _as_text(inner) for key, inner in value.items()}
    if isinstance(value, (list, tuple)):
        return [_as_text(inner) for inner in value]
    if value is None or isinstance(value, str):
        return value
    return str(value).lower() if isinstance(value, bool) else f"{value:g}" if isinstance(value, float) else str(value)


def loaded(tree: Mapping[str, Any], name: str, labels: Mapping[str, str], losses: list[Loss]) -> Imported:
    """The tree as a rule set. Items that cannot be read are left out and noted in ``losses`` under ``labels[item id]``.

    ``name`` stands for the file. Raises BadInput when no item is left, or when what is wrong lies in none.
    """
    tree = {**tree, "sections": [{**section, "items": list(section["items"])} for section in tree["sections"]]}
    while True:
        text = written(tree)
        try:
            return Imported(text, load_text(text, name), tuple(dict.fromkeys(losses)))
        except BadRule as error:
            found = _item_at(text, error, name)
            if found is None:
                raise BadInput(name, f"{error.thing.rpartition(': ')[2]}: {error.problem}", error.mend) from None
            section, position = found
            items = tree["sections"][section]["items"]
            gone = items.pop(position)
            where, what = error.thing.rpartition(": ")[2], f"{error.problem}; {error.mend}"
            losses.append(Loss(labels.get(gone["id"], gone["id"]), where, Title(what, what), left_out=True))
            if not items:
                tree["sections"].pop(section)
            if not tree["sections"]:
                raise BadInput(name, f"no item can be carried over (the last: {where}: {what})"[:400], "see docs/rules.md") from None


def _item_at(text: str, error: BadRule, name: str) -> tuple[int, int] | None:
    """(section, place in it) of the item around the error's line."""
    place = re.match(r":(\d+):", error.thing.removeprefix(name))
    if place is None:
        return None
    root = parse(text, name)
    sections = _under(root, "sections")
    found = None
    for number, section in enumerate(sections):
        for position, item in enumerate(_under(section, "items")):
            if item.line <= int(place[1]):
                found = number, position
    return found


def _under(node: Node, key: str) -> tuple[Node, ...]:
    pairs = node.pairs if isinstance(node, Table) else ()
    return next((value.items for name, value in pairs if name.value == key and isinstance(value, Listing)), ())
