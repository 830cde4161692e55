"""Text files as people save them: UTF-8 is read, and of anything else it is said what it looks like.

Notepad and Excel on a Chinese Windows save GBK unless told otherwise, older versions UTF-16 as "Unicode".
"""

from __future__ import annotations

import codecs
import re

from hotline.errors import BadInput

_CHINESE = "\u2010-\u2030\u3000-\u303f\u4e00-\u9fff\uff00-\uffef"
_COMMON = re.compile(f"[{_CHINESE}]")
_STRANGE = re.compile(f"[^\t\n\r\x20-\x7e{_CHINESE}]")


def utf8(raw: bytes, thing: str) -> str:
    """``raw`` as text, without a byte-order mark. Raises BadInput about ``thing`` that names the encoding it seems to be in.

    >>> utf8("您好".encode("gbk"), "a.yaml")
    Traceback (most recent call last):
    hotline.errors.BadInput: a.yaml: is text in GBK, not in UTF-8; save it as UTF-8: in Notepad, Save as with the encoding UTF-8
    """
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        other = _seems(raw)
    if other:
        raise BadInput(thing, f"is text in {other}, not in UTF-8", "save it as UTF-8: in Notepad, Save as with the encoding UTF-8")
    raise BadInput(thing, "is not UTF-8 text", "save it as UTF-8")


def _seems(raw: bytes) -> str:
    """UTF-16 where a mark or every other byte of nought says so, GBK where that gives mostly Chinese; else an empty string."""
    if raw.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)) or raw[:2_000].count(0) > len(raw[:2_000]) // 4:
        return "UTF-16"
    text = raw.decode("gb18030", errors="replace")
    return "GBK" if len(_COMMON.findall(text)) > 9 * len(_STRANGE.findall(text)) else ""
