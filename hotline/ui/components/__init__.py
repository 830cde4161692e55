"""The parts of the screens that Streamlit has no element for, as components (v2) with their own files.

Each is registered once, from the HTML, CSS and JavaScript beside this file; data travels over the signed-in
connection and nothing gets a URL.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from importlib import resources
from typing import Any

import streamlit as st


def _part(name: str, *, html: str | None = None) -> Any:
    def read(kind: str) -> str | None:
        file = resources.files("hotline.ui.components").joinpath(f"{name}.{kind}")
        return file.read_text(encoding="utf-8") if file.is_file() else None

    return st.components.v2.component(f"hotline_{name}", html=html or read("html"), css=read("css"), js=read("js"))


player = _part("player")
editor = _part("editor")
table = _part("table")
voice = _part("voice")
_cards = _part("cards")
cookie = _part("cookie", html="<i hidden></i>")
save = _part("save", html='<button type="button">↓ <span></span></button>')


@dataclass(frozen=True, slots=True)
class Badge:
    """A short word on a coloured ground; ``kind`` is good, bad or neutral."""

    text: str
    kind: str = "neutral"


@dataclass(frozen=True, slots=True)
class Card:
    """A key number: what it is, its value, its definition (a tooltip), what changed, and what else to know."""

    label: str
    value: str
    help: str = ""
    badge: Badge | None = None
    lines: tuple[str, ...] = ()


def cards(key: str, shown: Sequence[Card]) -> None:
    """Key numbers side by side."""
    _cards(key=key, data={"cards": [asdict(card) for card in shown]})
