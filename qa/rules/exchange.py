"""What imports and exports of rule sets share: the list of what could not be carried over, and writing YAML."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import yaml

from hotline.errors import BadRule
from qa.rules.language import load_text
from qa.rules.model import RuleSet, Title

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


def written(tree: Mapping[str, Any]) -> str:
    """The tree as YAML in the order given, short tables on one line."""
    dumper = getattr(yaml, "CSafeDumper", yaml.SafeDumper)
    return yaml.dump(dict(tree), Dumper=dumper, allow_unicode=True, sort_keys=False, width=140, default_flow_style=None)


def readable_items(
    head: Mapping[str, Any], items: Iterable[tuple[str, str, Mapping[str, Any]]], losses: list[Loss]
) -> list[tuple[str, Any]]:
    """(section, item) of those of ``items`` (rule name, section, item) that load; the others are noted in ``losses`` as left out."""
    kept: list[tuple[str, Any]] = []
    for rule, section, item in items:
        tree = {**head, "sections": [{"id": section, "items": [dict(item)]}]}
        try:
            load_text(written(tree), rule)
        except BadRule as error:
            where = error.thing.rpartition(": ")[2]
            losses.append(Loss(rule, where, Title(error.problem, error.problem), left_out=True))
        else:
            kept.append((section, item))
    return kept
