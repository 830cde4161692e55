"""Leaving a recogniser out where its hint is missing changes no result, and every cue has its hint."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from benchmarks import redaction_dev, redaction_held_out, redaction_second, redaction_third
from benchmarks.redaction import clean_turns, sample_sentences, talks
from qa.calls import Role, Turn
from qa.redaction import EXAMPLE_KEY, cues, digits, redact, turns
from qa.redaction.hints import Hint


class _Everything(frozenset[str]):
    """A set of characters that holds every one."""

    def __contains__(self, character: object) -> bool:
        return True


@contextmanager
def _without_hints() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Hint, "may", lambda self, text: True)
        patch.setattr(digits, "_GAP_BEGINS", _Everything())
        patch.setattr(turns, "_NOTHING_BEGINS", _Everything())
        yield


def _alike(call: tuple[Turn, ...]) -> None:
    quick = redact(call, EXAMPLE_KEY)
    with _without_hints():
        assert redact(call, EXAMPLE_KEY) == quick


@pytest.mark.parametrize("frames", [redaction_dev, redaction_held_out, redaction_second, redaction_third])
def test_the_benchmarks_sentences_are_masked_alike(frames: Any) -> None:
    for talk in talks(frames.FRAMES, 150, 11):
        _alike(talk.turns)
    for turn in clean_turns(frames.CLEAN, 150, 11):
        _alike((turn,))


def test_the_rule_sets_sentences_are_masked_alike() -> None:
    sentences = sample_sentences()
    assert len(sentences) > 50
    _alike(tuple(Turn(i, Role.AGENT if i % 2 else Role.CUSTOMER, sentence) for i, sentence in enumerate(sentences)))


_WORDS = """
我叫 我是 这里是 张伟 姓陈 木子李 陈先生 欧阳女士 李老师 主任 您贵姓 哪位 谁 联系人 户主 名字 家住
翠苑小区 我家在 文华路 16号 三栋 二单元 501
大家 路 户号 尾号 验证码 邮编 单号 工号 示数 护照 微信 QQ 税号 电话 138 0000 4517 幺三八 零零零零 四五一七 两个三 一下 吧
， 。 、 嗯 那个 然后 / ： -
E12345678 京A12345 91350100M000100Y43 a.b@c.com 张三艾特qq点com at dot my%name%is John Smith this%is Mary calling Mr. Ms%Jones
42%Maple%Street forty%two%Oak%Road NY%10001 SW1A%1AA double oh three five hundred space daſh ſix ſpeaking with ſſn K J-O-H-N
2026-11-09 9:30 account number ok yes I'm your%name   ① ３
"""
_PIECES = st.sampled_from(_WORDS.split()).map(lambda piece: piece.replace("%", " "))
_TEXTS = st.lists(_PIECES, max_size=9).map("".join) | st.lists(_PIECES, max_size=9).map(" ".join) | st.text(max_size=30)


@given(st.lists(st.tuples(st.sampled_from([Role.AGENT, Role.CUSTOMER]), _TEXTS), max_size=5))
@settings(max_examples=300, deadline=None)
def test_hints_change_nothing(said: list[tuple[Role, str]]) -> None:
    _alike(tuple(Turn(i, role, text) for i, (role, text) in enumerate(said)))


@pytest.mark.parametrize("kind", sorted(cues._WORDS))
def test_every_cue_has_its_hint(kind: str) -> None:
    @given(st.from_regex(cues._WORDS[kind], fullmatch=True))
    @settings(max_examples=60, deadline=None, database=None)
    def hinted(cue: str) -> None:
        assert cues._HINT.may(cue)

    hinted()
