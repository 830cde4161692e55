"""A read-back has the kind and the hash of what was given, in either language and in pieces."""

from __future__ import annotations

import pytest

from qa.calls import Call, Role, Turn
from qa.redaction import agree, call_key, mentions, redact


def _call(*lines: str) -> Call:
    roles = {"a": Role.AGENT, "c": Role.CUSTOMER}
    turns = tuple(Turn(i, roles[line[0]], line[3:]) for i, line in enumerate(lines))
    return Call("S001", redact(turns, call_key(b"s" * 32, "S001")))


@pytest.mark.parametrize(
    ("kind", "given", "back", "masked"),
    [
        ("phone", "call 617 555 0199", "so it's 617 555 0199, correct?", "so it's *** *** ****, correct?"),
        ("phone", "call 617 555 0199", "so it’s 617 555 0199, correct?", "so it’s *** *** ****, correct?"),
        ("phone", "call me on 555-012-3456", "so that's 555-012-3456", "so that's ***-***-****"),
        ("phone", "call 617 555 0199", "you said 617 555 0199", "you said *** *** ****"),
        ("account", "my account number is 0 0 4 5 9 1 2 2", "That's 0 0 4 5 9 1 2 2", "That's * * * * * * * *"),
        ("passport", "my passport is E12345678", "your passport, it's E12345678", "your passport, it's *********"),
        ("passport", "护照号E12345678", "E12345678，对吗", "*********，对吗"),
    ],
)
def test_words_before_a_number_are_no_letters_of_a_passport(kind: str, given: str, back: str, masked: str) -> None:
    call = _call(f"c: {given}", f"a: {back}")
    (first,) = mentions(call, kind, Role.CUSTOMER)
    (second,) = mentions(call, kind, Role.AGENT)
    assert call.turns[1].text == masked
    assert agree(first.token, second.token) is True


@pytest.mark.parametrize(
    "pieces",
    [("一三九八八七六", "五四三二"), ("一三九八", "八七六五四三二"), ("一三九八八七六五", "四三二"), ("1398876", "五四", "三二")],
)
@pytest.mark.parametrize("asked", ["a: 您的电话是多少", "a: 您好"])
def test_a_long_first_piece_stays_open_for_the_rest(pieces: tuple[str, ...], asked: str) -> None:
    said = [line for piece in pieces for line in (f"c: {piece}", "a: 嗯")]
    call = _call(asked, *said, "a: 一三九八八七六五四三二，对吗", "a: 一三九八八七六五四二三，对吗")
    assert [t.text for t in call.turns[1 : 1 + 2 * len(pieces) : 2]] == ["*" * len(piece) for piece in pieces]
    (given,) = mentions(call, "phone", Role.CUSTOMER)
    right, wrong = mentions(call, "phone", Role.AGENT)
    assert given.token.digits == 11
    assert agree(given.token, right.token) is True and agree(given.token, wrong.token) is False


def test_a_whole_local_number_said_twice_stays_two_numbers() -> None:
    call = _call("a: 电话多少", "c: 八八一二三四五六", "a: 嗯", "c: 八八一二三四五六", "a: 八八一二三四五六，对吗")
    assert [m.token.digits for m in mentions(call, "phone")] == [8, 8, 8]
    assert len({m.token.whole for m in mentions(call, "phone")}) == 1
