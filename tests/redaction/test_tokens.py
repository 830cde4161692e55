"""Tokens tell whether two mentions agree, and tell nobody without the key which numbers they are."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qa.calls import Call, Role, Token, Turn
from qa.redaction import EXAMPLE_KEY, agree, call_key, mask, mentions, redact, values_in
from qa.redaction.letters import uscc
from qa.redaction.numbers import bank_card, id_card, landline, mobile

KEY = call_key(b"s" * 32, "S001")


def _turns(*lines: str) -> tuple[Turn, ...]:
    roles = {"a": Role.AGENT, "c": Role.CUSTOMER}
    return tuple(Turn(i, roles[line[0]], line[3:]) for i, line in enumerate(lines))


def _call(lines: Sequence[str], masked: bool = True) -> Call:
    return Call("S001", redact(_turns(*lines), KEY, masked=masked))


def _only(lines: Sequence[str], kind: str, role: Role) -> Token:
    (mention,) = mentions(_call(lines), kind, role)
    return mention.token


@pytest.mark.parametrize(
    "other",
    [
        "13800004517",
        "一三八零零零零四五一七",
        "幺三八，零零零零，四五幺七",
        "138 0000 4517",
        "+86 13800004517",
        "幺三八，嗯，四个零，四五一七",
        "一三吧00004517",
    ],
)
def test_every_spelling_of_a_number_has_one_hash(other: str) -> None:
    given, repeated = _call(["c: 电话13800004517", f"a: {other}对吗"]).turns
    assert agree(given.tokens[0], repeated.tokens[0]) is True
    assert given.tokens[0].digits == 11


@pytest.mark.parametrize(
    ("other", "answer"),
    [
        ("13800004571", False),
        ("尾号四五一七", True),
        ("尾号四五七一", False),
        ("1380000451", None),  # a digit is missing: the recogniser may have lost it
        ("1380000吧4517", None),
    ],
)
def test_another_number_does_not_agree(other: str, answer: bool | None) -> None:
    given, repeated = _call(["c: 电话13800004517", f"a: {other}对吗"]).turns
    assert agree(given.tokens[0], repeated.tokens[0]) is answer


def test_names_that_sound_alike_agree_and_others_prove_nothing() -> None:
    first, alike, other = _call(["c: 我叫张伟", "a: 户主是章威，对吗", "a: 户主是王芳，对吗"]).turns
    assert agree(first.tokens[0], alike.tokens[0]) is True
    assert agree(first.tokens[0], other.tokens[0]) is None


def test_a_number_in_pieces_is_one_value_on_either_side() -> None:
    lines = ["c: 幺三八", "a: 幺三八", "c: 零零零零", "a: 零零零零，嗯", "c: 四五一七", "a: 四五一七，记好了"]
    call = _call(lines)
    assert [turn.text for turn in call.turns] == ["***", "***", "****", "****，嗯", "****", "****，记好了"]
    (given,) = mentions(call, "phone", Role.CUSTOMER)
    (repeated,) = mentions(call, "phone", Role.AGENT)
    assert [(turn, token.part) for turn, token in given.places] == [(0, 1), (2, 2), (4, 3)]
    assert given.token.digits == 11 and given.turn == 4
    assert agree(given.token, repeated.token) is True
    assert agree(given.token, _only(["c: 我的电话是13800004517"], "phone", Role.CUSTOMER)) is True


def test_talk_between_pieces_ends_the_number() -> None:
    call = _call(["c: 幺三八", "a: 请问您家里有几口人", "c: 零零零零", "a: 好的我帮您登记一下", "c: 四五一七"])
    assert mentions(call, "phone", Role.CUSTOMER) == []


def test_the_cue_may_stand_in_the_question() -> None:
    assert _only(["a: 请问户号是多少？", "c: 五三零二六八一四"], "account", Role.CUSTOMER).kind == "account"
    assert _call(["a: 工单号多少？", "c: 20261109001234"]).turns[1].tokens == ()
    assert _call(["a: 请问您贵姓？", "c: 欧阳文博。"]).turns[1].text == "****。"


def test_tokens_are_the_same_whether_or_not_text_is_masked() -> None:
    lines = ["c: 我叫张伟，电话一三八零零零零四五一七", "a: 尾号四五一七"]
    plain, hidden = _call(lines, masked=False), _call(lines)
    assert [t.text for t in plain.turns] == [line[3:] for line in lines]
    assert [t.tokens for t in plain.turns] == [t.tokens for t in hidden.turns]


def test_masked_turns_keep_their_tokens_when_read_again() -> None:
    call = _call(["c: 电话13800004517", "a: 好的"])
    assert redact(call.turns, KEY) == call.turns
    edited = [Turn(0, Role.CUSTOMER, call.turns[0].text + "，我叫张伟", tokens=call.turns[0].tokens)]
    again = redact(edited, KEY)[0]
    assert again.text == "电话***********，我叫**"
    assert [token.kind for token in again.tokens] == ["phone", "name"]


def test_hashes_need_the_key_of_the_call() -> None:
    mine = redact(_turns("c: 13800004517"), call_key(b"s" * 32, "S001"))[0].tokens[0]
    of_another_call = redact(_turns("c: 13800004517"), call_key(b"s" * 32, "S002"))[0].tokens[0]
    of_another_house = redact(_turns("c: 13800004517"), call_key(b"t" * 32, "S001"))[0].tokens[0]
    assert len({mine.whole, of_another_call.whole, of_another_house.whole}) == 3
    assert len({mine.last_four, of_another_call.last_four, of_another_house.last_four}) == 3
    assert "4517" not in repr(mine)


@pytest.mark.parametrize(
    ("text", "kind", "valid"),
    [
        ("身份证11010519491231002X", "id_card", True),
        ("身份证110105194912310021", "id_card", False),
        ("身份证130503670401001", "id_card", None),
        ("卡号6222021234567890128", "bank_card", bank_card("6222021234567890128")),
        ("4111 1111 1111 1111", "bank_card", True),
        ("税号91350100M000100Y43", "uscc", True),
        ("车牌京A·12345", "plate", None),
        ("车牌粤BD12345", "plate", None),
        ("护照E12345678", "passport", None),
        ("邮箱zhang.wei@qq.com", "email", None),
        ("微信号zhang_wei88", "messenger", None),
        ("电表号012345678901", "account", None),
        ("座机0571-88123456", "phone", None),
        ("验证码 482913", "code", None),
        ("my social is 123-45-6789", "ssn", None),
        ("I live at 42 Maple Street, Springfield, IL 62704", "address", None),
        ("zip code 90210", "zip", None),
        ("my name is Mary O'Brien", "name", None),
        ("大桥村三组8号", "address", None),
    ],
)
def test_each_family_is_told_by_kind_and_check(text: str, kind: str, valid: bool | None) -> None:
    (value,) = values_in(text)
    assert (value.kind, value.valid) == (kind, valid)
    assert mask(text) != text


def test_check_digits() -> None:
    assert id_card("11010519491231002X") is True and id_card("110105194902310021") is None  # there is no 31 February
    assert uscc("91350100M000100Y43") is True and uscc("91350100M000100Y34") is False
    assert bank_card("4111111111111111") is True and bank_card("4111111111111112") is False
    assert mobile("008613800004517") == "13800004517" and mobile("12800004517") is None
    assert landline("057188123456") is not None and landline("01012345") is None


@pytest.mark.parametrize(
    "text",
    [
        "95598，12345，400-820-8820",
        "工单号202611090001234",
        "2023、2024、2025三年",
        "青山镇大桥村，村口小卖部旁边",
        "小区里三栋楼都没电",
        "我先生说昨天报过修，这位先生您好，谢谢老师",
        "10千伏文华路121线，青山村12号杆",
        "停电时间是9月12日8:00-17:30",
        "这个月示数是12345.67",
        "DDZY178型电表",
        "Your case number is 20261109123456.",
        "Press one for billing, two for outages, three for service.",
        "It costs 1,234.50 dollars, due on 11/09/2026.",
        "This is your last notice.",
    ],
)
def test_what_is_nobodys_stays(text: str) -> None:
    assert mask(text) == text


@given(st.text(alphabet="0123456789零一三八幺 -，。嗯个的是我叫姓张王先生路号栋单元室省市京AX@.oneightzer", max_size=50))
def test_any_text_keeps_its_length_and_is_stable(text: str) -> None:
    turn = redact((Turn(0, Role.CUSTOMER, text),), EXAMPLE_KEY)[0]
    assert len(turn.text) == len(text)
    assert all(new in (old, "*") for old, new in zip(text, turn.text, strict=True))
    assert all(0 <= token.start_char < token.end_char <= len(text) for token in turn.tokens)
    assert all(left.end_char <= right.start_char for left, right in zip(turn.tokens, turn.tokens[1:], strict=False))


@given(st.from_regex("1[3-9][0-9]{9}", fullmatch=True, alphabet="0123456789"))
def test_every_mobile_number_is_masked_however_it_is_cut(number: str) -> None:
    spoken = "".join("零幺二三四五六七八九"[int(d)] for d in number)
    for text in (number, spoken, f"{spoken[:3]}，嗯，{spoken[3:7]}，{spoken[7:]}", f"{number[:3]}-{number[3:7]}-{number[7:]}"):
        (value,) = values_in(f"我电话{text}，谢谢")
        assert (value.kind, value.content) == ("phone", number)
