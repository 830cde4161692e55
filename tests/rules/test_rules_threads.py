"""Numbers that processes give to sounds and words as they meet them, when several threads meet new ones at once."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from threading import Barrier, Thread

import numpy as np
import pytest

from qa.rules import sound, soundrows
from qa.rules.batch import repeated

THREADS, WORDS = 4, 3_000


@pytest.fixture(autouse=True)
def often_interrupted() -> Iterator[None]:
    usual = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(usual)


def at_once(work: Callable[[int], None]) -> None:
    """Run ``work`` in all threads, begun together; what one of them raises is raised here."""
    ready, raised = Barrier(THREADS), list[BaseException]()

    def begin(number: int) -> None:
        ready.wait()
        try:
            work(number)
        except BaseException as e:
            raised.append(e)

    threads = [Thread(target=begin, args=(number,)) for number in range(THREADS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if raised:
        raise raised[0]


def test_every_sound_has_a_number_of_its_own_and_stands_in_the_tables_at_once() -> None:
    def meet(thread: int) -> None:
        for word in range(WORDS):
            number = soundrows.number_of(f"sound{thread if word % 2 else ''}x{word}", "")
            assert number < len(soundrows.tables().loose)

    at_once(meet)
    numbers = list(soundrows._numbers.values())
    assert numbers == list(range(len(numbers)))
    known = soundrows.tables()
    for (exact, guarded), number in soundrows._numbers.items():
        assert known.loose[number] == ord(sound._code(exact)) - 0x20000
        assert known.exact[number] == soundrows._exact[exact]
        assert known.guard[number] == soundrows.GUARDS[guarded]
    assert len(set(soundrows._exact.values())) == len(soundrows._exact)


def test_every_code_and_every_guarding_word_is_one() -> None:
    def meet(thread: int) -> None:
        for word in range(WORDS):
            sound._code(f"code{thread if word % 2 else ''}x{word}")
            repeated._number(f"word{thread if word % 2 else ''}x{word}")

    at_once(meet)
    for given in (sound._CODES, repeated._words):
        assert len(set(given.values())) == len(given)


def test_a_new_word_does_not_make_the_tables_again() -> None:
    made = 0
    for word in range(200):
        before = soundrows.tables()
        soundrows.rows_of([f"quokka{word}"])
        after = soundrows.tables()
        assert len(after.loose) == len(before.loose) + 1
        made += not np.shares_memory(before.loose, after.loose)
    assert made <= 1
