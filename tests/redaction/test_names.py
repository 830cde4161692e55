"""Names of recordings as lists show them."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qa.redaction.file_names import masked_name


@pytest.mark.parametrize(
    ("path", "shown"),
    [
        ("in/20261109_13800004517_a01.wav", "in/20261109_138****4517_a01.wav"),
        ("+8613800004517.mp3", "+86138****4517.mp3"),
        ("录音/008613800004517-客户.amr", "录音/0086138****4517-客户.amr"),
        ("110105199001011237.wav", "110***********1237.wav"),
        ("20261109120000.wav", "20261109120000.wav"),
        ("x138000045171.wav", "x138000045171.wav"),
        ("calls.csv:14", "calls.csv:14"),
    ],
)
def test_numbers_of_people_are_hidden_and_nothing_else(path: str, shown: str) -> None:
    assert masked_name(path) == shown


@given(st.from_regex(r"1[3-9][0-9]{9}", fullmatch=True), st.text("ab_-./录音", max_size=6))
def test_no_mobile_number_is_left(number: str, around: str) -> None:
    shown = masked_name(f"{around}_{number}.{around}")
    assert number not in shown and len(shown) == len(f"{around}_{number}.{around}")
    assert re.search(rf"{number[:3]}\*{{4}}{number[-4:]}", shown)
