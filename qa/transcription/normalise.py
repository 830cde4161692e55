"""Light clean-up that every text goes through, whatever its source: what rules match must not hang on typing habits."""

from __future__ import annotations

import re

# Letters, digits and the few signs that occur inside numbers; Chinese punctuation stays Chinese.
_HALF_WIDTH = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F) if chr(code - 0xFEE0).isalnum() or chr(code) in "％＋－．＠＃＆＊／"}
_HALF_WIDTH[0x3000] = 0x20
# JSON can hold half of a surrogate pair, which no file, database or pattern can; what it was nobody knows.
_HALF_WIDTH |= dict.fromkeys(range(0xD800, 0xE000), 0xFFFD)
_HAN = "\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"
_SIGNS = "，。？！、；：…“”‘’（）《》"
_SPACE_BY_HAN = re.compile(rf"(?<=[{_HAN}{_SIGNS}])\s+(?=[{_HAN}{_SIGNS}A-Za-z0-9])|(?<=[A-Za-z0-9])\s+(?=[{_HAN}{_SIGNS}])")
_TAGS = re.compile(r"<\|[^|>]*\|>")


def normalise(text: str) -> str:
    """Full-width letters and digits to half-width, no spaces around Chinese characters, single spaces elsewhere; no lone surrogates.

    >>> normalise("工 号 ３０２６ 为您服务， 请讲")
    '工号3026为您服务，请讲'
    >>> normalise("  thank   you ")
    'thank you'
    >>> normalise("<|zh|><|NEUTRAL|>您好")
    '您好'
    """
    text = _TAGS.sub(" ", text).translate(_HALF_WIDTH)
    return " ".join(_SPACE_BY_HAN.sub("", text).split())


def characters(text: str) -> int:
    """How much is said: Chinese characters count one each, a word of Latin letters counts two, punctuation nothing.

    >>> characters("您好，thank you。")
    6
    """
    return len(re.findall(rf"[{_HAN}]|[0-9]", text)) + 2 * len(re.findall(r"[A-Za-z]+", text))


def joined(texts: list[str]) -> str:
    """Texts of one turn in a row, with a space only between Latin words.

    >>> joined(["您好", "请讲"]), joined(["thank", "you"])
    ('您好请讲', 'thank you')
    """
    return normalise(" ".join(text for text in texts if text))
