"""Scores and the rule sets that judged: every result is kept, the newest of a call counts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import UTC, datetime

import sqlalchemy as sa

from hotline.errors import NotFound
from hotline.store.access import Permission, Viewer
from hotline.store.engine import Store
from hotline.store.erasure import refusal
from hotline.store.parquet_files import part_of
from hotline.store.schema import rule_sets, scores
from hotline.store.tables import upsert
from qa.rules import RuleSet
from qa.scoring import Outcome, Points, Scorecard


@dataclass(frozen=True, slots=True)
class Result(Points):
    """One judgement of a call. ``scored_at`` is in the centre's zone; ``author`` is "" for the one that came with the recording.

    ``band`` is the grade as {zh, en}, None without grades; ``variables`` are the values that the rule set's variables had.
    """

    scored_at: datetime
    author: str
    reason: str
    rule_set_id: str
    version: int
    rule_hash: str
    failed_items: int
    doubtful_items: int
    current: bool
    band: Mapping[str, str] | None
    variables: Mapping[str, str]
    metadata_open: bool


def save_score(
    connection: sa.Connection, rule_set: RuleSet, scorecard: Scorecard, hits_file: str, *, author: str = "", reason: str = ""
) -> bool:
    """Store a scorecard as the call's current result, with the rule set as it was when it judged.

    Earlier results stay beside it, no longer current; nothing is overwritten. The same result by the same rules as the current one
    changes nothing, and False says so. Raises BadRecording for an erased call: its points stay as they were.
    """
    refused = refusal(connection, f"call {scorecard.call_id}", scorecard.call_id, None)
    if refused is not None:
        raise refused
    keep_rules(connection, rule_set)
    row = {
        "call_id": scorecard.call_id,
        "rule_hash": rule_set.content_hash,
        "low": scorecard.low,
        "high": scorecard.high,
        "passed": str(scorecard.passed),
        "fatal_certain": int(scorecard.fatal_certain),
        "fatal_possible": int(scorecard.fatal_possible),
        "failed_items": sum(item.outcome is Outcome.FAIL for item in scorecard.items),
        "doubtful_items": sum(item.outcome is Outcome.DOUBTFUL for item in scorecard.items),
        "band": None if scorecard.band_high is None else {"zh": scorecard.band_high.title.zh, "en": scorecard.band_high.title.en},
        "variables": dict(scorecard.variables),
        "metadata_open": scorecard.metadata_open,
    }
    present = (scores.c.call_id == scorecard.call_id) & scores.c.current
    held = connection.execute(sa.select(scores).where(present)).mappings().one_or_none()
    if held is not None and part_of(held["hits_file"]) == part_of(hits_file) and all(held[name] == row[name] for name in row):
        return False
    connection.execute(scores.update().where(present).values(current=False))
    kept = {"scored_at": datetime.now(UTC), "current": True, "hits_file": hits_file, "author": author[:80], "reason": reason}
    connection.execute(scores.insert().values(**row, **kept))
    return True


def keep_rules(connection: sa.Connection, rule_set: RuleSet) -> None:
    """Keep the text of a rule set; one of the same content that is there already stays as it is."""
    row = {"id": rule_set.id, "version": rule_set.version, "source": rule_set.source, "stored_at": datetime.now(UTC)}
    upsert(connection, rule_sets, [{"content_hash": rule_set.content_hash, **row}], keep=set(row))


def history(store: Store, viewer: Viewer, call_id: str) -> list[Result]:
    """Every result of a call, newest first. Opens the call: scope and audit trail are those of ``calls.open_call``."""
    from hotline.store.calls import open_call  # calls.py needs save_score of this file

    open_call(store, viewer, call_id)
    columns = [scores.c[name.name] for name in fields(Result) if name.name in scores.c]
    query = (
        sa.select(*columns, rule_sets.c.id.label("rule_set_id"), rule_sets.c.version)
        .join(rule_sets, rule_sets.c.content_hash == scores.c.rule_hash)
        .where(scores.c.call_id == call_id)
        .order_by(scores.c.id.desc())
    )
    with store.read() as connection:
        rows = connection.execute(query).mappings().all()
    return [Result(**{**row, "scored_at": row["scored_at"].astimezone(store.settings.zone)}) for row in rows]


def rule_source(store: Store, viewer: Viewer, content_hash: str) -> str:
    """The YAML of a rule set as it was when it judged. Needs SEE_RULES; raises NotFound."""
    return rule_text(store, viewer, content_hash)[1]


def rule_text(store: Store, viewer: Viewer, content_hash: str) -> tuple[str, str]:
    """Name (``power v3``) and YAML of a rule set as it was when it judged. Needs SEE_RULES; raises NotFound."""
    viewer.require(Permission.SEE_RULES, "rule set")
    query = sa.select(rule_sets.c.id, rule_sets.c.version, rule_sets.c.source).where(rule_sets.c.content_hash == content_hash)
    with store.read() as connection:
        row = connection.execute(query).one_or_none()
    if row is None:
        raise NotFound(f"rule set {content_hash[:12]}", "not in the store", "see: hotline rules versions")
    return f"{row.id} v{row.version}", row.source
