"""Scores and the rule sets that judged: every result is kept, one a call counts."""

from __future__ import annotations

from datetime import UTC, datetime

import sqlalchemy as sa

from hotline.errors import NotFound
from hotline.store.access import Permission, Viewer
from hotline.store.engine import Store
from hotline.store.erasure import refusal
from hotline.store.schema import rule_sets, scores
from hotline.store.tables import upsert
from qa.rules import RuleSet
from qa.scoring import Outcome, Scorecard


def save_score(connection: sa.Connection, rule_set: RuleSet, scorecard: Scorecard, hits_file: str) -> None:
    """Store a scorecard as the call's current result, with the rule set as it was when it judged.

    The same call and rules again overwrite their row; results by other rules stay, no longer current. Raises BadRecording for an
    erased call: its points stay as they were.
    """
    refused = refusal(connection, f"call {scorecard.call_id}", scorecard.call_id, None)
    if refused is not None:
        raise refused
    now = datetime.now(UTC)
    upsert(
        connection,
        rule_sets,
        [
            {
                "content_hash": rule_set.content_hash,
                "id": rule_set.id,
                "version": rule_set.version,
                "source": rule_set.source,
                "stored_at": now,
            }
        ],
        keep={"id", "version", "source", "stored_at"},
    )
    others = (scores.c.call_id == scorecard.call_id) & (scores.c.rule_hash != rule_set.content_hash) & scores.c.current
    connection.execute(scores.update().where(others).values(current=False))
    row = {
        "call_id": scorecard.call_id,
        "rule_hash": rule_set.content_hash,
        "scored_at": now,
        "low": scorecard.low,
        "high": scorecard.high,
        "passed": str(scorecard.passed),
        "fatal_certain": int(scorecard.fatal_certain),
        "fatal_possible": int(scorecard.fatal_possible),
        "failed_items": sum(item.outcome is Outcome.FAIL for item in scorecard.items),
        "doubtful_items": sum(item.outcome is Outcome.DOUBTFUL for item in scorecard.items),
        "current": True,
        "hits_file": hits_file,
    }
    upsert(connection, scores, [row], key=("call_id", "rule_hash"))


def rule_source(store: Store, viewer: Viewer, content_hash: str) -> str:
    """The YAML of a rule set as it was when it judged. Needs SEE_RULES; raises NotFound."""
    viewer.require(Permission.SEE_RULES, "rule set")
    with store.read() as connection:
        source = connection.scalar(sa.select(rule_sets.c.source).where(rule_sets.c.content_hash == content_hash))
    if source is None:
        raise NotFound(f"rule set {content_hash[:12]}", "not in the store", "see: hotline rules list")
    return source
