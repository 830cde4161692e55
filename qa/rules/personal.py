"""Numbers, names and addresses of people in a call, known by their tokens: masked text and plain text are judged alike."""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import pairwise
from weakref import WeakKeyDictionary

from qa.calls import Call, Role, Turn
from qa.redaction import EXAMPLE_KEY, Mention, mentions, redact
from qa.redaction.digits import runs_in
from qa.rules.kept import kept
from qa.rules.values import Personal
from qa.rules.verdict import Hit, both
from qa.rules.view import CallView

KINDS = ("phone", "account", "id_card", "bank_card", "uscc", "passport", "plate", "email", "name", "address")
NAMES = {
    "phone": ("电话号码", "telephone number"),
    "account": ("户号", "account number"),
    "id_card": ("身份证号", "identity number"),
    "bank_card": ("银行卡号", "card number"),
    "uscc": ("信用代码", "company code"),
    "passport": ("护照号", "passport number"),
    "plate": ("车牌号", "plate"),
    "email": ("邮箱", "e-mail address"),
    "name": ("姓名", "name"),
    "address": ("地址", "address"),
}
_CORRECTS = re.compile(
    r"(?:不对|不是|错了|说错|更正|改成|应该是|重新说|我再说|(?i:\b(?:no|sorry|wrong|actually|correction|i mean|rather)\b))"
    r"[^。！？!?]{0,14}$"
)
_LOOKED_BACK = 24
_LEAST_LOOSE = 7
_KNOWN: WeakKeyDictionary[CallView, Call] = WeakKeyDictionary()


@dataclass(frozen=True, slots=True)
class Said:
    """A mention with the side that said it."""

    mention: Mention
    role: Role


def tokened(view: CallView) -> Call:
    """The call with tokens. Text that came unmasked and without any is read once; the text itself stays as it is."""
    known = _KNOWN.get(view)
    if known is None:
        call = view.call
        fresh = not any(turn.tokens or "*" in turn.text for turn in call.turns)
        turns = redact(call.turns, EXAMPLE_KEY, masked=False) if fresh and call.turns else call.turns
        known = _KNOWN[view] = Call(call.id, turns)
    return known


def said(view: CallView, kind: str) -> list[Said]:
    """Every mention of ``kind`` by anybody, pieces put together, in order; what its speaker took back left out.

    >>> from qa.rules.examples import call_of, turns_of
    >>> from qa.rules.model import Doubt
    >>> lines = "customer: 电话13800004517，不对，是13800004571"
    >>> [s.mention.token.digits for s in said(CallView(call_of("c", turns_of(lines)), Doubt()), "phone")]
    [11]
    """
    call = tokened(view)
    found = [Said(m, call.turns[m.turn].role) for m in mentions(call, kind)]
    found += [Said(m, call.turns[m.turn].role) for m in mentions(call, "digits") if m.token.kind == "digits" and kind in _NUMERIC]
    found.sort(key=lambda s: (s.mention.turn, s.mention.token.start_char))
    kept = []
    for at, one in enumerate(found):
        later = next((other for other in found[at + 1 :] if other.role is one.role), None)
        taken_back = later is not None and _takes_back(call.turns, later)
        if not taken_back and (one.mention.token.kind != "digits" or _takes_back(call.turns, one)):
            kept.append(one)
    return kept


_NUMERIC = frozenset(KINDS) - {"plate", "email", "name", "address"}


def _takes_back(turns: tuple[Turn, ...], later: Said) -> bool:
    """Whether what stands before a value says that the one before it was wrong."""
    turn, token = later.mention.places[0]
    return _CORRECTS.search(turns[turn].text[max(0, token.start_char - _LOOKED_BACK) : token.start_char]) is not None


def hits(view: CallView, kind: str, *, tail_counts: bool, most_pieces: int | None) -> list[Hit]:
    """The mentions as hits, each where it was complete; doubtful where its kind or its digits are."""
    found = said(view, kind)
    named = {s.mention.token.whole for s in found if s.mention.token.kind == kind}
    zh, en = NAMES[kind]
    out = []
    for one in found:
        turn, token = one.mention.places[-1]
        doubt = ""
        if token.kind != kind and not (token.whole and token.whole in named):
            doubt = both(f"没有说明是不是{zh}", f"not said to be a {en}")
        if not token.whole and not token.last_four:
            doubt = both("号码没有听全", "the number was not heard whole")
        if most_pieces is not None and len(one.mention.places) > most_pieces:
            doubt = both(f"分 {len(one.mention.places)} 段说出", f"said in {len(one.mention.places)} pieces")
        heard = all(view.sure_words(view.turns[t], p.start_char, p.end_char) for t, p in one.mention.places)
        if not heard:
            doubt = both("数字的识别置信度低", "the recogniser is unsure of the digits")
        detail = both(f"{zh}（已隐去，{token.digits} 位）", f"{en} (masked, {token.digits} digits)") if token.digits else both(zh, en)
        span = view.time_of(turn, token.start_char, token.end_char)
        value = Personal(token, tail_counts) if heard else None  # what was badly heard may be any number
        out.append(Hit(turn, token.start_char, token.end_char, span, not doubt, detail, doubt, value=value))
    return out


def loose_pieces(view: CallView, role: Role | None) -> bool:
    """Whether somebody said a long number in pieces that nobody could put together: then finding no number proves nothing."""
    call = tokened(view)
    pieces = [(turn.index, _loose_digits(turn)) for turn in call.turns if role is None or turn.role is role]
    pieces = [(index, digits) for index, digits in pieces if digits]
    return any(
        first[1] + second[1] >= _LEAST_LOOSE and view.talk_of[second[0]] - view.talk_of[first[0]] <= 4 for first, second in pairwise(pieces)
    ) or any(a[1] + b[1] + c[1] >= _LEAST_LOOSE for a, b, c in zip(pieces, pieces[1:], pieces[2:], strict=False) if c[0] - a[0] <= 8)


def _loose_digits(turn: Turn) -> int:
    """Digits (three or more) of a sentence that is little more than digits and holds no value by itself."""
    if turn.tokens or len(turn.text) > 24:
        return 0
    return _digits_alone(turn.text)


@kept(200_000)
def _digits_alone(text: str) -> int:
    runs = runs_in(text)
    digits = sum(len(run.digits) for run in runs)
    covered = sum(run.end - run.start for run in runs)
    return digits if digits >= 3 and len(re.sub(r"[\s，,。.、]", "", text)) - covered <= 4 else 0
