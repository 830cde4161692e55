"""Who works in the sample centre: units, agents, queues, and how agents differ.

/c/            示例能源服务中心
├── /c/0/ … t01 t02 t03   综合服务 (24 hours; power supply and general)
├── /c/1/ … t04 t05       油品销售
├── /c/2/ … t06           化工销售
├── /c/3/ … t07           润滑油
├── /c/5/ … t08           易派客            key 4 does not exist
└── /c/6/ … t09           产融数智
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
import polars as pl

SUB_CENTRES = {
    "0": ("综合服务", "General and power supply"),
    "1": ("油品销售", "Fuel sales"),
    "2": ("化工销售", "Chemicals"),
    "3": ("润滑油", "Lubricants"),
    "5": ("易派客", "E-procurement"),
    "6": ("产融数智", "Digital finance"),
}

TEAMS = {
    "t01": ("0", "综合一班", "General team 1"),
    "t02": ("0", "综合二班", "General team 2"),
    "t03": ("0", "综合三班", "General team 3"),
    "t04": ("1", "油品一班", "Fuel team 1"),
    "t05": ("1", "油品二班", "Fuel team 2"),
    "t06": ("2", "化工班", "Chemicals team"),
    "t07": ("3", "润滑油班", "Lubricants team"),
    "t08": ("5", "易派客班", "E-procurement team"),
    "t09": ("6", "产融数智班", "Digital finance team"),
}

# Written for this sample; any likeness to a living person is chance.
_NAMES = {
    "t01": ["王思齐", "李婉清", "张浩然", "刘雨桐", "陈嘉禾"],
    "t02": ["杨静怡", "赵子墨", "黄诗涵", "周明远", "吴佳琪"],
    "t03": ["徐若彤", "孙立新", "胡晓月", "朱文博", "高雅宁"],
    "t04": ["林海燕", "何俊杰", "郭梦瑶", "马志远", "罗欣怡"],
    "t05": ["梁宇航", "宋玉洁", "郑凯文", "谢春梅", "韩雪莹"],
    "t06": ["唐建国", "冯丽娜", "于晓东", "董佩珊"],
    "t07": ["萧景行", "程晓雯", "曹志强", "袁淑芬"],
    "t08": ["邓思源", "许曼玉", "傅文昊"],
    "t09": ["沈一诺", "曾庆丰", "彭丹丹", "吕子安"],
}


@dataclass(frozen=True)
class People:
    """The agents as arrays, in the order of ``ids``; the traits are hidden causes that boards have to find again."""

    ids: list[str]
    names: list[str]
    teams: list[str]
    speed: np.ndarray
    """Multiplier of handle time, about 0.88–1.15."""
    resolves: np.ndarray
    """Probability that a caller need not come back."""
    pleases: np.ndarray
    """Probability that a caller who answers the survey is satisfied."""
    transfers: np.ndarray
    """Probability that a call is handed on."""

    def of_queue(self, queue: str) -> list[int]:
        """Positions of the agents that take calls of a queue."""
        return [i for i, team in enumerate(self.teams) if f"q{TEAMS[team][0]}" == queue]


def people(rng: np.random.Generator) -> People:
    """The forty agents a001–a040 with traits drawn from ``rng``."""
    names = [name for team in TEAMS for name in _NAMES[team]]
    teams = [team for team in TEAMS for _ in _NAMES[team]]
    count = len(names)
    return People(
        ids=[f"a{i + 1:03d}" for i in range(count)],
        names=names,
        teams=teams,
        speed=np.clip(rng.normal(1.0, 0.07, count), 0.85, 1.18),
        resolves=np.clip(rng.normal(0.875, 0.022, count), 0.80, 0.93),
        pleases=np.clip(rng.normal(0.981, 0.007, count), 0.95, 0.995),
        transfers=np.clip(rng.normal(0.05, 0.012, count), 0.015, 0.09),
    )


def unit_frame() -> pl.DataFrame:
    """Rows of ``org_units``; parents come before children."""
    rows: list[tuple[str, str | None, str, str, str, str]] = [
        ("c", None, "centre", "示例能源服务中心", "Sample Energy Service Centre", "/c/")
    ]
    rows += [(f"c-{key}", "c", "sub_centre", zh, en, f"/c/{key}/") for key, (zh, en) in SUB_CENTRES.items()]
    rows += [(team, f"c-{key}", "team", zh, en, f"/c/{key}/{team}/") for team, (key, zh, en) in TEAMS.items()]
    return pl.DataFrame(rows, schema=["id", "parent_id", "kind", "name", "name_en", "path"], orient="row")


def agent_frame(crew: People, first_day: date) -> pl.DataFrame:
    """Rows of ``agents``; everybody was hired before the history begins, so that the roster is the same throughout."""
    hired = [first_day - timedelta(days=60 + 37 * i % 1500) for i in range(len(crew.ids))]
    return pl.DataFrame(
        {"id": crew.ids, "name": crew.names, "team_id": crew.teams, "hired_on": hired, "left_on": [None] * len(crew.ids)},
        schema_overrides={"left_on": pl.Date},
    )


def queue_frame() -> pl.DataFrame:
    """Rows of ``queues``; one queue a sub-centre, with the key callers press as its number."""
    rows = [(f"q{key}", zh, en, f"c-{key}") for key, (zh, en) in SUB_CENTRES.items()]
    return pl.DataFrame(rows, schema=["id", "name", "name_en", "unit_id"], orient="row")


def team_path(team: str) -> str:
    """The place of a team in the tree, as kept in ``calls.unit_path``."""
    return f"/c/{TEAMS[team][0]}/{team}/"
