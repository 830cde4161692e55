"""A personal value that one side gave is repeated by the other: the read-back of a telephone number.

Stored text is masked, so values are compared by their tokens: digits said one by one, in groups over
several turns, or only the last four all count. A repeat that differs is sought among what is said in the next two turns of that
side; a slip that is put right later counts no more. Where a recogniser is unsure of the digits, or only a name is spelled
otherwise, the hit is doubtful. Where the numbers themselves are to be placed or counted, compare two `entity` conditions.

Kinds: phone, account, id_card, bank_card, uscc, passport, plate, email, name, address.

Example:

    back:  {same_value: phone, given_by: customer, by: agent}
    wrong: {same_value: phone, given_by: customer, by: agent, agrees: false}
"""

from __future__ import annotations

from dataclasses import dataclass

from qa.calls import Role
from qa.redaction import Mention, agree, mentions
from qa.rules.conditions.operator import Operator, Vocabulary, param
from qa.rules.fields import Fields
from qa.rules.model import Title
from qa.rules.personal import KINDS, NAMES
from qa.rules.verdict import Found, Hit, both
from qa.rules.view import CallView
from qa.rules.windows import Look

_REACH = 2
"""Turns of the repeating side after a value was given in which another value is taken for a wrong repeat."""


@dataclass(frozen=True, slots=True)
class Params:
    """The kind of value, who gives it, and whether a repeat that agrees or one that differs is sought."""

    kind: str = param("值的类型", "the kind of value", key="same_value")
    given_by: str = param("谁先说出", "who gives it: customer or agent", shown="customer")
    agrees: bool = param("true：复述一致；false：复述有误", "true: repeated right; false: repeated wrong", shown="true")


def read(fields: Fields, vocabulary: Vocabulary) -> Params:
    """The parameters written in ``fields``; raises BadRule."""
    del vocabulary
    kind = fields.choice("same_value", KINDS)
    return Params(kind, fields.choice("given_by", ("customer", "agent"), "customer"), fields.flag("agrees", True))


def find(params: Params, view: CallView, look: Look) -> Found:
    """The repeats by the side meant (``by``; default: who did not give it) that agree, or differ."""
    giver = Role(params.given_by)
    side = look.condition.by or (Role.AGENT if giver is Role.CUSTOMER else Role.CUSTOMER)
    given = mentions(view.call, params.kind, giver)
    repeats = [m for m in mentions(view.call, params.kind, side) if any(_is_after(m, g) for g in given)]
    hits: list[Hit] = []
    for repeat in repeats:
        before = [g for g in given if _is_after(repeat, g)]
        answers = [agree(g.token, repeat.token) for g in before]
        if any(answer is True for answer in answers):
            if not params.agrees:
                hits.clear()  # what was wrong before has been put right
            else:
                hits.append(_hit(params, view, repeat, doubt=""))
        elif not params.agrees and _turns_between(view, before[-1], repeat, side) <= _REACH:
            unclear = any(answer is None for answer in answers)
            hits.append(_hit(params, view, repeat, both("两处写法不同，无法断定", "they are written unlike each other") if unclear else ""))
    kept = look.keep_all([_if_heard(view, hit, given) for hit in hits])
    return Found(tuple(kept), look.unsure)


def _is_after(later: Mention, earlier: Mention) -> bool:
    return (later.turn, later.token.start_char) > (earlier.turn, earlier.token.start_char)


def _turns_between(view: CallView, given: Mention, repeat: Mention, side: Role) -> int:
    """How many turns of ``side`` there are from the value to its repeat, the repeat's own counted."""
    talks = range(view.talk_of[given.turn] + 1, view.talk_of[repeat.places[0][0]] + 1)
    return sum(view.talks[talk].role is side and not view.talks[talk].aside for talk in talks)


def _hit(params: Params, view: CallView, repeat: Mention, doubt: str) -> Hit:
    turn, token = repeat.places[-1]
    zh, en = NAMES[params.kind]
    if params.agrees:
        detail = both(f"复述的{zh}与对方所报一致", f"repeats the {en} as it was given")
    else:
        detail = both(f"复述的{zh}与对方所报不同", f"repeats another {en} than was given")
    return Hit(turn, token.start_char, token.end_char, view.time_of(turn, token.start_char, token.end_char), not doubt, detail, doubt)


def _if_heard(view: CallView, hit: Hit, given: list[Mention]) -> Hit:
    """The hit, doubtful where the recogniser is unsure of its digits or of those of what was given."""
    places = [(turn, token.start_char, token.end_char) for mention in given for turn, token in mention.places]
    places += [(hit.turn, hit.start, hit.end)] if hit.turn is not None else []
    if not hit.certain or all(view.sure_words(view.turns[turn], start, end) for turn, start, end in places):
        return hit
    doubt = both("数字的识别置信度低", "the recogniser is unsure of the digits")
    return Hit(hit.turn, hit.start, hit.end, hit.span, False, hit.detail, doubt)


def _described(params: Params) -> str:
    return NAMES[params.kind][0]


OPERATOR = Operator(
    "same_value",
    Title("复述对方所报的号码等", "one side repeats a value that the other gave"),
    Params,
    read,
    find,
    describe=_described,
    spoken=True,
)
