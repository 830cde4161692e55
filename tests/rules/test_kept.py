"""What is kept of texts is bounded by their length, and is forgotten."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator

import pytest

from qa.rules import kept
from qa.rules.conditions import regex
from qa.rules.plaintext import plain


@pytest.fixture(autouse=True)
def forgetful() -> Iterator[None]:
    """Nothing known before, nothing after, and no clock that still runs."""
    kept.forget()
    yield
    kept.forget()


def counted(characters: int = 10_000) -> tuple[kept.Kept[..., str], list[str]]:
    """A function that keeps what it says, and what it was asked for in earnest."""
    asked: list[str] = []

    @kept.kept(characters)
    def turned(text: str) -> str:
        asked.append(text)
        return text[::-1]

    return turned, asked


def test_what_was_said_again_is_not_worked_out_again() -> None:
    turned, asked = counted()
    assert [turned("您好"), turned("您好"), turned(text="您好"), turned(text="您好")] == ["好您"] * 4
    assert asked == ["您好", "您好"]  # by place and by name


def test_the_oldest_half_goes_when_the_room_is_taken() -> None:
    turned, asked = counted(10_000)
    texts = [f"{number:0100}" for number in range(100)]
    for text in texts:
        turned(text)
        assert turned.shelf.held <= 10_000
    asked.clear()
    turned(texts[-1])
    assert asked == []
    turned(texts[0])
    assert asked == texts[:1]


def test_a_long_text_takes_no_room() -> None:
    turned, asked = counted(10_000)
    assert turned("啊" * 700) == turned("啊" * 700)
    assert len(asked) == 2 and turned.shelf.held == 0


def test_texts_in_tuples_count() -> None:
    @kept.kept(10_000)
    def joined(texts: tuple[str, ...], number: int) -> str:
        return "".join(texts) * number

    joined(("您好", "再见"), 2)
    short = joined.shelf.held
    joined(("您好" * 50, "再见" * 50), 2)
    assert joined.shelf.held == 2 * short + 2 * 98


def test_errors_are_not_kept() -> None:
    @kept.kept(10_000)
    def refuses(text: str) -> str:
        raise ValueError(text)

    for _ in range(2):
        with pytest.raises(ValueError, match="您好"):
            refuses("您好")
    assert refuses.shelf.held == 0


def test_all_functions_forget_together() -> None:
    turned, asked = counted()
    turned("我家在绝密路")
    plain("我家在绝密路")
    assert plain.shelf.held > 0
    kept.forget()
    assert plain.shelf.held == turned.shelf.held == 0
    turned("我家在绝密路")
    assert len(asked) == 2


def test_words_go_by_themselves(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kept, "SECONDS", 0.05)
    turned, _ = counted()
    turned("我家在绝密路")
    assert turned.shelf.held > 0
    late = time.monotonic() + 10
    while turned.shelf.held and time.monotonic() < late:
        time.sleep(0.01)
    assert turned.shelf.held == 0


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork here")
def test_a_forked_process_sets_a_clock_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    turned, _ = counted()
    turned("您好")
    monkeypatch.setattr(kept, "SECONDS", 0.05)
    child = os.fork()
    if not child:
        turned("再见")
        time.sleep(1.0)
        os._exit(turned.shelf.held)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    assert turned.shelf.held > 0


def test_matches_are_no_list_that_others_may_change() -> None:
    prepared = regex.prepare(regex.Params(("您(?P<who>.)",), (), False))
    found = regex._matches(prepared, "您好")
    assert found == (regex.Match(0, 2, "好"),)
    assert regex._matches(prepared, "您好") is found
