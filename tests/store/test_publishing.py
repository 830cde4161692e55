"""Published versions, calls judged again beside their old result, late metadata, and weeks that no longer change."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import polars as pl
import pytest
import sqlalchemy as sa

from hotline.errors import AccessDenied, BadInput, BadRule, NotFound
from hotline.store import OPERATOR, Store, UserRole, calls, feeds, open_store, parquet, publishing, rollups, schema, scores, weeks
from qa import rescoring
from qa.rules import RuleSet, load_text
from qa.scoring import score

DAY = date(2026, 11, 9)
LEAD = UserRole.QA_LEAD


def card(version: int = 1, say: str = "您好", head: str = "", name: str = "small", applies: str = "") -> RuleSet:
    text = f"""
id: {name}
version: {version}
title: 小
{head}
sections: [{{id: s, items: [{{id: hello, points: 20, conditions: {{x: {{say: {say}, by: agent}}}}, expect: x, {applies}}}]}}]
"""
    return load_text(text, f"{name}.yaml")


@pytest.fixture
def house(centre: Store, samples: Any, tmp_path: Path) -> Iterator[Store]:
    """A store whose rules folder holds version 1, and one call judged by it."""
    folder = tmp_path / "rules"
    folder.mkdir()
    (folder / "small.yaml").write_text(card().source, encoding="utf-8")
    opened = open_store(replace(centre.settings, rules=folder))
    _judged(opened, samples, card())
    yield opened
    opened.close()


def _judged(store: Store, samples: Any, rule_set: RuleSet, call_id: str = "S1", **facts: Any) -> None:
    call = replace(samples.call(call_id), **facts)
    samples.store_call(store, call)
    result = score(rule_set, call)
    with store.begin() as connection:
        connection.execute(
            schema.calls.update().where(schema.calls.c.id == call_id).values(metadata_closed=call.metadata_closed, metadata=call.metadata)
        )
        calls.save_score(connection, rule_set, result, parquet.write_hits(store, call, result))
    rollups.roll_up(store, [DAY])


def _lead(samples: Any, scope: str = "/") -> Any:
    return samples.viewer(LEAD, scope)


# --- publishing -------------------------------------------------------------------------------------


def test_files_judge_until_somebody_publishes(house: Store, samples: Any) -> None:
    call = samples.call("S1")
    assert publishing.rule_book(house).choose(call).version == 1
    publishing.publish(house, _lead(samples), card(), "the first")
    (house.settings.rules / "small.yaml").write_text(card(2, "再见").source, encoding="utf-8")
    assert publishing.rule_book(house).choose(call).version == 1, "the file is a draft now"
    other = card(1, "再见", name="other", head="applies_to: {queues: q1}")
    (house.settings.rules / "other.yaml").write_text(other.source, encoding="utf-8")
    assert publishing.rule_book(house).choose(call).id == "other", "nobody has published a version of this one"


def test_a_new_version_judges_from_now_on_and_the_old_one_what_was_before(house: Store, samples: Any) -> None:
    publishing.publish(house, _lead(samples), card())
    second = publishing.publish(house, _lead(samples), card(2, "再见"))
    book = publishing.rule_book(house)
    before = replace(samples.call("S1"), started_at=second.published_at - timedelta(seconds=1))
    after = replace(samples.call("S1"), started_at=second.published_at + timedelta(seconds=1))
    assert [book.choose(call).version for call in (before, after)] == [1, 2]
    third = publishing.publish(house, _lead(samples), card(3, "再见", head="effective: {from: 2999-01-01}"))
    assert publishing.rule_book(house).choose(after).version == 2 and str(third.rule_set.effective) == "2999-01-01 to …"


def test_a_published_version_never_changes(house: Store, samples: Any) -> None:
    first = publishing.publish(house, _lead(samples), card(), "经 13812345678 同意")
    again = publishing.publish(house, _lead(samples), load_text("# a remark\n" + card().source, "small.yaml"), "another note")
    assert (again.published_at, again.note) == (first.published_at, first.note), "the same content is the same version"
    assert "13812345678" not in first.note
    with pytest.raises(BadRule, match=r"small.yaml: version: version 1 of small is published, and its content is another; .*version: 2"):
        publishing.publish(house, _lead(samples), card(1, "再见"))
    publishing.publish(house, _lead(samples), card(3, "再见"))
    with pytest.raises(BadRule, match="version 3 of small is published already; write version: 4"):
        publishing.publish(house, _lead(samples), card(2, "再见"))
    with pytest.raises(BadRule, match="overlap"):
        publishing.publish(house, _lead(samples), card(4, "再见", head="effective: {from: 2020-01-01}"))
    with house.read() as connection:
        told = connection.execute(sa.select(schema.audit.c.action).where(schema.audit.c.action == "publish_rules")).all()
    assert len(told) == 2 and [one.rule_set.version for one in publishing.published(house)] == [1, 3]


def test_the_database_itself_refuses_two_texts_of_one_version(house: Store, samples: Any) -> None:
    publishing.publish(house, _lead(samples), card())
    with pytest.raises(sa.exc.IntegrityError), house.begin() as connection:
        row = dict(connection.execute(sa.select(schema.rule_sets)).mappings().one())
        connection.execute(schema.rule_sets.insert().values({**row, "content_hash": "x" * 64}))


def test_libraries_are_not_published(house: Store, samples: Any) -> None:
    with pytest.raises(BadRule, match="judges no call"):
        publishing.publish(house, _lead(samples), card(head="library: true"))


def test_a_version_that_cannot_be_read_stops_only_what_it_would_judge(house: Store, samples: Any, tmp_path: Path) -> None:
    lead, call = _lead(samples), samples.call("S1")
    first, second = publishing.publish(house, lead, card()), publishing.publish(house, lead, card(2, "再见"))
    elsewhere = card(1, name="elsewhere", head="applies_to: {queues: q7}")
    publishing.publish(house, lead, elsewhere)
    with house.begin() as connection:
        old = schema.rule_sets.c.content_hash == second.rule_set.content_hash
        connection.execute(schema.rule_sets.update().where(old).values(source="id: small\nversion: 2\n"))
    (lost,) = publishing.unreadable(house)
    assert (lost.id, lost.version, lost.begins) == ("small", 2, second.published_at)
    assert [one.rule_set.id for one in publishing.published(house)] == ["elsewhere", "small"]
    book = publishing.rule_book(house)
    before, after = (replace(call, started_at=second.published_at + timedelta(seconds=s)) for s in (-1, 1))
    assert book.choose(before).content_hash == first.rule_set.content_hash
    with pytest.raises(BadRule, match=r"small v2:.* is published and can no longer be read"):
        book.choose(after)
    with pytest.raises(BadRule, match="version 2 of small is published, and its content is another"):
        publishing.publish(house, lead, card(2, "改了"))
    third = publishing.publish(house, lead, card(3, "再见"))
    assert publishing.rule_book(house).choose(replace(call, started_at=third.published_at)).version == 3


def test_a_rule_set_of_which_nothing_can_be_read_is_replaced_by_nothing_else(house: Store, samples: Any) -> None:
    lead, call = _lead(samples), samples.call("S1")
    publishing.publish(house, lead, card())
    with house.begin() as connection:
        connection.execute(schema.rule_sets.update().values(source="id: x"))
    with pytest.raises(BadRule, match="can no longer be read"):
        publishing.rule_book(house).choose(call)
    publishing.publish(house, lead, card(2))
    now = replace(call, started_at=None)
    assert publishing.rule_book(house).choose(now).version == 2


def test_published_text_is_read_once(house: Store, samples: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    publishing.publish(house, _lead(samples), card(1, "只读一次"))
    read: list[str] = []
    real = publishing.load_text
    monkeypatch.setattr(publishing, "load_text", lambda text, name: read.append(name) or real(text, name))
    publishing._read.cache_clear()
    for _ in range(3):
        publishing.rule_book(house)
    assert read == ["small v1"]


# --- judging again ----------------------------------------------------------------------------------


def test_judging_again_keeps_every_result_with_date_author_and_reason(house: Store, samples: Any, tmp_path: Path) -> None:
    strict = tmp_path / "strict.yaml"
    strict.write_text(card(2, "再见").source, encoding="utf-8")
    lead = _lead(samples, "/c/1/")
    (row,) = rescoring.rescore(house, lead, ["S1"], "客户 13812345678 来函", strict)
    assert row == {"call": "S1", "was": "100–100", "is": "80–80", "rules": "small v2", "changed": True, "problem": ""}
    (row,) = rescoring.rescore(house, lead, ["S1"], "once more", strict)
    assert not row["changed"]
    newest, first = scores.history(house, OPERATOR, "S1")
    assert (newest.low, newest.current, newest.author, newest.version) == (80, True, lead.name, 2)
    assert "来函" in newest.reason and "13812345678" not in newest.reason
    assert (first.low, first.current, first.author, first.reason, first.version) == (100, False, "", "", 1)
    assert newest.scored_at >= first.scored_at and str(first.scored_at).endswith("+08:00")
    assert calls.open_call(house, OPERATOR, "S1").row.low == 80


def test_a_call_may_be_judged_by_the_version_it_was_judged_by(house: Store, samples: Any) -> None:
    (house.settings.rules / "small.yaml").write_text(card(2, "再见").source, encoding="utf-8")
    lead = _lead(samples)
    (same,) = rescoring.rescore(house, lead, ["S1"], "check", same_version=True)
    assert (same["rules"], same["changed"]) == ("small v1", False)
    (now,) = rescoring.rescore(house, lead, ["S1"], "new rules")
    assert (now["rules"], now["is"]) == ("small v2", "80–80")
    (back,) = rescoring.rescore(house, lead, ["S1"], "back", house.settings.rules)
    assert back["rules"] == "small v2" and len(scores.history(house, OPERATOR, "S1")) == 2


def test_judging_again_needs_the_right_and_a_reason(house: Store, samples: Any) -> None:
    with pytest.raises(BadInput, match="reason: is missing"):
        rescoring.rescore(house, _lead(samples), ["S1"], "  ")
    with pytest.raises(AccessDenied):
        rescoring.rescore(house, _lead(samples, "/c/10/"), ["S1"], "not mine")
    with pytest.raises(AccessDenied):
        rescoring.rescore(house, samples.viewer(UserRole.QA), ["S1"], "not a lead")
    with pytest.raises(BadInput, match="same version"):
        rescoring.rescore(house, _lead(samples), ["S1"], "both", house.settings.rules, same_version=True)
    assert len(scores.history(house, OPERATOR, "S1")) == 1


def test_a_refused_call_does_not_lose_what_was_judged_before_it(house: Store, samples: Any, tmp_path: Path) -> None:
    strict = tmp_path / "strict.yaml"
    strict.write_text(card(2, "再见").source, encoding="utf-8")
    judged, refused = rescoring.rescore(house, _lead(samples), ["S1", "S9"], "appeal", strict)
    assert (judged["is"], judged["problem"]) == ("80–80", "")
    assert (refused["call"], refused["changed"]) == ("S9", False) and "S9" in refused["problem"]
    with pytest.raises(AccessDenied, match="S8"):
        rescoring.rescore(house, _lead(samples), ["S8", "S9"], "appeal", strict)


def test_rules_are_kept_as_they_were(house: Store) -> None:
    assert publishing.kept(house, OPERATOR, card().content_hash).source == card().source
    with pytest.raises(NotFound):
        publishing.kept(house, OPERATOR, "0" * 64)


# --- late metadata ----------------------------------------------------------------------------------


def test_what_waits_for_metadata_is_judged_again_when_they_have_come(house: Store, samples: Any) -> None:
    late = card(name="late", applies="applies_when: meta.type == 报修", say="电工")
    _judged(house, samples, late, "S2", metadata={"language": "zh"}, metadata_closed=False)
    waiting = calls.open_call(house, OPERATOR, "S2")
    assert (waiting.row.low, waiting.row.high, waiting.items[0].outcome.value) == (80, 100, "doubtful")
    assert rescoring.judge_arrived(house) == []
    row = {"id": "S2", "started_at": samples.at("2026-11-09"), "metadata": {"type": "报修"}, "metadata_closed": True}
    feeds.load(house, OPERATOR, "calls", pl.DataFrame([{**row, "queue_id": "q1", "agent_id": "a1"}], schema_overrides=_INSTANT))
    (again,) = rescoring.judge_arrived(house)
    assert (again["was"], again["is"], again["rules"]) == ("80–100", "80–80", "late v1")
    assert rescoring.judge_arrived(house) == []
    opened = calls.open_call(house, OPERATOR, "S2")
    assert opened.call.metadata == {"language": "zh", "type": "报修"}, "a feed adds to what came with the recording"
    newest, first = scores.history(house, OPERATOR, "S2")
    assert "已到齐" in newest.reason and (first.metadata_open, newest.metadata_open) == (True, False)


_INSTANT = {"started_at": pl.Datetime("us", "Asia/Shanghai")}


# --- published weeks --------------------------------------------------------------------------------


def test_a_published_week_stays_as_it_was(house: Store, samples: Any, tmp_path: Path) -> None:
    lead = _lead(samples)
    before, hits = _figures(house), _lost(house)
    at = weeks.publish_week(house, lead, "2026-W46", "月会通过", today=date(2026, 11, 16))
    strict = tmp_path / "strict.yaml"
    strict.write_text(card(2, "再见").source, encoding="utf-8")
    (row,) = rescoring.rescore(house, lead, ["S1"], "appeal", strict)
    assert row["is"] == "80–80" and calls.open_call(house, OPERATOR, "S1").row.high == 80
    assert _figures(house) == before and _lost(house) == hits == [("hello", "pass")]
    rollups.roll_up_all(house)
    assert _figures(house) == before
    assert weeks.publish_week(house, lead, "2026-W46", today=date(2026, 12, 1)) == at, "the first time counts"
    assert [(one["week"], one["note"], one["published_by"]) for one in weeks.published(house)] == [("2026-W46", "月会通过", lead.name)]


def test_an_open_week_follows_what_is_judged_again(house: Store, samples: Any, tmp_path: Path) -> None:
    strict = tmp_path / "strict.yaml"
    strict.write_text(card(2, "再见").source, encoding="utf-8")
    rescoring.rescore(house, _lead(samples), ["S1"], "appeal", strict)
    assert _figures(house)[0]["score_high_sum"] == 80 and _lost(house) == [("hello", "fail")]


def test_a_week_is_published_when_it_is_over_by_who_answers_for_all_of_it(house: Store, samples: Any) -> None:
    with pytest.raises(BadInput, match="is not over before 2026-11-15"):
        weeks.publish_week(house, _lead(samples), "2026-W46", today=date(2026, 11, 15))
    with pytest.raises(BadInput, match="outside your scope"):
        weeks.publish_week(house, _lead(samples, "/c/1/"), "2026-W46", today=date(2026, 11, 16))
    with pytest.raises(BadInput, match="has no calls"):
        weeks.publish_week(house, _lead(samples), "2026-W40", today=date(2026, 11, 16))
    for wrong in ("2026", "2026-W60", "2026-W6", "W46", "2026-Wxx"):
        with pytest.raises(BadInput, match="not an ISO week"):
            weeks.publish_week(house, _lead(samples), wrong)


def _figures(store: Store) -> list[dict[str, Any]]:
    return rollups.agent_days(store, OPERATOR, DAY, DAY).to_dicts()


def _lost(store: Store) -> list[tuple[str, str]]:
    frame = parquet.scan_hits(store, OPERATOR, DAY, DAY).select("item_id", "outcome").unique().collect()
    return [(row["item_id"], row["outcome"]) for row in frame.iter_rows(named=True)]


def test_the_trail_says_who_asked(house: Store, samples: Any) -> None:
    rescoring.rescore(house, _lead(samples), ["S1"], "check", same_version=True)
    with house.read() as connection:
        rows = connection.execute(sa.select(schema.audit.c.who, schema.audit.c.action, schema.audit.c.object)).all()
    assert ("some-qa_lead", "rescore_call", "S1") in [tuple(row) for row in rows]


def test_versions_may_follow_at_once_whatever_the_zone(house: Store, samples: Any) -> None:
    lead = _lead(samples)
    for version in (1, 2, 3):
        publishing.publish(house, lead, card(version))
    assert publishing.rule_book(house).choose(replace(samples.call("S1"), started_at=None)).version == 3
    west = open_store(replace(house.settings, timezone="America/Los_Angeles"))
    publishing.publish(west, lead, card(4))
    assert [one.rule_set.version for one in publishing.published(west)] == [1, 2, 3, 4]
    west.close()


def test_a_call_that_cannot_be_judged_keeps_no_other_one_waiting(house: Store, samples: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    late = card(name="late", applies="applies_when: meta.type == 报修", say="电工")
    for call_id in ("S2", "S3"):
        _judged(house, samples, late, call_id, metadata={"language": "zh"}, metadata_closed=False)
    base = {
        "started_at": samples.at("2026-11-09"),
        "metadata": {"type": "报修"},
        "metadata_closed": True,
        "queue_id": "q1",
        "agent_id": "a1",
    }
    feeds.load(house, OPERATOR, "calls", pl.DataFrame([{"id": call_id, **base} for call_id in ("S2", "S3")], schema_overrides=_INSTANT))
    real, days, read = calls.open_call, [], []

    def opened(store: Store, viewer: Any, call_id: str) -> Any:
        if call_id == "S2":
            raise NotFound("call S2", "erased meanwhile", "")
        return real(store, viewer, call_id)

    roll_up, kept = rollups.roll_up, publishing.kept
    monkeypatch.setattr(calls, "open_call", opened)
    monkeypatch.setattr(rollups, "roll_up", lambda store, which: days.append(set(which)) or roll_up(store, which))
    monkeypatch.setattr(publishing, "kept", lambda *arguments: read.append(arguments) or kept(*arguments))
    refused, judged = rescoring.judge_arrived(house)
    assert (refused["call"], judged["call"], judged["problem"]) == ("S2", "S3", "") and "erased meanwhile" in refused["problem"]
    assert days == [{DAY}] and len(read) == 1
