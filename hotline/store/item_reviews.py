"""Whether people agree with the rules: a lost or doubtful item of a call, heard by a reviewer and found right or wrong.

Reviews are kept for ever, the newest of a call, rule set and item counts. From them comes the precision of an item: of what it
flagged and somebody heard, the share that was flagged rightly.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

import sqlalchemy as sa

from hotline.errors import AccessDenied, BadInput, NotFound
from hotline.store import audit, parquet
from hotline.store.access import Permission, Viewer
from hotline.store.engine import Store
from hotline.store.schema import calls, item_reviews, rule_sets, scores
from qa.redaction import mask
from qa.scoring import Outcome

LONGEST_NOTE = 500
_FLAGGED = (Outcome.FAIL, Outcome.DOUBTFUL)


@dataclass(frozen=True, slots=True)
class Review:
    """One judgement of an item of a call. ``outcome`` is what the rules said, ``at`` is in the centre's zone."""

    item_id: str
    outcome: str
    agreed: bool
    by: str
    at: datetime
    note: str


@dataclass(frozen=True, slots=True)
class Precision:
    """Of an item's flagged results, how many were ``judged`` by people and in how many they ``agreed``."""

    judged: int = 0
    agreed: int = 0


def judge(store: Store, viewer: Viewer, call_id: str, item_id: str, agreed: bool, note: str = "") -> Review:
    """Keep that ``viewer`` finds the current result of an item right (``agreed``) or wrong. Needs REVIEW_ITEMS.

    Raises AccessDenied for a call outside the scope and for the viewer's own, NotFound for an item that the call's current
    result has not got, BadInput when it is neither lost nor doubtful or the note is too long.
    """
    viewer.require(Permission.REVIEW_ITEMS, f"call {call_id}")
    if len(note) > LONGEST_NOTE:
        raise BadInput("note", f"{len(note)} characters", f"at most {LONGEST_NOTE}")
    query = (
        sa.select(calls.c.agent_id, scores.c.rule_hash, scores.c.hits_file)
        .join(scores, (scores.c.call_id == calls.c.id) & scores.c.current)
        .where(calls.c.id == call_id, viewer.calls_clause())
    )
    with store.read() as connection:
        row = connection.execute(query).one_or_none()
    if row is None:
        raise AccessDenied(f"call {call_id}", "not there, or outside what you may see", "ask an administrator if you should see it")
    if viewer.agent_id is not None and row.agent_id == viewer.agent_id:
        raise AccessDenied(f"call {call_id}", "is your own", "somebody else must judge it")
    results = {item.item_id: item for item in parquet.read_items(store, row.hits_file)} if row.hits_file else {}
    if item_id not in results:
        raise NotFound(f"call {call_id}: item {item_id}", "is not in its current result", "open the call again")
    outcome = results[item_id].outcome
    if outcome not in _FLAGGED:
        raise BadInput(f"call {call_id}: item {item_id}", "is neither lost nor doubtful", "there is nothing to judge")
    review = Review(item_id, outcome.value, agreed, viewer.name[:80], datetime.now(UTC), mask(note.strip()))
    with store.begin() as connection:
        values = {"item_id": item_id, "outcome": review.outcome, "agreed": agreed, "by": review.by, "at": review.at, "note": review.note}
        connection.execute(item_reviews.insert().values(call_id=call_id, rule_hash=row.rule_hash, **values))
        audit.record(connection, viewer.name, "review_item", call_id, item=item_id, agreed=agreed, outcome=review.outcome)
    return review


def of_call(store: Store, viewer: Viewer, call_id: str, rule_hash: str) -> Mapping[str, Review]:
    """The review that counts of each item of a call under one rule set. Needs OPEN_CALLS; nothing for a call outside the scope.

    For a call that the viewer has just opened: it writes nothing to the audit trail.
    """
    query = (
        sa.select(item_reviews)
        .join(calls, calls.c.id == item_reviews.c.call_id)
        .where(item_reviews.c.call_id == call_id, item_reviews.c.rule_hash == rule_hash, viewer.calls_clause())
        .order_by(item_reviews.c.id)
    )
    with store.read() as connection:
        rows = connection.execute(query).all()
    zone = store.settings.zone
    return {r.item_id: Review(r.item_id, r.outcome, r.agreed, r.by, r.at.astimezone(zone), r.note) for r in rows}


def precision(store: Store, viewer: Viewer, rule_set_id: str, version: int | None = None) -> dict[tuple[str, str], Precision]:
    """Reviews by (item, outcome: fail or doubtful) of a rule set, in ``version`` or all, on calls in scope. Needs OPEN_CALLS."""
    of_it = rule_sets.c.id == rule_set_id
    if version is not None:
        of_it &= rule_sets.c.version == version
    newest = sa.select(sa.func.max(item_reviews.c.id)).group_by(item_reviews.c.call_id, item_reviews.c.rule_hash, item_reviews.c.item_id)
    agreed = sa.func.sum(sa.case((item_reviews.c.agreed, 1), else_=0))
    query = (
        sa.select(item_reviews.c.item_id, item_reviews.c.outcome, sa.func.count(), agreed)
        .join(calls, calls.c.id == item_reviews.c.call_id)
        .join(rule_sets, rule_sets.c.content_hash == item_reviews.c.rule_hash)
        .where(item_reviews.c.id.in_(newest), of_it, viewer.calls_clause())
        .group_by(item_reviews.c.item_id, item_reviews.c.outcome)
    )
    with store.read() as connection:
        return {(item, outcome): Precision(judged, right) for item, outcome, judged, right in connection.execute(query)}
