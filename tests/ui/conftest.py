"""A small installation as the screens meet it: a centre with two teams, two weeks of calls, three recordings, a forecast, accounts.

The recordings are tones in turn on two channels, made here; the calls are judged by a small rule set by the real engine.
"""

from __future__ import annotations

import hashlib
import shutil
import wave
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import NamedTuple
from zoneinfo import ZoneInfo

import numpy as np
import polars as pl
import pytest
from streamlit.testing.v1 import AppTest

from forecasting.plan import plan_heads
from hotline import settings as settings_room
from hotline.store import OPERATOR, Store, UserRole, accounts, calls, feeds, forecasts, open_store, parquet, rollups
from qa import rules, scoring
from qa.calls import Call, Channel, Layout, Role, SourceKind, Span, TextSource, Turn

ZONE = ZoneInfo("Asia/Shanghai")
MONDAY = date(2026, 11, 9)  # of 2026-W46, the last week with calls
PASSWORD = "correct horse battery"
ACCOUNTS = {
    "agent": ("agent", "/c/0/t01/", "a001"),
    "lead": ("team_lead", "/c/0/t01/", None),
    "qa": ("qa", "/c/", None),
    "chief": ("qa_lead", "/c/", None),
    "manager": ("manager", "/", None),
    "planner": ("planner", "/c/", None),
    "admin": ("admin", "/", None),
}
LOST_AT = 12.0  # seconds: where the sentence begins that costs S001 its points
RATE = 8000

RULES = """
id: small
title: {zh: 小评分表, en: Small card}
version: 3
start: 100
pass_mark: 85
sections:
  - id: opening
    title: {zh: 开场, en: Opening}
    items:
      - id: greeting
        title: {zh: 规范开头语, en: Greeting}
        clause: 服务规范 1.1
        points: 10
        conditions:
          hello: {say: [您好], by: agent, in: first 1 agent turns}
        expect: hello
        examples:
          pass: ["agent: 您好，请讲。"]
          fail: ["agent: 喂，说。"]
  - id: manner
    title: {zh: 态度, en: Manner}
    items:
      - id: pushing
        title: {zh: 不推诿, en: No pushing away}
        points: 20
        conditions:
          away: {say: [不归我管], by: agent}
        forbid: away
      - id: closing
        title: {zh: 结束语, en: Closing}
        points: 5
        conditions:
          bye: {say: [再见], by: agent}
        expect: bye
"""

PUSHING = (
    (Role.AGENT, "您好，这里是示例能源服务中心。", 0.5, 3.5),
    (Role.CUSTOMER, "我家停电了，<img src=x onerror=\"document.title='broken'\">能派人来吗？", 4.0, 8.0),
    (Role.AGENT, "请稍等，我查一下。", 8.5, 11.0),
    (Role.AGENT, "这个不归我管，您打别的电话吧。", LOST_AT, 15.5),
    (Role.CUSTOMER, "那好吧。", 16.0, 18.0),
    (Role.AGENT, "感谢来电，再见。", 18.5, 21.0),
)
CLEAN = tuple(line for line in PUSHING if "不归我管" not in line[1])


class House(NamedTuple):
    """A home folder with everything in it, and its store."""

    home: Path
    store: Store
    lost_at: float = LOST_AT


def tones(path: Path, seconds: float = 22.0) -> Path:
    """A stereo recording at 8 kHz: the agent's tone on the left where the agent speaks, the caller's on the right."""
    clock = np.arange(int(seconds * RATE)) / RATE
    tracks = np.zeros((len(clock), 2))
    for role, _, start, end in PUSHING:
        inside = (clock >= start) & (clock < end)
        tracks[inside, 0 if role is Role.AGENT else 1] = np.sin(2 * np.pi * (330 if role is Role.AGENT else 440) * clock[inside])
    with wave.open(str(path), "wb") as out:
        out.setnchannels(2)
        out.setsampwidth(2)
        out.setframerate(RATE)
        out.writeframes((tracks * 9000).astype("<i2").tobytes())
    return path


def _organisation(store: Store) -> None:
    units = [("c", None, "centre", "示例中心", "Sample centre", "/c/"), ("c-0", "c", "sub_centre", "综合服务", "General", "/c/0/")]
    units += [
        (team, "c-0", "team", name, english, f"/c/0/{team}/")
        for team, name, english in (("t01", "一班", "Team 1"), ("t02", "二班", "Team 2"))
    ]
    names = ("id", "parent_id", "kind", "name", "name_en", "path")
    people = [
        {"id": f"a{n:03d}", "name": name, "team_id": "t01" if n < 4 else "t02"}
        for n, name in enumerate(["王芳", "李强", "张敏", "刘洋", "陈静", "赵磊"], 1)
    ]
    frames = {
        "org_units": pl.DataFrame([dict(zip(names, unit, strict=True)) for unit in units]),
        "agents": pl.DataFrame(people),
        "queues": pl.DataFrame([{"id": "q0", "name": "综合", "name_en": "General", "unit_id": "c-0"}]),
        "calls": _telephone_calls(),
        "interval_counts": _half_hours(),
    }
    feeds.load_all(store, OPERATOR, frames)
    answered = frames["calls"].gather_every(2).select(call_id="id", asked_at="started_at").with_row_index()
    feeds.load(store, OPERATOR, "surveys", answered.with_columns(score=(5 - pl.col("index") % 5).cast(pl.Int64)).drop("index"))


def _telephone_calls() -> pl.DataFrame:
    rows = []
    for week in range(2):
        for place in range(6 * 35):
            day = MONDAY - timedelta(days=7 * week) + timedelta(days=place % 5)
            start = datetime(day.year, day.month, day.day, 8 + place % 9, place % 60, tzinfo=ZONE)
            rows.append(
                {
                    "id": f"C{start:%Y%m%d}-{place:06d}",
                    "started_at": start,
                    "queue_id": "q0",
                    "agent_id": f"a{place % 6 + 1:03d}",
                    "topic": ("故障报修", "电费查询")[place % 2],
                    "caller": f"139{place:08d}",
                    "talk_s": 120.0 + 7 * (place % 11) + 10 * week,
                    "acw_s": 20.0,
                    "synthetic": True,
                }
            )
    return pl.DataFrame(rows, schema_overrides={"started_at": pl.Datetime("us", str(ZONE))})


def _half_hours() -> pl.DataFrame:
    start = datetime(2026, 8, 3, tzinfo=ZONE)
    rows = []
    for slot in range((MONDAY + timedelta(days=7) - start.date()).days * 48):
        at = start + timedelta(minutes=30 * slot)
        offered = max(1, round(30 * np.sin(np.pi * (slot % 48) / 48) * (0.6 if at.weekday() > 4 else 1)))
        counts = {"offered": offered, "answered": offered, "abandoned": 0, "answered_20s": offered}
        rows.append({"queue_id": "q0", "start": at, **counts, "wait_s": 9.0 * offered, "handle_s": 200.0 * offered, "synthetic": True})
    return pl.DataFrame(rows, schema_overrides={"start": pl.Datetime("us", str(ZONE))})


def hear(
    store: Store,
    call_id: str,
    agent_id: str,
    lines: tuple[tuple[Role, str, float, float], ...],
    day: date,
    audio: Path,
    *,
    roles_sure: float = 1.0,
) -> None:
    """Store a recording with its turns and its score, the way ingestion does."""
    source = TextSource(SourceKind.SUPPLIED, "vendor", "1.0")
    turns = tuple(
        Turn(n, role, text, Span(start, end), roles_sure, 0.91, Channel.LEFT if role is Role.AGENT else Channel.RIGHT, source=source)
        for n, (role, text, start, end) in enumerate(lines)
    )
    keep(store, Call(call_id, turns, 22.0, Layout.STEREO, overlap_known=True), agent_id, day, audio, roles_sure)


def keep(store: Store, call: Call, agent_id: str, day: date, audio: Path, roles_sure: float) -> None:
    """Judge a call by the small rule set and store it with its recording."""
    started = datetime(day.year, day.month, day.day, 10, 30, tzinfo=ZONE)
    call = replace(call, started_at=started, agent_id=agent_id, queue="q0", metadata={"topic": "停电咨询"})
    rule_set = rules.load_text(RULES, "small.yaml")
    card = scoring.score(rule_set, call)
    turns_file, hits_file = parquet.write_turns(store, call), parquet.write_hits(store, call, card)
    source = call.turns[0].source
    with store.begin() as connection:
        row = {
            "id": call.id,
            "started_at": started,
            "day": day,
            "queue_id": "q0",
            "agent_id": agent_id,
            "topic": "停电咨询",
            "talk_s": call.duration,
            "synthetic": True,
        }
        row["unit_path"] = feeds.team_path(connection, agent_id)
        recording = {
            "call_id": call.id,
            "content_hash": hashlib.sha256(call.id.encode()).hexdigest(),
            "path": str(audio),
            "codec": "pcm_s16le",
            "layout": call.layout.value,
            "duration_s": call.duration,
            "overlaps": [[span.start, span.end] for span in call.overlaps],
            "overlap_known": call.overlap_known,
            "sounds": [[sound.kind.value, sound.span.start, sound.span.end] for sound in call.sounds],
            "text_kind": source.kind.value,
            "text_engine": source.name,
            "text_version": source.version,
            "diarizer": "channels",
            "role_method": "channel map",
            "role_confidence": roles_sure,
            "warnings": [],
            "turns_file": turns_file,
            "ingested_at": datetime.now(UTC),
        }
        calls.save_heard(connection, row, recording)
        calls.save_score(connection, rule_set, card, hits_file)


def _forecast(store: Store) -> None:
    """A year of days, three days of half-hours and the whole months between, with a plan."""
    first = MONDAY + timedelta(days=7)
    frames = []
    for grain, starts, volume in (
        ("day", [datetime(d.year, d.month, d.day, tzinfo=ZONE) for d in (first + timedelta(days=n) for n in range(365))], 900.0),
        ("half_hour", [datetime(first.year, first.month, first.day, tzinfo=ZONE) + timedelta(minutes=30 * n) for n in range(144)], 19.0),
        ("month", [datetime(2026 + month // 12, month % 12 + 1, 1, tzinfo=ZONE) for month in range(11, 22)], 27000.0),
    ):
        shape = 1 + 0.3 * np.sin(np.arange(len(starts)) * (2 * np.pi / (48 if grain == "half_hour" else 7)))
        for metric, mean in (("volume", volume * shape), ("aht", np.full(len(starts), 210.0))):
            bands = {
                f"{side}{level}": mean * (1 + sign * width)
                for level, width in ((80, 0.1), (95, 0.16))
                for side, sign in (("low", -1), ("high", 1))
            }
            frames.append(pl.DataFrame({"metric": metric, "grain": grain, "start": starts, "mean": mean, **bands}))
    values = pl.concat([frame.with_columns(pl.col("start").dt.convert_time_zone(str(ZONE))) for frame in frames])
    near = values.filter(pl.col("grain") == "half_hour")
    plan = plan_heads(near.filter(pl.col("metric") == "volume"), near.filter(pl.col("metric") == "aht"))
    forecasts.save(store, OPERATOR, "q0", values, first_day=first, last_day=first + timedelta(days=364), model="test model",
                   notes=["春节日历未公布 (no official calendar yet)"], plan=plan)  # fmt: skip


@pytest.fixture(scope="session")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The installation, made once."""
    home = tmp_path_factory.mktemp("template") / "home"
    (home / "rules").mkdir(parents=True)
    (home / "rules" / "small.yaml").write_text(RULES, encoding="utf-8")
    store = open_store(settings_room.load(home, {}))
    store.migrate()
    _organisation(store)
    audio = tones(home / "S001.wav")
    hear(store, "S001", "a001", PUSHING, MONDAY, Path(audio.name))
    hear(store, "S002", "a002", CLEAN, MONDAY + timedelta(days=1), Path(audio.name), roles_sure=0.3)
    hear(store, "S003", "a004", CLEAN, MONDAY + timedelta(days=2), Path(audio.name))
    rollups.roll_up_all(store)
    _forecast(store)
    for name, (role, scope, agent_id) in ACCOUNTS.items():
        accounts.add_user(store, OPERATOR, name=name, password=PASSWORD, role=UserRole(role), scope=scope, agent_id=agent_id)
    store.close()
    return home


@pytest.fixture
def house(template: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> House:
    """A copy of the installation for one test, named by the environment as the app finds it."""
    home = tmp_path / "home"
    shutil.copytree(template, home)
    for name in ("DATABASE", "PARQUET", "LANGUAGE"):
        monkeypatch.delenv(f"HOTLINE_{name}", raising=False)
    monkeypatch.setenv("HOTLINE_HOME", str(home))
    monkeypatch.setenv("HOTLINE_RULES", str(home / "rules"))
    return House(home, open_store(settings_room.load()))


@pytest.fixture
def put(house: House) -> Callable[[Call], None]:
    """Stores a call of a minute that a test made, with a recording of its own."""

    def store(call: Call) -> None:
        audio = tones(house.home / f"{call.id}.wav", 60.0)
        keep(house.store, call, "a001", MONDAY, Path(audio.name), 0.9)

    return store


Opener = Callable[..., AppTest]


@pytest.fixture
def app(house: House) -> Opener:
    """Opens a screen as somebody: ``app("qa", "review", call="S001")``; nobody signs in with ``None``."""

    def start(who: str | None, screen: str = "overview", language: str = "zh", **query: str) -> AppTest:
        test = AppTest.from_file(str(Path(__file__).parents[2] / "app.py"), default_timeout=120)
        if who is not None:
            test.session_state["token"] = accounts.sign_in(house.store, who, PASSWORD)
        else:
            test.session_state["token"] = ""  # AppTest has no browser whose cookies could be read
        test.session_state["language"] = language
        for name, value in query.items():
            test.query_params[name] = value
        return goto(test.run(), screen)

    return start


def goto(test: AppTest, screen: str) -> AppTest:
    """The screen with this address. AppTest switches to pages that are files; ours are functions, found by their address."""
    if screen == "overview":
        return test
    test._page_hash = next(key for key, page in test._registered_pages.items() if page["url_pathname"] == screen)
    return test.run()
