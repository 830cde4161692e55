"""What people wrote stands on the screens letter by letter, also where Streamlit reads Markdown."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from streamlit.testing.v1 import AppTest

from hotline.store import schema
from hotline.ui.markup import literal

WRITTEN = (
    "![](http://192.0.2.1/x.png)",
    "# 标题",
    "- one",
    "1. one",
    "**a** _b_ ~~c~~ `d` $e^2$",
    "<img src=x onerror=alert(1)>",
    "&lt;b&gt;",
    "[a](http://192.0.2.1)",
    ":red[a] :material/home:",
    "back\\",
    "a | b",
)


def rendered(markdown: str) -> str:
    """The text that a Markdown reader shows, which must be one paragraph of nothing but text."""
    [opening, inline, closing] = MarkdownIt("gfm-like", {"linkify": False}).parse(f"x{markdown}")  # x: a text may be empty
    assert (opening.type, closing.type) == ("paragraph_open", "paragraph_close")
    assert {part.type for part in inline.children} <= {"text", "text_special"}
    return "".join(part.content for part in inline.children)[1:].replace("\u2060", "")


@pytest.mark.parametrize("text", WRITTEN)
def test_what_looks_like_markdown_is_text(text: str) -> None:
    [paragraph, inline, _] = MarkdownIt("gfm-like", {"linkify": False}).parse(literal(text))
    assert paragraph.type == "paragraph_open"
    assert inline.children and {part.type for part in inline.children} <= {"text", "text_special"}
    assert rendered(literal(text)) == text


@given(st.text(st.sampled_from("ab*_[]()!<>`#&:/\\$~|.-+=中 \n"), max_size=30))
def test_any_text_is_one_paragraph_of_itself(text: str) -> None:
    assert " ".join(rendered(literal(text)).split()) == " ".join(text.split())


@pytest.mark.parametrize("found_later", ["http://a.example", "www.a.example", ":smile:", ":material/home:"])
def test_addresses_and_icons_that_are_looked_for_after_escaping_are_broken_up(found_later: str) -> None:
    shown = literal(found_later).replace("\\", "")
    assert found_later not in shown
    assert shown.replace("\u2060", "") == found_later


def test_an_opened_call_and_its_board_show_names_as_text(app: Callable[..., AppTest], house: Any) -> None:
    evil = "![](http://192.0.2.1/x.png)"
    with house.store.begin() as connection:
        connection.execute(sa.update(schema.calls).where(schema.calls.c.id == "S001").values(topic=evil))
        connection.execute(sa.update(schema.recordings).values(warnings=[evil], diarizer=evil))
        connection.execute(sa.update(schema.org_units).values(name=evil))
        connection.execute(sa.update(schema.forecasts).values(notes=[evil], model=evil))
    for screen, query in (("overview", {}), ("review", {"call": "S001"}), ("board", {}), ("planning", {})):
        test = app("manager", screen, **query)
        assert not test.exception, screen
        shown = [e.value for kind in (test.markdown, test.caption, test.warning, test.info, test.subheader, test.error) for e in kind]
        assert not [text for text in shown if "![" in text], screen
        assert [text for text in shown if literal(evil) in text], screen
    (house.home / "rules" / "![](x).yaml").write_text("id: wrong\ntitle: 错\nsections: 7\n", encoding="utf-8")
    assert literal("![](x).yaml") in app("qa", "rules").error[0].value
