"""Values that only their cue, the question or an earlier turn gives away; and what looks like them and stays."""

from __future__ import annotations

import pytest

from qa.calls import Role, Turn
from qa.redaction import EXAMPLE_KEY, mask, redact, values_in


def _talk(*lines: str) -> tuple[Turn, ...]:
    roles = {"a": Role.AGENT, "c": Role.CUSTOMER}
    return redact(tuple(Turn(i, roles[line[0]], line[3:]) for i, line in enumerate(lines)), EXAMPLE_KEY)


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("我老公叫马超", "我老公叫**"),
        ("我儿子叫李小龙，在家", "我儿子叫***，在家"),
        ("我女儿的名字叫做赵敏", "我女儿的名字叫做**"),
        ("给我老婆陈静打电话", "给我老婆**打电话"),
        ("记一下我邻居王国强的电话", "记一下我邻居***的电话"),
        ("我老公叫高师傅来", "我老公叫*师傅来"),
        ("找小区物业的老刘", "找小区物业的老*"),
        ("name is Jon, J-O-N, Smith", "name is ***, *-*-*, *****"),
        ("My name is Ana, that's A N A, Lopez.", "My name is ***, that's * * *, *****."),
        ("my account number is A B 7 7 3 0 9", "my account number is * * * * * * *"),
        ("the account is AB77309, thanks", "the account is *******, thanks"),
        ("my plate is 7 A B C 1 2 3", "my plate is * * * * * * *"),
        ("the code is nine one one four", "the code is **** *** *** ****"),
        ("my driver’s license number is D1234567", "my driver’s license number is ********"),
        ("驾驶证号D1234567", "驾驶证号********"),
        ("我生日是一九八五年三月十二号", "我生日是**********"),
        ("出生日期1985-03-12", "出生日期****-**-**"),
        ("my date of birth is March 12, 1985", "my date of birth is ***** **, ****"),
        ("I was born on 3/12/1985", "I was born on */**/****"),
    ],
)
def test_what_a_cue_announces_is_hidden(text: str, masked: str) -> None:
    assert mask(text) == masked


@pytest.mark.parametrize(
    "text",
    [
        "我老公高兴坏了",
        "我老婆常用的手机没电了",
        "小区里老停电",
        "我爸常年联系不上",
        "我妈高血压的药要放冰箱",
        "邻居叫人来修",
        "my meter plate says 220 V 50 HZ",
        "老王庄村那边",
        "九五五九八转三",
        "打九五五九八转三",
        "the error code is nine one one four",
        "my account is in Oregon since 1999",
        "the meter is A 5 B",
        "后三个月一共用了三百二十度",
        "our power went out on March 12, 2026",
        "九月十二号停的电，不对，是九月十三号",
        "不对，是一一零一",
        "no, it's 1999",
    ],
)
def test_what_only_looks_like_one_stays(text: str) -> None:
    assert mask(text) == text


@pytest.mark.parametrize(
    ("text", "kind", "digits"),
    [
        ("电表号后四位四五一七", "account", 4),
        ("户号的后四位是四五一七", "account", 4),
        ("身份证后六位是零七二三幺X", "id_card", 6),
        ("卡号尾号四五一七", "bank_card", 4),
        ("尾号四五一七", "phone", 4),
        ("社保卡号是123456789012", "account", 12),
    ],
)
def test_the_end_of_a_number_has_the_kind_of_the_number(text: str, kind: str, digits: int) -> None:
    (value,) = values_in(text)
    assert (value.kind, value.digits) == (kind, digits)


def test_a_question_gives_kind_to_the_answer() -> None:
    assert _talk("a: 请问户号后四位是多少？", "c: 四五一七")[1].tokens[0].kind == "account"
    talk = _talk(
        "a: 初始密码是户号的后六位",
        "c: 哪六位？",
        "a: 我说了是后六位",
        "c: 是零七七四二一吗",
        "a: 您输入七七四二一前面加一个零，就是零七七四二一",
    )
    assert {token.kind for turn in talk for token in turn.tokens} == {"account"}
    assert _talk("a: 您的出生日期？", "c: 一九八五年三月十二号")[1].text == "*" * 10
    assert _talk("a: 什么时候停的电？", "c: 二零二六年三月十二号")[1].tokens == ()


def test_a_name_stays_hidden_when_it_is_said_again() -> None:
    talk = _talk("c: My name is Priya Shah", "a: Thanks Priya, is Shah right?", "c: 我叫张伟", "a: 张伟您好")
    assert [turn.text for turn in talk] == ["My name is ***** ****", "Thanks *****, is **** right?", "我叫**", "**您好"]
    assert _talk("c: my name is Bill Shah", "a: Bill is due, Shah")[1].text == "Bill is due, ****"
    assert _talk("a: Thanks Priya, we will call")[0].tokens == ()


def test_a_correction_of_a_number_is_hidden_and_accuses_nobody() -> None:
    talk = _talk("c: 我电话13988761011", "a: 13988761011，对吗", "c: 不对，是一一零一")
    (token,) = talk[2].tokens
    assert talk[2].text == "不对，是****"
    assert (token.kind, token.whole, token.last_four) == ("digits", "", "")
    assert _talk("c: 我电话13988761011", "a: 三百块对吗", "c: 不对，是五百二十块")[2].tokens == ()
