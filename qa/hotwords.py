"""Words that a recogniser should expect in a call: those of its queue, and those of the rule sets of its language.

A file ``hotwords.yaml`` in the installation's folder names them by queue; ``all`` is for every queue:

    all: [示例能源, 过户, 阶梯电价]
    q1:  [光伏并网, 需量]
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path

from qa.rulebook import RuleBook
from qa.rules.fields import Fields
from qa.rules.source import parse
from qa.text.encodings import utf8

EVERY_QUEUE = "all"
MOST_IN_QUEUE = 500


def expected(file: Path, queue: str | None, book: RuleBook, language: str) -> tuple[str, ...]:
    """The hotwords of a call, each once: its queue's, those for all queues, those of the rule sets. Raises BadRule or BadInput."""
    by_queue = load(file)
    words = (*by_queue.get(queue or "", ()), *by_queue.get(EVERY_QUEUE, ()), *book.hotwords(language))
    return tuple(dict.fromkeys(words))


def load(file: Path) -> Mapping[str, tuple[str, ...]]:
    """Queue → words; empty when there is no such file. Raises BadRule naming file, line and queue for a file that is not as above."""
    try:
        stamp = file.stat().st_mtime_ns
    except FileNotFoundError:
        return {}
    return _read(file, stamp)


@lru_cache(maxsize=8)
def _read(file: Path, stamp: int) -> Mapping[str, tuple[str, ...]]:
    fields = Fields.of(str(file), "", parse(utf8(file.read_bytes(), str(file)), str(file)))
    return {queue: tuple(word for word, _ in fields.texts(queue, limit=MOST_IN_QUEUE)) for queue in fields.nodes}
