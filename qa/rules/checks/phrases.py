"""Phrases that can never hit because the condition's own exclusion covers them, and those that hit nearly everywhere."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import lru_cache

from qa.rules.model import Condition, Title
from qa.rules.phrases import compile_phrase

Wording = tuple[str, ...]
"""The plain parts of one wording, with gaps in between."""

_OPTIONAL = re.compile(r"[(（][^()（）|｜]*[)）]")


@lru_cache(maxsize=16_384)
def wordings(phrase: str) -> frozenset[Wording]:
    """All wordings that a written phrase stands for."""
    return frozenset(p.parts for p in compile_phrase(phrase, 0))


def phrases_of(condition: Condition) -> tuple[str, ...]:
    """The phrases or sentences that a condition looks for; nothing for operators without any."""
    params = condition.params
    return tuple(getattr(params, "phrases", ()) or getattr(params, "sentences", ()))


def voided(condition: Condition, vocabularies: Mapping[str, tuple[str, ...]]) -> Iterator[tuple[bool, Title]]:
    """(nothing is left to hit, what is wrong) for phrases whose every wording holds an excluded one."""
    phrases, excluded = phrases_of(condition), tuple(getattr(condition.params, "exclude", ()))
    if not phrases or not excluded:
        return
    voids: dict[str, str] = {}
    for phrase in excluded:
        for wording in wordings(phrase):
            if len(wording) == 1:
                voids.setdefault(wording[0], phrase)
    covered: dict[str, str] = {}
    for phrase in phrases:
        by = [_covering(wording, voids) for wording in wordings(phrase)]
        if all(by):
            covered[phrase] = by[0]
    for phrase, by_what in covered.items():
        lost = _origin(phrase, vocabularies)
        cause = _origin(by_what, vocabularies)
        zh = f"「{phrase}」{lost} 总是被 exclude 里的「{by_what}」{cause} 抵消；去掉其中一个"
        en = f"'{phrase}'{lost} is always voided by '{by_what}'{cause} in exclude:; remove one of them"
        yield len(covered) == len(phrases), Title(zh, en)


def too_short(condition: Condition) -> Iterator[Title]:
    """Phrases of which one letter is left without their optional word: (请)您 hits every 您, where (请|您) may have been meant."""
    if condition.operator != "say":
        return
    for phrase in dict.fromkeys((*phrases_of(condition), *getattr(condition.params, "exclude", ()))):
        shortest = min(("".join(parts) for parts in wordings(phrase)), key=len)
        if len(shortest) == 1 and _OPTIONAL.search(phrase):
            yield Title(
                f"「{phrase}」：括号里没有 | 的词可有可无，单说「{shortest}」也算命中；去掉括号，或写成 (甲|乙)",
                f"'{phrase}': a bracket without | is optional, so that '{shortest}' alone hits; drop the brackets or write (one|other)",
            )


def _covering(wording: Wording, voids: Mapping[str, str]) -> str:
    """The excluded phrase that stands inside one of the wording's parts, or an empty text."""
    for part in wording:
        for start in range(len(part)):
            for end in range(start + 1, len(part) + 1):
                if part[start:end] in voids:
                    return voids[part[start:end]]
    return ""


def _origin(phrase: str, vocabularies: Mapping[str, tuple[str, ...]]) -> str:
    names = [name for name, phrases in vocabularies.items() if phrase in phrases]
    return f" (${names[0]})" if names else ""
