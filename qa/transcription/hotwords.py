"""Words that a recogniser should expect: names of places and products, terms of the trade.

FunASR wants them as *one* string with spaces between them, and takes a string that ends in ``.txt`` for a file; so only
letters and digits get through, and a word with a space in it becomes two.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

MOST = 500
"""Hotwords in one line at most; SeACo itself looks at the fifty that fit best."""
_WORD = re.compile(r"[\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaffA-Za-z0-9]+")


def as_line(words: Iterable[str]) -> str:
    """The words as FunASR wants them, each once, in the order given.

    >>> as_line(["过户", "State Grid", "95598！", "过户"])
    '过户 State Grid 95598'
    """
    return " ".join(list(dict.fromkeys(part for word in words for part in _WORD.findall(word)))[:MOST])
