"""Personal numbers are masked, one for one; everything rules ask about stays."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qa.calls import Role, Span, Turn, Word
from qa.redaction import EXAMPLE_KEY, mask, redact


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("电话13800001234对吧", "电话***********对吧"),
        ("电话138 0000 1234对吧", "电话*** **** ****对吧"),
        ("幺三八零零零零一二三四", "***********"),
        ("身份证11010519491231002X", "身份证******************"),
        ("座机0379-6543210", "座机****-*******"),
        ("13800001234月底停机", "***********月底停机"),
        ("是13800001234号", "是***********号"),
        ("幺三八零零零零一二三四点", "***********点"),
        ("138  0000... 1234", "***  ****... ****"),
        ("一三吧00004517", "***********"),
        ("1380000吧243", "***********"),
        ("my number is one three eight, zero zero zero zero one two", "my number is *** ***** *****, **** **** **** **** *** ***"),
    ],
)
def test_personal_numbers_are_hidden(text: str, masked: str) -> None:
    assert mask(text) == masked


@pytest.mark.parametrize(
    "text",
    [
        "95598为您服务",
        "工号1024",
        "四十五分钟之内到",
        "二〇二六年十一月九日",
        "欠费200.50元",
        "一二三四五六",
        "共1234567元",
        "one two three",
        "2026-11-09 09:30",
        "户号五三零二",
    ],
)
def test_what_rules_need_stays(text: str) -> None:
    assert mask(text) == text


@given(st.text(alphabet="0123456789零一二三四五六七八九十百年元 -，。您好abcX", max_size=60))
def test_masking_keeps_length_and_is_stable(text: str) -> None:
    once = mask(text)
    assert len(once) == len(text)
    assert mask(once) == once
    assert all(new in (old, "*") for old, new in zip(text, once, strict=True))


def test_words_lose_the_same_characters() -> None:
    text = "打13800001234"
    words = (Word("打", 0, Span(0, 1)), Word("13800001234", 1, Span(1, 3)))
    turn = redact((Turn(0, Role.CUSTOMER, text, Span(0, 3), words=words),), EXAMPLE_KEY)[0]
    assert turn.text == "打***********"
    assert [word.text for word in turn.words] == ["打", "***********"]
    assert turn.time_of(1, 12) == Span(1, 3)
