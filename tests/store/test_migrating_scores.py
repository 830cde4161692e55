"""A store with scores of an earlier version keeps them when its tables change."""

from __future__ import annotations

import pytest
import sqlalchemy as sa
from alembic import command

from hotline.settings import Settings
from hotline.store import open_store
from hotline.store.engine import migration_config
from hotline.store.schema import rule_sets, scores

AT = "2026-11-09 02:00:00.000000"
OLD = (
    "insert into calls (id, started_at, day) values ('C1', :at, '2026-11-09')",
    "insert into rule_sets (content_hash, id, version, source, stored_at) values ('h1', 'tiny', 1, 'id: tiny', :at)",
    "insert into rule_sets (content_hash, id, version, source, stored_at) values ('h2', 'tiny', 1, 'id: tiny2', :at)",
    "insert into scores (call_id, rule_hash, scored_at, low, high, passed, current, hits_file) "
    "values ('C1', 'h1', :at, 60, 90, 'doubtful', false, 'hits/a')",
    "insert into scores (call_id, rule_hash, scored_at, low, high, passed, current, hits_file) "
    "values ('C1', 'h2', :at, 70, 70, 'no', true, 'hits/b')",
)


def test_scores_of_the_earlier_version_stay(settings: Settings) -> None:
    store = open_store(settings)
    settings.home.mkdir(parents=True, exist_ok=True)
    config = migration_config()
    with store.engine.execution_options(hotline_writes=True).begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "0002")
        for statement in OLD:
            connection.execute(sa.text(statement), {"at": AT} if ":at" in statement else {})
    store.migrate()
    with store.begin() as connection:
        kept = connection.execute(sa.select(scores).order_by(scores.c.id)).mappings().all()
        assert [(row["low"], row["high"], row["current"], row["hits_file"]) for row in kept] == [
            (60, 90, False, "hits/a"),
            (70, 70, True, "hits/b"),
        ]
        assert {(row["author"], row["reason"], row["band"], str(row["variables"]), row["metadata_open"]) for row in kept} == {
            ("", "", None, "{}", False)
        }
        assert connection.scalars(sa.select(rule_sets.c.published_at)).all() == [None, None], "two texts of one version may have judged"
        again = {**kept[0], "current": False}
        del again["id"]
        connection.execute(scores.insert().values(again))
    with pytest.raises(sa.exc.IntegrityError), store.begin() as connection:
        connection.execute(scores.insert().values({**again, "current": True}))
    store.close()
