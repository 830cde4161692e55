"""Other ways to look for keywords and expressions, run by ``benchmarks.rules`` in an environment of their own with pyahocorasick.

Asked (JSON on standard input): ``file`` with talks and sentences, ``lists`` of (side, keywords, least count), ``patterns`` (one list
for each of the first lists), ``peer``: ``ac`` for Aho-Corasick and ``re``, ``loop`` for ``in`` and ``re``. Answers (one line of JSON):
processor seconds of matching and logic, and per call the counts of the lists, which patterns were met, and which items failed.
Normalised texts are given: the peers are not charged for making them.
"""

from __future__ import annotations

import json
import re
import sys
import time
from collections.abc import Callable, Sequence
from importlib import import_module
from pathlib import Path
from typing import Any

Span = tuple[int, int]


def main() -> None:
    question = json.loads(sys.stdin.read())
    calls = json.loads(Path(question["file"]).read_text(encoding="utf-8"))
    lists = [(side, words, least) for side, words, least in question["lists"]]
    patterns = [[re.compile(p) for p in several] for several in question["patterns"]]
    begun = time.process_time()
    search = {"ac": _automaton, "loop": _loop}[question["peer"]](lists)
    preparing = time.process_time() - begun
    counts, met, failed = [], [], []
    begun = time.process_time()
    for call in calls:
        found = [0] * len(lists)
        for side, text in call["talks"]:
            search(side, text, found)
        matched = [any(p.search(text) for text in call["agent"] for p in several) for several in patterns]
        counts.append(found)
        met.append(matched)
        failed.append(
            [n >= least and (i >= len(matched) or matched[i]) for i, (n, (_, _, least)) in enumerate(zip(found, lists, strict=True))]
        )
    seconds = time.process_time() - begun
    print(json.dumps({"cpu_s": seconds, "prepare_s": preparing, "counts": counts, "met": met, "failed": failed}))


def _automaton(lists: Sequence[tuple[str, list[str], int]]) -> Callable[[str, str, list[int]], None]:
    automaton: Any = import_module("ahocorasick").Automaton()
    for number, (side, words, _) in enumerate(lists):
        for word in words:
            automaton.add_word(word, (number, side, len(word)))
    automaton.make_automaton()

    def search(side: str, text: str, found: list[int]) -> None:
        places: dict[int, list[Span]] = {}
        for last, (number, wanted, size) in automaton.iter(text):
            if wanted == side:
                places.setdefault(number, []).append((last + 1 - size, last + 1))
        for number, spans in places.items():
            found[number] += _apart(spans)

    return search


def _loop(lists: Sequence[tuple[str, list[str], int]]) -> Callable[[str, str, list[int]], None]:
    def search(side: str, text: str, found: list[int]) -> None:
        for number, (wanted, words, _) in enumerate(lists):
            if wanted != side:
                continue
            spans = []
            for word in words:
                if word in text:
                    spans += [m.span() for m in re.finditer(re.escape(word), text)]
            found[number] += _apart(spans)

    return search


def _apart(spans: list[Span]) -> int:
    """How many places stay when of those that overlap the first, and of these the longest, counts."""
    kept, reached = 0, 0
    for start, end in sorted(spans, key=lambda s: (s[0], -s[1])):
        if start >= reached:
            kept, reached = kept + 1, end
    return kept


if __name__ == "__main__":
    main()
