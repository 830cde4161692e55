"""Many calls as columns: a value a turn or a value a call, no object for either."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from qa.calls import Call, Layout, Role, SourceKind
from qa.rules.facts import fact

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]
Places = npt.NDArray[np.int32]
Codes = npt.NDArray[np.uint32]
Small = npt.NDArray[np.int8]

ROLES = (Role.AGENT, Role.CUSTOMER, Role.OTHER, Role.UNKNOWN)
AGENT, CUSTOMER, OTHER, UNKNOWN = range(4)
_ROLE_CODE = {role: code for code, role in enumerate(ROLES)}


@dataclass(frozen=True, slots=True, eq=False)
class Table:
    """``n`` calls and their turns in order; turns ``first[c]`` to ``first[c + 1]`` are those of call ``c``.

    Times are seconds, confidences 0–1, both NaN when unknown; ``lowest_word`` is the least confidence of a turn's words. The text of turn
    ``t`` is the code points ``chars[at[t]:at[t + 1]]``. ``role`` indexes ``ROLES``. ``call`` gives a whole call back.
    """

    ids: tuple[str, ...]
    first: Ints
    role: Small
    role_confidence: Floats
    start: Floats
    end: Floats
    confidence: Floats
    lowest_word: Floats
    worded: Bools
    speech_without_source: Bools
    chars: Codes
    at: Ints
    utf8: bytes
    """All texts as UTF-8, a line end between them; turn ``t`` begins at byte ``byte_at[t]``."""
    byte_at: Ints
    duration: Floats
    truncated: Bools
    measured: Bools
    """Whether there was a recording (``layout`` is not none)."""
    sounding: Bools
    """Whether ``sounds`` are known of the call: music, tones, announcements."""
    tokened: Bools
    """Whether the call has masked values."""
    overlaps_known: Bools
    """Whether it is known when both sides speak at once, as on two channels."""
    call: Callable[[int], Call]
    head: Callable[[int], Call]
    """A call of which only what is known besides its turns is asked."""
    by_field: Callable[[str], tuple[Ints, list[Call]]]
    """For a field (see :func:`qa.rules.facts.fact`): a number a call, and for each number a call that has the same there."""

    @property
    def n(self) -> int:
        return len(self.ids)

    @property
    def call_of(self) -> Ints:
        """The call of every turn."""
        return np.repeat(np.arange(self.n), np.diff(self.first))

    @property
    def timed(self) -> Bools:
        """Which turns have a span that is not empty, as ``bool(turn.span)`` has it."""
        with np.errstate(invalid="ignore"):
            return self.end > self.start


def of_calls(calls: Sequence[Call]) -> Table:
    """The table of ``calls``."""
    turns = [turn for call in calls for turn in call.turns]
    texts = [turn.text for turn in turns]
    nan = float("nan")
    words = [[w.confidence for w in t.words if w.confidence is not None] for t in turns]
    return Table(
        ids=tuple(call.id for call in calls),
        first=_offsets([len(call.turns) for call in calls]),
        role=np.array([_ROLE_CODE[t.role] for t in turns], dtype=np.int8),
        role_confidence=np.array([t.role_confidence for t in turns], dtype=np.float64),
        start=np.array([t.span.start if t.span is not None else nan for t in turns], dtype=np.float64),
        end=np.array([t.span.end if t.span is not None else nan for t in turns], dtype=np.float64),
        confidence=np.array([nan if t.confidence is None else t.confidence for t in turns], dtype=np.float64),
        lowest_word=np.array([min(w, default=nan) for w in words], dtype=np.float64),
        worded=np.array([bool(t.words) for t in turns], dtype=np.bool_),
        speech_without_source=np.array([t.source.kind is SourceKind.NONE for t in turns], dtype=np.bool_),
        chars=code_points("".join(texts)).copy(),  # loops compiled for arrays that may be written to take no others
        at=_offsets([len(t) for t in texts]),
        utf8="\n".join(texts).encode("utf-8", "replace"),
        byte_at=_offsets([len(t.encode("utf-8", "replace")) + 1 for t in texts]),
        duration=np.array([call.duration or 0.0 for call in calls], dtype=np.float64),
        truncated=np.array([call.truncated for call in calls], dtype=np.bool_),
        measured=np.array([call.layout is not Layout.NONE for call in calls], dtype=np.bool_),
        sounding=np.array([bool(call.sounds) for call in calls], dtype=np.bool_),
        tokened=np.array([any(t.tokens for t in call.turns) for call in calls], dtype=np.bool_),
        overlaps_known=np.array([c.overlap_known and c.layout is not Layout.MONO for c in calls], dtype=np.bool_),
        call=calls.__getitem__,
        head=calls.__getitem__,
        by_field=lambda field: _by_field(calls, field),
    )


def _by_field(calls: Sequence[Call], field: str) -> tuple[Ints, list[Call]]:
    seen: dict[tuple[str | None, bool], int] = {}
    stubs: list[Call] = []
    which = np.zeros(len(calls), dtype=np.int64)
    for place, call in enumerate(calls):
        key = (fact(call, field), call.metadata_closed)
        if key not in seen:
            seen[key] = len(stubs)
            stubs.append(call)
        which[place] = seen[key]
    return which, stubs


def code_points(text: str) -> Codes:
    """The code points of a text, lone surrogates included."""
    return np.frombuffer(text.encode("utf-32-le", "surrogatepass"), dtype=np.uint32)


def text_of(codes: Codes) -> str:
    """The text of code points."""
    return codes.tobytes().decode("utf-32-le", "surrogatepass")


def pieces(lengths: Ints, starts: Ints) -> Ints:
    """The indices ``starts[i] … starts[i] + lengths[i] - 1`` of all ``i``, in a row."""
    ends = np.cumsum(lengths)
    found = np.repeat(starts - (ends - lengths), lengths)
    found += np.arange(len(found))
    return found


def _offsets(lengths: list[int]) -> Ints:
    return np.concatenate([[0], np.cumsum(np.array(lengths, dtype=np.int64))]).astype(np.int64)
