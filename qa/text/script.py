"""Traditional to simplified characters (OpenCC's tables), and full width to half width."""

from __future__ import annotations

from functools import cache, lru_cache
from typing import Any

from qa.text.mapped import Edit, Mapped, rewrite

_HALF_WIDTH = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)} | {0x3000: 0x20}


def half_width(text: str) -> str:
    """Full-width letters, digits and signs as half width, of the same length.

    >>> half_width("工号３０２６，ＯＫ")
    '工号3026,OK'
    """
    return text.translate(_HALF_WIDTH)


def simplified(text: str) -> Mapped:
    """The text in simplified characters, phrases considered, and the way back to the original characters.

    >>> simplified("請問您家裡停電了嗎？").text
    '请问您家里停电了吗？'
    """
    if all(is_common(char) for char in text):
        return rewrite(text, ())
    converted = _opencc().convert(text)
    if len(converted) != len(text):  # OpenCC's table from traditional to simplified holds no such phrase, but it is revised
        converted = "".join(simplified_char(char) for char in text)
    edits = [Edit(at, at + 1, new) for at, (old, new) in enumerate(zip(text, converted, strict=True)) if old != new]
    return rewrite(text, edits)


@lru_cache(maxsize=20_000)
def simplified_char(char: str) -> str:
    """One character simplified by itself. What simplified text uses too (GB 2312: 著, 乾, 后) stays as it is."""
    if is_common(char):
        return char
    converted = str(_opencc().convert(char))
    return converted if len(converted) == 1 else char


def is_common(char: str) -> bool:
    """Whether simplified text uses the character: all of GB 2312, and what is no Chinese character."""
    if not "\u3400" <= char <= "\u9fff":
        return True
    try:
        char.encode("gb2312")
    except UnicodeEncodeError:
        return False
    return True


@cache
def _opencc() -> Any:
    from opencc import OpenCC

    return OpenCC("t2s")
