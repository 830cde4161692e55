"""The parts of the screens that Streamlit has no element for, as components (v2) with their own files.

Each is registered once, from the HTML, CSS and JavaScript beside this file; data travels over the signed-in
connection and nothing gets a URL.
"""

from __future__ import annotations

from importlib import resources
from typing import Any

import streamlit as st


def _part(name: str, *, html: str | None = None) -> Any:
    def read(kind: str) -> str | None:
        file = resources.files("hotline.ui.components").joinpath(f"{name}.{kind}")
        return file.read_text(encoding="utf-8") if file.is_file() else None

    return st.components.v2.component(f"hotline_{name}", html=html or read("html"), css=read("css"), js=read("js"))


player = _part("player")
table = _part("table")
cards = _part("cards")
cookie = _part("cookie", html="<i hidden></i>")
save = _part("save", html='<button type="button">⭳ <span></span></button>')
