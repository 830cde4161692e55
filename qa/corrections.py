"""Mend words or roles of a call in review: the call is judged again at once, and what stood there before is kept.

changes ─► mask ─► word times carried over ─► new turns ─► judge ─┐
                                                                 one transaction: turns, score, who changed what, audit
"""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from hotline.errors import BadInput
from hotline.store import Store, audit, corrections, parquet, publishing, rollups
from hotline.store import calls as call_store
from hotline.store.access import Permission, Viewer
from hotline.store.calls import OpenedCall
from qa import redaction
from qa.calls import Role, SourceKind, TextSource, Turn
from qa.judging import masked
from qa.realign import moved, realigned
from qa.rules import RuleSet
from qa.rules.verdict import both
from qa.scoring import score

LONGEST_TEXT = 4_000
LONGEST_NOTE = 500
_SWAPPED = {Role.AGENT: Role.CUSTOMER, Role.CUSTOMER: Role.AGENT}


@dataclass(frozen=True, slots=True)
class TurnChange:
    """What becomes of a turn; None leaves it as it is."""

    index: int
    text: str | None = None
    role: Role | None = None


@dataclass(frozen=True, slots=True)
class Corrected:
    """The score interval before (None: not judged) and after, the turns that changed, and the reference to the new ones."""

    call_id: str
    was: tuple[float, float] | None
    now: tuple[float, float]
    turns: tuple[int, ...]
    turns_file: str


def correct(
    store: Store,
    viewer: Viewer,
    call_id: str,
    changes: Sequence[TurnChange],
    note: str = "",
    *,
    seen: str | None = None,
    rules: Path | None = None,
) -> Corrected:
    """Change turns of a call and judge it again by the version that judged it, or by ``rules``.

    Needs CORRECT and the call in scope, and RESCORE where ``rules`` are named. Text and note are masked as at ingestion, and so is what
    the change shows to be personal in other turns (a number that answers a corrected question); those count as corrected too. A
    corrected text counts as typed by the viewer, a given role as certain. ``seen`` refers to the turns the viewer had before him
    (``OpenedCall.turns_file``): when somebody else has corrected the call since, BadInput says so and nothing is changed. Raises
    BadInput for a turn that is not there, for a text that is too long or holds control characters, and when nothing would change;
    AccessDenied as for opening a call.
    """
    viewer.require(Permission.CORRECT, f"call {call_id}")
    if rules is not None:
        viewer.require(Permission.RESCORE, f"call {call_id}")
    opened = call_store.open_call(store, viewer, call_id)
    if not opened.row.recorded:
        raise BadInput(f"call {call_id}", "has no turns to correct", "ingest its recording first")
    before = opened.call.turns
    after = _changed(call_id, before, changes, store, viewer)
    rows = [_row(old, new, redaction.mask(_note(call_id, note))) for old, new in zip(before, after, strict=True) if old != new]
    if not rows:
        raise BadInput(f"call {call_id}", "nothing would change", "give another text or role")
    call = replace(opened.call, turns=after)
    rule_set = _judged_by(store, viewer, opened, rules)
    scorecard = score(rule_set, call)
    turns_file, hits_file = parquet.write_turns(store, call), parquet.write_hits(store, call, scorecard)
    more = (
        {} if opened.role_method.endswith(_BY_HAND) or not _roles_differ(before, after) else {"role_method": opened.role_method + _BY_HAND}
    )
    try:
        with store.begin() as connection:
            corrections.replace_turns(connection, call_id, seen or opened.turns_file, turns_file, viewer.name, rows, **more)
            call_store.save_score(connection, rule_set, scorecard, hits_file, author=viewer.name, reason=_CORRECTED)
            audit.record(connection, viewer.name, "correct_call", call_id, turns=[row["turn"] for row in rows], rules=rule_set.content_hash)
    except BadInput:
        parquet.forget_erased(store, call_id)
        raise
    rollups.roll_up(store, {opened.row.day})
    was = None if opened.row.low is None or opened.row.high is None else (opened.row.low, opened.row.high)
    return Corrected(call_id, was, (scorecard.low, scorecard.high), tuple(row["turn"] for row in rows), turns_file)


def swap_roles(
    store: Store, viewer: Viewer, call_id: str, note: str = "", *, seen: str | None = None, rules: Path | None = None
) -> Corrected:
    """Make every turn of the agent the customer's and the other way round; see :func:`correct`."""
    viewer.require(Permission.CORRECT, f"call {call_id}")
    turns = call_store.open_call(store, viewer, call_id).call.turns
    changes = [TurnChange(turn.index, role=_SWAPPED[turn.role]) for turn in turns if turn.role in _SWAPPED]
    return correct(store, viewer, call_id, changes, note, seen=seen, rules=rules)


_BY_HAND = ", corrected by hand"
_CORRECTED = both("内容已更正", "its words or roles were corrected")


def _judged_by(store: Store, viewer: Viewer, opened: OpenedCall, rules: Path | None) -> RuleSet:
    """A call keeps the version that it was judged by; one that was never judged takes what is in force for it."""
    if rules is None and opened.row.rule_hash is not None:
        return publishing.kept(store, viewer, opened.row.rule_hash)
    return publishing.rule_book(store, rules).choose(opened.call)


def _changed(call_id: str, turns: Sequence[Turn], changes: Sequence[TurnChange], store: Store, viewer: Viewer) -> tuple[Turn, ...]:
    """The turns after the changes, in their order."""
    by_index = {turn.index: turn for turn in turns}
    retyped: set[int] = set()
    for change in changes:
        thing = f"call {call_id}: turn {change.index}"
        if change.index not in by_index:
            raise BadInput(thing, "is not there", f"name one of 0 to {len(turns) - 1}: hotline calls show {call_id}")
        turn = by_index[change.index]
        if change.role is not None:
            turn = replace(turn, role=change.role, role_confidence=1.0)
        if change.text is not None and (text := _clean(change.text, thing)) != turn.text:
            turn = _retyped(turn, text, viewer)
            retyped.add(change.index)
        by_index[change.index] = turn
    after = tuple(by_index[turn.index] for turn in turns)
    # Masked as one call: what a turn holds may follow from the question before it, and a number may go on in the next turn.
    hidden = masked(store.settings, call_id, after)
    return tuple(new if new.index in retyped else _keeping_tokens(old, new) for old, new in zip(after, hidden, strict=True))


def _keeping_tokens(old: Turn, new: Turn) -> Turn:
    """The turn masked anew with the tokens it had, and new ones only where it had none: masked text cannot be read again."""
    if old is new:
        return old
    fresh = [t for t in new.tokens if all(t.end_char <= o.start_char or o.end_char <= t.start_char for o in old.tokens)]
    return replace(new, tokens=tuple(sorted((*old.tokens, *fresh), key=lambda t: t.start_char)))


def _retyped(turn: Turn, text: str, viewer: Viewer) -> Turn:
    """The turn with another text, the times of the words that stayed, and the tokens of what is masked in it already."""
    words, tokens = realigned(turn, text), moved(turn.tokens, turn.text, text)
    source = TextSource(SourceKind.TYPED, viewer.name)
    return replace(turn, text=text, words=words, tokens=tokens, confidence=None, source=source)


def _clean(text: str, thing: str) -> str:
    text = unicodedata.normalize("NFC", text).strip()
    if len(text) > LONGEST_TEXT:
        raise BadInput(f"{thing}: text", f"{len(text)} characters", f"at most {LONGEST_TEXT}")
    if any(unicodedata.category(character) in ("Cc", "Cs") for character in text):
        raise BadInput(f"{thing}: text", "holds control characters", "write it on one line")
    return text


def _note(call_id: str, note: str) -> str:
    if len(note) > LONGEST_NOTE:
        raise BadInput(f"call {call_id}: note", f"{len(note)} characters", f"at most {LONGEST_NOTE}")
    return note.strip()


def _row(old: Turn, new: Turn, note: str) -> Mapping[str, Any]:
    roles = {"role_before": old.role.value, "role_after": new.role.value}
    return {"turn": old.index, **roles, "text_changed": old.text != new.text, "note": note}


def _roles_differ(before: Sequence[Turn], after: Sequence[Turn]) -> bool:
    return any(old.role is not new.role for old, new in zip(before, after, strict=True))
