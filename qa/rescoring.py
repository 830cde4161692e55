"""Judge stored calls again: on request, by the rules in force then or by others; and when late metadata have come in.

Nothing is overwritten. The new result stands beside the earlier ones with its date, who asked for it and why; the newest counts, but
in the boards of published weeks, which no longer change.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from hotline.errors import BadInput, UserError
from hotline.store import OPERATOR, Store, Viewer, audit, corrections, parquet, publishing, rollups
from hotline.store import calls as call_store
from hotline.store.access import Permission
from hotline.store.calls import OpenedCall
from hotline.store.schema import calls, recordings, scores
from qa.redaction import mask
from qa.rules import RuleSet
from qa.rules.verdict import both
from qa.scoring import score

LONGEST_REASON = 500
_TRIES = 3
_ARRIVED = both("随录参数已到齐", "the metadata have arrived")

Choice = Callable[[OpenedCall], RuleSet]


def rescore(
    store: Store, viewer: Viewer, call_ids: Sequence[str], reason: str, rules: Path | None = None, *, same_version: bool = False
) -> list[dict[str, Any]]:
    """Judge stored calls again. Needs RESCORE, and the calls in scope.

    By the rule set that was in force when each began; with ``rules`` by that file or folder, with ``same_version`` by the version
    that judged it last. Returns one row a call: ``call``, ``was`` and ``is`` (score intervals), ``rules``, ``changed`` and ``problem``:
    why it could not be judged, which keeps no other call waiting. A call that is corrected meanwhile is judged again as corrected.
    Raises BadInput without a reason. When no call at all could be judged the first refusal is raised: BadInput for a call that somebody
    keeps correcting, NotFound or AccessDenied as opening it does, BadRecording for one that was erased, BadRule for its rules.
    """
    viewer.require(Permission.RESCORE, "calls")
    if not reason.strip() or len(reason) > LONGEST_REASON:
        raise BadInput("reason", "is missing" if not reason.strip() else f"{len(reason)} characters", f"1 to {LONGEST_REASON} characters")
    if rules is not None and same_version:
        raise BadInput("rules", "are named, and the same version is asked for", "give one of them")
    chosen = _same(store, viewer) if same_version else _in_force(store, rules)
    rows, refused = _each(store, viewer, call_ids, chosen, mask(reason.strip()))
    if refused and len(refused) == len(rows):
        raise refused[0]
    return rows


def judge_arrived(store: Store) -> list[dict[str, Any]]:
    """Judge again, by the version that judged them, the calls whose metadata were open then and are closed now.

    Rows as above; a call that cannot be judged has its ``problem`` there, and is tried again the next time.
    """
    query = (
        sa.select(scores.c.call_id)
        .join(calls, calls.c.id == scores.c.call_id)
        .join(recordings, recordings.c.call_id == calls.c.id)
        .where(scores.c.current, scores.c.metadata_open, calls.c.metadata_closed)
        .order_by(scores.c.call_id)
    )
    with store.read() as connection:
        waiting = connection.scalars(query).all()
    return _each(store, OPERATOR, waiting, _same(store, OPERATOR), _ARRIVED)[0]


def interval(low: float | None, high: float | None) -> str:
    """A score interval as people write it; a dash where there is none."""
    return "–" if low is None or high is None else f"{low:g}–{high:g}"


def _in_force(store: Store, rules: Path | None) -> Choice:
    book = publishing.rule_book(store, rules)
    return lambda opened: book.choose(opened.call)


def _same(store: Store, viewer: Viewer) -> Choice:
    by_hash: dict[str, RuleSet] = {}

    def choose(opened: OpenedCall) -> RuleSet:
        if opened.row.rule_hash is None:
            return publishing.rule_book(store).choose(opened.call)
        if opened.row.rule_hash not in by_hash:
            by_hash[opened.row.rule_hash] = publishing.kept(store, viewer, opened.row.rule_hash)
        return by_hash[opened.row.rule_hash]

    return choose


def _each(
    store: Store, viewer: Viewer, call_ids: Sequence[str], choose: Choice, reason: str
) -> tuple[list[dict[str, Any]], list[UserError]]:
    """A row a call, and the refusals among them. The boards' days are rebuilt once, also when it is stopped half-way."""
    rows, refused, days = list[dict[str, Any]](), list[UserError](), set[date]()
    try:
        for call_id in call_ids:
            try:
                rows.append({**_again(store, viewer, call_id, choose, reason, days), "problem": ""})
            except UserError as error:  # erased or corrected meanwhile, out of scope, rules no longer readable: that call's own matter
                refused.append(error)
                rows.append({"call": call_id, "was": "", "is": "", "rules": "", "changed": False, "problem": str(error)})
    finally:
        rollups.roll_up(store, days)
    return rows, refused


def _again(store: Store, viewer: Viewer, call_id: str, choose: Choice, reason: str, days: set[date]) -> dict[str, Any]:
    """The row of a call judged again. Its day goes into ``days``: boards are rebuilt by the day, for many calls at once."""
    for _ in range(_TRIES):
        opened = call_store.open_call(store, viewer, call_id)
        rule_set = choose(opened)
        card = score(rule_set, opened.call)
        hits_file = parquet.write_hits(store, opened.call, card)
        try:
            with store.begin() as connection:
                if not corrections.are_present(connection, call_id, opened.turns_file):
                    continue
                changed = call_store.save_score(connection, rule_set, card, hits_file, author=viewer.name, reason=reason)
                audit.record(connection, viewer.name, "rescore_call", call_id, rules=rule_set.content_hash, reason=reason)
        except BadInput:
            parquet.forget_erased(store, call_id)
            raise
        days.add(opened.row.day)
        row = {"call": call_id, "was": interval(opened.row.low, opened.row.high), "is": interval(card.low, card.high)}
        return {**row, "rules": f"{rule_set.id} v{rule_set.version}", "changed": changed}
    raise BadInput(f"call {call_id}", "somebody keeps correcting it", "judge it again later: hotline calls rescore")
