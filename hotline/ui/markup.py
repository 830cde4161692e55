"""Data among sentences that Streamlit reads as Markdown: shown letter by letter, never as an image, link or heading."""

from __future__ import annotations

import re

_PUNCTUATION = re.compile(r"([!-/:-@\[-`{-~])")
_BREAKS = re.compile(r"[\r\n\t\v\f\u2028\u2029]+")
_AFTERWARDS = re.compile(r"(?<=:)(?=//)|(?<=www)(?=\.)|(?<=:)(?=[a-z][\w+/-]*:)", re.IGNORECASE)
"""What Streamlit looks for once the Markdown is read, when escapes are gone: addresses, and names of icons and emoji."""
_WORD_JOINER = "\u2060"  # has no width


def literal(text: object) -> str:
    """``text`` (a topic, a name, a note, an error) on one line, for a place that is read as Markdown.

    A topic such as ``![](http://…)`` would otherwise make the reader's browser fetch that address.
    """
    line = _BREAKS.sub(" ", str(text)).strip()
    return _PUNCTUATION.sub(r"\\\1", _AFTERWARDS.sub(_WORD_JOINER, line))
