"""Personal numbers are masked, one for one; everything rules ask about stays."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qa.calls import Role, Span, Turn, Word
from qa.redaction import EXAMPLE_KEY, digits, mask, redact


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
        ("138\u00a00000\u00a01234", "***\u00a0****\u00a0****"),
        ("138\u20060000\u20021234", "***\u2006****\u2002****"),
        ("138\u200b0000\ufeff1234", "***\u200b****\ufeff****"),
        ("1\u200d3\u200d8\u200d0\u200d0\u200d0\u200d0\u200d1\u200d2\u200d3\u200d4", "\u200d".join("*" * 11)),
        ("138/0000/1234", "***/****/****"),
        ("138：0000：1234", "***：****：****"),
        ("①③⑧⓪⓪⓪⓪①②③④", "***********"),
        ("❶❸❽⓪⓪⓪⓪❶❷❸❹", "***********"),
        ("𝟏𝟑𝟖𝟎𝟎𝟎𝟎𝟏𝟐𝟑𝟒", "***********"),
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
        "12:30：20来电，电压220/380伏",
        "2026/11/9 12：30：20登记",
        "面积120m²，三号楼/四单元",
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


def test_a_chain_of_misheard_digits_is_tried_only_as_far_as_a_number_reaches(monkeypatch: pytest.MonkeyPatch) -> None:
    """Trying every start to the end took 20 s for 2,000 characters."""
    tried: list[int] = []
    chained = digits._chained
    monkeypatch.setattr(digits, "_chained", lambda chain, breaks: tried.append(len(chain)) or chained(chain, breaks))
    assert len(mask("一三" + "吧零" * 500)) == 1002
    assert tried and max(tried) <= 24
    assert mask("身份证一一零一零五一九四九一二吧一零零二X") == "身份证" + "*" * 18


def test_words_lose_the_same_characters() -> None:
    text = "打13800001234"
    words = (Word("打", 0, Span(0, 1)), Word("13800001234", 1, Span(1, 3)))
    turn = redact((Turn(0, Role.CUSTOMER, text, Span(0, 3), words=words),), EXAMPLE_KEY)[0]
    assert turn.text == "打***********"
    assert [word.text for word in turn.words] == ["打", "***********"]
    assert turn.time_of(1, 12) == Span(1, 3)
