"""Each screen on a small store: what stands in the store stands on the screen, for those who may see it, in their language."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from typing import Any

import pytest
import sqlalchemy as sa
from streamlit.testing.v1 import AppTest

from hotline.store import OPERATOR, accounts, audit, jobs, schema

Opener = Callable[..., AppTest]
TITLES = {
    "zh": ["总览", "质检复核", "周看板", "预测与排班", "规则", "报告"],
    "en": ["Overview", "Call review", "Weekly board", "Forecast and staffing", "Rules", "Reports"],
}
SCREENS = ["overview", "review", "board", "planning", "rules", "reports"]  # of a manager
MAY_OPEN = {
    "agent": {"overview", "review", "board", "rules"},
    "lead": set(SCREENS),
    "qa": {"overview", "review", "board", "rules"},
    "manager": set(SCREENS),
    "planner": {"overview", "board", "planning"},
    "admin": {"overview", "rules", "ingestion"},
}


def data_of(test: AppTest, key: str) -> dict[str, Any]:
    found = [element for element in test.get("bidi_component") if element.proto.id.endswith(f"-{key}")]
    assert len(found) == 1, key
    return json.loads(found[0].proto.json)


def card(test: AppTest, key: str, label: str) -> str:
    [value] = [card["value"] for card in data_of(test, key)["cards"] if card["label"] == label]
    return str(value)


@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize("place", range(len(SCREENS)))
def test_every_screen_speaks_both_languages(app: Opener, place: int, language: str) -> None:
    test = app("manager", SCREENS[place], language)
    assert not test.exception
    assert not test.error
    assert test.title[0].value == TITLES[language][place]


def test_the_switch_changes_the_language(app: Opener) -> None:
    test = app("manager", "board")
    test.sidebar.button_group[0].set_value("en").run()
    assert test.title[0].value == "Weekly board"


@pytest.mark.parametrize("who", MAY_OPEN)
def test_navigation_shows_what_the_role_may_do(app: Opener, who: str) -> None:
    test = app(who)
    assert not test.exception
    shown = {page["url_pathname"] or "overview" for page in test._registered_pages.values()}
    assert shown == MAY_OPEN[who]


@pytest.mark.parametrize("who", MAY_OPEN)
def test_each_role_opens_each_of_its_screens(app: Opener, who: str) -> None:
    for screen in sorted(MAY_OPEN[who]):
        test = app(who, screen)
        assert not test.exception, screen
        assert not test.error, screen


def test_overview_follows_the_store(app: Opener, house: Any) -> None:
    before = app("manager")
    assert card(before, "overview_totals", "接听量") == "213"
    assert [row["id"] for row in data_of(before, "overview_waiting")["rows"]] == ["S002"]
    with house.store.begin() as connection:
        connection.execute(
            sa.update(schema.agent_days).where(schema.agent_days.c.agent_id == "a001").values(calls=schema.agent_days.c.calls + 100)
        )
        connection.execute(sa.update(schema.scores).where(schema.scores.c.call_id == "S003").values(doubtful_items=4, low=10.0))
    after = app("manager")
    assert int(card(after, "overview_totals", "接听量")) == 213 + 500
    assert [row["id"] for row in data_of(after, "overview_waiting")["rows"]] == ["S003", "S002"]


def test_quarantine_is_for_those_who_import(app: Opener, house: Any) -> None:
    with house.store.begin() as connection:
        jobs.quarantine(connection, "job", "broken.wav", "broken.wav: the file is empty", "export it again")
    assert any("隔离区 1 件" in heading.value for heading in app("admin").subheader)
    assert not any("隔离区" in heading.value for heading in app("qa").subheader)


def test_board_follows_the_store_and_each_sees_their_own(app: Opener, house: Any) -> None:
    def calls_of(who: str, name: str) -> str:
        rows = data_of(app(who, "board"), "board_agents")["rows"]
        [found] = [row for row in rows if name in row["cells"][0]["lines"][0]]
        return str(found["cells"][1]["lines"][0])

    assert calls_of("manager", "a002") == "36"
    with house.store.begin() as connection:
        connection.execute(sa.update(schema.agent_days).where(schema.agent_days.c.agent_id == "a002").values(calls=50))
    assert calls_of("manager", "a002") == "250"
    own = app("agent", "board")
    assert [row["cells"][0]["lines"][0] for row in data_of(own, "board_agents")["rows"]] == ["王芳 a001"]
    lead = data_of(app("lead", "board"), "board_agents")["rows"]
    assert len(lead) == 3
    planner = app("planner", "board")
    assert data_of(planner, "board_teams")["rows"]
    assert not [element for element in planner.get("bidi_component") if element.proto.id.endswith("-board_agents")]


def test_board_says_too_few_instead_of_guessing(app: Opener) -> None:
    [qa_score] = [c for c in data_of(app("manager", "board"), "board_totals")["cards"] if c["label"] == "质检得分"]
    assert "样本少" in qa_score["badge"]["text"]


def test_plan_follows_the_store(app: Opener, house: Any) -> None:
    def peak() -> str:
        test = app("planner", "planning")
        test.main.button_group(key="planning_part").set_value("day").run()
        assert not test.exception
        return card(test, "day_cards", "最多排班")

    before = peak()
    with house.store.begin() as connection:
        connection.execute(sa.update(schema.staffing_plans).values(gross=schema.staffing_plans.c.gross + 7))
    assert int(peak()) == int(before) + 7


def test_what_if_computes_live(app: Opener) -> None:
    test = app("planner", "planning")
    test.main.button_group(key="planning_part").set_value("what_if").run()
    assert not test.exception
    before = float(card(test, "what_if_cards", "排班人时").replace(",", ""))
    test.slider(key="what_if_volume").set_value(200).run()
    doubled = float(card(test, "what_if_cards", "排班人时").replace(",", ""))
    assert 1.5 * before < doubled < 2 * before  # more calls need more heads, but pooling helps
    test.slider(key="what_if_shrinkage").set_value(50).run()
    assert float(card(test, "what_if_cards", "排班人时").replace(",", "")) > 1.4 * doubled


def test_backtest_runs_when_asked(app: Opener) -> None:
    test = app("planner", "planning")
    test.main.button_group(key="planning_part").set_value("backtest").run()
    test.number_input(key="backtest_origins").set_value(1)
    test.number_input(key="backtest_days").set_value(7)
    next(button for button in test.button if button.label == "运行回测").click().run()
    assert not test.exception
    table = test.dataframe[0].value
    assert len(table) == 6
    assert {"WAPE", "MASE"} <= set(table.columns)


def test_rules_judge_what_is_pasted(app: Opener) -> None:
    test = app("qa", "rules")
    assert any("开场" in heading.value for heading in test.subheader)
    test.main.button_group(key="rules_part").set_value("try").run()
    test.text_area(key="rules_text_small").set_value("客服：喂，这个不归我管。\n客户：那好吧。\n客服：再见。")
    next(button for button in test.button if button.label == "评判").click().run()
    assert not test.exception
    assert card(test, "rules_verdict", "得分区间") == "70"
    player = data_of(test, "player_pasted")
    assert {item["id"] for item in player["items"]} == {"greeting", "pushing"}


def test_rules_name_the_line_that_says_nothing(app: Opener) -> None:
    test = app("qa", "rules")
    test.main.button_group(key="rules_part").set_value("try").run()
    test.text_area(key="rules_text_small").set_value("客服：您好。\n随便写一句")
    next(button for button in test.button if button.label == "评判").click().run()
    assert "第 2 行" in test.error[0].value


def test_a_wrong_rule_file_is_one_line(app: Opener, house: Any) -> None:
    (house.home / "rules" / "wrong.yaml").write_text("id: wrong\ntitle: 错\nsections: 7\n", encoding="utf-8")
    test = app("qa", "rules")
    assert not test.exception
    assert "wrong.yaml" in test.error[0].value.replace("\\", "")


def test_report_is_made_for_the_readers_scope(app: Opener) -> None:
    test = app("lead", "reports")
    next(button for button in test.button if button.label == "生成报告").click().run()
    assert not test.exception
    saves = [json.loads(e.proto.json) for e in test.get("bidi_component") if "-save_" in e.proto.id]
    assert sorted(save["name"].rsplit(".", 1)[1] for save in saves) == ["pdf", "xlsx"]
    assert all(save["name"].startswith("c-0-t01_2026-W46") for save in saves)
    assert not any("服务器上的报告" in heading.value for heading in test.subheader)
    assert any("服务器上的报告" in heading.value for heading in app("manager", "reports").subheader)


def test_a_report_of_the_server_is_taken_once_while_it_is_chosen(app: Opener, house: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    house.store.settings.reports.mkdir()
    (house.store.settings.reports / "c_2026-W45_zh.pdf").write_bytes(b"%PDF of last week")
    monkeypatch.setattr("streamlit.dataframe", lambda *a, **k: {"selection": {"rows": [0]}})  # AppTest cannot click a row
    test = app("manager", "reports").run()
    assert not test.exception
    assert base64.b64decode(data_of(test, "save_c_2026-W45_zh.pdf")["content"]) == b"%PDF of last week"
    taken = audit.read(house.store, OPERATOR, who="manager", action="export_report")
    assert [line.object for line in taken] == ["c_2026-W45_zh.pdf"]


def test_sign_in_says_the_same_to_every_failure(app: Opener, house: Any) -> None:
    def refused(name: str, password: str) -> str:
        test = app(None)
        test.text_input(key="sign_in_name").set_value(name)
        test.text_input(key="sign_in_password").set_value(password)
        test.button[0].click().run()
        assert not test.sidebar.button
        return str(test.error[0].value)

    wrong = refused("qa", "not the password")
    assert refused("nobody-here", "not the password") == wrong
    accounts.lock(house.store, OPERATOR, "agent")
    assert refused("agent", "correct horse battery") == wrong
    assert "5" in wrong
    assert "15" in wrong


def test_sign_in_opens_and_sign_out_closes(app: Opener) -> None:
    test = app(None)
    test.text_input(key="sign_in_name").set_value("qa")
    test.text_input(key="sign_in_password").set_value("correct horse battery")
    test.button[0].click().run()
    assert test.title[0].value == "总览"
    next(button for button in test.sidebar.button if button.label == "退出").click().run()
    assert test.text_input(key="sign_in_password")
    assert test.session_state["token"] == ""


def test_expired_session_is_said(app: Opener, house: Any) -> None:
    test = app("qa")
    with house.store.begin() as connection:
        connection.execute(sa.delete(schema.sessions))
    test.run()
    assert "过期" in test.warning[0].value
    assert test.text_input(key="sign_in_name")


def test_without_accounts_it_says_how_to_make_one(app: Opener, house: Any) -> None:
    for name in ("agent", "lead", "qa", "chief", "manager", "planner", "admin"):
        accounts.remove(house.store, OPERATOR, name)
    test = app(None)
    assert "hotline init" in test.info[0].value
    assert not test.text_input
