"""What goes into messages, quarantine and metadata repeats nobody's data."""

from __future__ import annotations

from pathlib import Path

import pytest

from hotline.errors import BadInput
from hotline.settings import Settings
from qa.judging import told
from qa.redaction import mask
from qa.redaction.fields import mask_fields
from qa.transcription import supplied


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.json", '[{"role": "customer", "start": "我的电话13800004517", "end": 2, "text": "好"}]'),
        ("b.json", '[{"role": "customer", "start": 1, "end": 2, "text": 13800004517}]'),
        ("c.srt", "1\n我电话13800004517 --> 2\n好\n"),
    ],
)
def test_an_unreadable_transcript_is_not_quoted_with_its_numbers(tmp_path: Path, name: str, content: str) -> None:
    file = tmp_path / name
    file.write_text(content, encoding="utf-8")
    with pytest.raises(BadInput) as error:
        supplied.load(file)
    assert "*" in str(error.value)
    assert "4517" not in str(error.value)


def test_metadata_are_masked_by_the_names_of_their_fields(tmp_path: Path) -> None:
    metadata = {"ticket_type": "故障报修", "area": "城区", "ticket": "20261109001234", "customer_phone": "13800004517", "level": 3}
    metadata |= {"address": "滨江区文华路16号", "due": "2026-11-09"}
    hidden = {**metadata, "customer_phone": "*" * 11, "address": "*" * 9}
    assert told(Settings(home=tmp_path), metadata) == hidden
    assert told(Settings(home=tmp_path, mask_text=False), metadata) == metadata


def test_metadata_are_masked_inside_lists_and_as_numbers() -> None:
    metadata = {"contacts": [{"phone": 13800004517, "name": "二线"}], "phone": 13800004517, "level": 3, "share": 0.5, "vip": True}
    metadata["none"] = None
    hidden = metadata | {"contacts": [{"phone": "*" * 11, "name": "二线"}], "phone": "*" * 11}
    assert mask_fields(metadata) == hidden


def test_a_word_with_a_long_s_stops_nothing() -> None:
    assert mask("one aſix two three") == "one aſix two three"
