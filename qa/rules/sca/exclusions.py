"""Exclusions for SCA: ``notRegex`` voids the whole sentence, an ``exclude`` of ours only the place it overlaps.

In 我网线没断，是门口的电线断了 an exclusion of 没断 leaves the second 断 standing here; there the sentence would be gone. The two mean the
same only where an exclusion covers the sentence from end to end, or where pattern and exclusion can both match at its beginning only.
"""

from __future__ import annotations

import re

import re2

from qa.rules.exchange import Cannot
from qa.rules.sca.patterns import alternatives

_AROUND = re.compile(r"\.\*\(\?:(.*)\)\.\*", flags=re.DOTALL)
_FIRST = re.compile(r"\^(?:[^\\.\[\](){}*+?^$|]|\\[^a-zA-Z0-9])(?![*?{])")
"""A beginning, then a character that must stand there: such a pattern has one place in a sentence, and takes room in it."""


def around(voids: str) -> str:
    """The exclusion of ours that voids a sentence with a match of ``voids`` in it."""
    return f".*(?:{voids}).*"


def written(patterns: tuple[str, ...], exclude: tuple[str, ...]) -> dict[str, str]:
    """``{"notRegex": …}`` that voids the same, or ``{}`` for no exclusion. Raises Cannot where the sentence is more than the place."""
    voids = []
    for pattern in exclude:
        inner = _AROUND.fullmatch(pattern)
        if inner is not None and _stands_alone(inner[1]):
            voids.append(inner[1])
        elif all(map(_at_the_beginning, (*patterns, pattern))):
            voids.append(pattern)
        else:
            raise whole_sentence()
    return {"notRegex": voids[0] if len(voids) == 1 else "|".join(f"(?:{v})" for v in voids)} if voids else {}


def whole_sentence() -> Cannot:
    """Why a rule with an exclusion is left out."""
    return Cannot(
        "exclude",
        "SCA 的排除作用于整句，这里只排除重叠的那一处：同一句里另外说到的，在那里会漏掉",
        "an exclusion of SCA voids the whole sentence, not the place it overlaps: what else the sentence says would be lost there",
    )


def _at_the_beginning(pattern: str) -> bool:
    return _FIRST.match(pattern) is not None and len(alternatives(pattern)) == 1


def _stands_alone(pattern: str) -> bool:
    """Whether it is a pattern by itself: a).*(?:b, what stands inside .*(?:a).*(?:b).*, is none."""
    options = re2.Options()
    options.log_errors = False
    try:
        re2.compile(pattern, options)
    except re2.error:
        return False
    return True
