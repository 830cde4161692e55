"""Files in other encodings than UTF-8 are named for what they are."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hotline.errors import BadInput
from qa.text.encodings import utf8

CARD = "id: t\ntitle: 供电服务热线质检\nsections: [{id: s, items: [{id: i, points: 5, conditions: {x: {say: “您好”，}}}]}]\n"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig"])
def test_utf8_is_read_with_and_without_a_mark(encoding: str) -> None:
    assert utf8(CARD.encode(encoding), "a.yaml") == CARD


@pytest.mark.parametrize(
    ("raw", "told"),
    [
        (CARD.encode("gbk"), "is text in GBK, not in UTF-8"),
        (CARD.encode("gb18030"), "is text in GBK, not in UTF-8"),
        (CARD.encode("utf-16"), "is text in UTF-16, not in UTF-8"),
        (CARD.encode("utf-16-be"), "is text in UTF-16, not in UTF-8"),
        (("id: t\n" * 50 + "\u00e9\u4e00").encode("utf-16-le"), "is text in UTF-16, not in UTF-8"),
        ("title: caf\u00e9 \u00e0 la carte".encode("latin-1"), "is not UTF-8 text"),
        (bytes(range(128, 256)) * 4, "is not UTF-8 text"),
        (b"PK\x03\x04\xff\xfe\x81\x99\xf3\xff", "is not UTF-8 text"),
    ],
)
def test_what_it_seems_to_be_is_said(raw: bytes, told: str) -> None:
    with pytest.raises(BadInput) as caught:
        utf8(raw, "a.yaml")
    assert (caught.value.thing, caught.value.problem) == ("a.yaml", told)
    assert ("Notepad" in caught.value.mend) is ("not in UTF-8" in told)


@given(st.binary(max_size=300))
def test_any_bytes_are_text_or_one_error(raw: bytes) -> None:
    try:
        assert utf8(raw, "x").encode("utf-8") == raw.removeprefix(b"\xef\xbb\xbf")
    except BadInput as error:
        assert "UTF-8" in error.problem
