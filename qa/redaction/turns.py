"""Numbers that one speaker says over several turns: 幺三八 – 嗯 – 零零零零 – 好 – 一二三四.

The pieces stand at the end of one turn and the beginning of the speaker's next; between them the other side says no more than 嗯,
or repeats the piece. Both sides are followed, so a number that is read back piece by piece is one number on either side.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import re2

from qa.calls import Role, Turn
from qa.redaction.digits import Run
from qa.redaction.runs import SHORTEST, of_form
from qa.redaction.values import Value

_MOST_BETWEEN = 3
_LONGEST = 22
"""Digits of a number in pieces, and so the most pieces."""
_NOTHING = (
    r"[ \t，,。.、；;：:！!？?…~\-]|嗯+|啊|哦|噢|呃|额|哎|好的?|对的?|是的?|行|诶|吧|吗|呢|没错|然后是?|后[面边]是?|接着是?|接下来是?|再是?"
    r"|就是|那个|继续|您说|你说|您继续|请继续|请讲|您讲|还有呢?|然后呢|记[下好]了?|稍等|等一下|慢点|慢一点"
)
_ENGLISH_NOTHING = r"(?i:\b(?:uh|um|mm|mhm|hmm|ok|okay|yes|yeah|right|and|then|so|go ahead|got it|sure|uh-huh|correct)\b)"
_NOTHING_BEGINS = frozenset(
    " \t，,。.、；;：:！!？?…~-嗯啊哦噢呃额哎好对是行诶吧吗呢没然后接再就那继您你请还记稍等慢umoyratsgchUMOYRATSGCHſ"
)
"""How what says nothing may begin."""
_EMPTY = re2.compile(rf"(?:{_NOTHING}|{_ENGLISH_NOTHING})*")


@dataclass(frozen=True, slots=True)
class Piece:
    """A run in turn ``turn`` (place in the list of turns); ``opens``: nothing but noise before it; ``closes``: after it."""

    turn: int
    run: Run
    opens: bool
    closes: bool


@dataclass(frozen=True, slots=True)
class Split:
    """A value and its pieces as (place of the turn, run), places relative to each turn's text."""

    value: Value
    pieces: tuple[tuple[int, Run], ...]


def split_numbers(turns: Sequence[Turn], loose: dict[int, list[Run]], cues: Sequence[str], english: Sequence[bool]) -> list[Split]:
    """Numbers in pieces. ``loose`` are the runs by turn that are no number by themselves; ``cues`` what each turn announced last."""
    found: list[Split] = []
    if len(loose) < 2:
        return found
    for role in (Role.AGENT, Role.CUSTOMER, Role.UNKNOWN, Role.OTHER):
        chain: list[Piece] = []
        for place, turn in enumerate(turns):
            if turn.role is not role:
                continue
            pieces = _pieces(place, turn.text, loose.get(place, []))
            if not pieces:
                if chain and not _empty(turn.text):
                    found += _closed(chain, cues, english)
                    chain = []
                continue
            for piece in pieces:
                if chain and not (chain[-1].closes and piece.opens and _near(turns, chain[-1].turn, place, loose)):
                    found += _closed(chain, cues, english)
                    chain = []
                chain.append(piece)
        found += _closed(chain, cues, english)
    return found + _echoes(turns, found, loose)


def _echoes(turns: Sequence[Turn], found: list[Split], loose: dict[int, list[Run]]) -> list[Split]:
    """Pieces that the other side repeated without repeating the whole: hidden too, but of no value for comparing."""
    taken = {(place, run.start) for split in found for place, run in split.pieces}
    echoes: list[Split] = []
    for split in found:
        digits = {run.digits for _, run in split.pieces}
        first, last = split.pieces[0][0], split.pieces[-1][0]
        for place in range(first, min(len(turns), last + 2)):
            for run in loose.get(place, []):
                if run.digits in digits and (place, run.start) not in taken:
                    taken.add((place, run.start))
                    echoes.append(Split(Value("digits", run.start, run.end, "", len(run.digits)), ((place, run),)))
    return echoes


def _pieces(place: int, text: str, runs: list[Run]) -> list[Piece]:
    return [Piece(place, run, _empty(text[: run.start]), _empty(text[run.end :])) for run in runs]


def _empty(text: str) -> bool:
    return not text or (text[0] in _NOTHING_BEGINS and _EMPTY.fullmatch(text) is not None)


def _near(turns: Sequence[Turn], before: int, after: int, loose: dict[int, list[Run]]) -> bool:
    """Whether only noise, or the piece repeated, stands between two turns."""
    between = range(before + 1, after)
    return len(between) <= _MOST_BETWEEN and all(_empty(turns[i].text) or _only_digits(turns[i].text, loose.get(i, [])) for i in between)


def _only_digits(text: str, runs: list[Run]) -> bool:
    rest, at = "", 0
    for run in runs:
        rest += text[at : run.start]
        at = run.end
    return bool(runs) and _empty(rest + text[at:])


def _closed(chain: list[Piece], cues: Sequence[str], english: Sequence[bool]) -> list[Split]:
    """What a chain of pieces makes: the longest number of a form in it, else all of it when it is long enough."""
    for size in range(min(len(chain), _LONGEST), 1, -1):
        for first in range(len(chain) - size + 1):
            part = chain[first : first + size]
            digits = "".join(p.run.digits for p in part)
            form = of_form(digits, cues[part[0].turn], english[part[0].turn]) if len(digits) <= _LONGEST else None
            if form is not None:
                return [
                    *_closed(chain[:first], cues, english),
                    _split(part, form[0], form[1], form[2]),
                    *_closed(chain[first + size :], cues, english),
                ]
    digits = "".join(p.run.digits for p in chain)
    cue = cues[chain[0].turn] if chain else ""
    if (
        len(chain) > 1
        and SHORTEST <= len(digits) <= _LONGEST
        and cue not in ("ticket", "badge", "reading")
        and min(len(p.run.digits) for p in chain) > 1
        and not _stand_alone([p.run.digits for p in chain if len(p.run.digits) >= SHORTEST], cue)
    ):
        return [_split(chain, cue if cue in ("account", "phone", "bank_card", "id_card", "ssn") else "number", digits, None)]
    return []


def _stand_alone(long: list[str], cue: str) -> bool:
    """Whether a number is whole and said twice, or whole as a local telephone number: what follows it is no part of it."""
    return len(set(long)) < len(long) or (cue == "phone" and any(d[0] != "1" or d[1] in "012" for d in long))


def _split(part: list[Piece], kind: str, content: str, valid: bool | None) -> Split:
    known = "" if "?" in content else content
    last = part[-1].run
    return Split(Value(kind, last.start, last.end, known, len(content), valid), tuple((p.turn, p.run) for p in part))
