"""更正: who may, what it changes on the page and in the store, and that nobody overwrites another's correction unseen."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from hotline.store import OPERATOR, audit, calls, corrections
from qa import corrections as room
from qa.calls import Role
from qa.corrections import TurnChange

Opener = Callable[..., AppTest]


def component(test: AppTest, key: str) -> dict[str, Any]:
    found = [element for element in test.get("bidi_component") if element.proto.id.endswith(f"-{key}")]
    assert len(found) == 1, key
    return json.loads(found[0].proto.json)


def opened(app: Opener, who: str = "qa", turn: int = 3) -> AppTest:
    """The call with the form for one turn."""
    test = app(who, "review", call="S001")
    test.toggle(key="mend_S001_open").set_value(True).run()
    test.selectbox(key="mend_S001_turn").set_value(turn).run()
    assert not test.exception
    return test


def field(elements: Any, end: str) -> Any:
    [found] = [element for element in elements if (element.key or "").endswith(end)]
    return found


def press(test: AppTest, label: str) -> AppTest:
    return next(button for button in test.button if button.label == label).click().run()


def test_corrected_words_score_anew_and_the_page_shows_it(app: Opener, house: Any) -> None:
    test = opened(app)
    assert component(test, "call_verdict")["cards"][0]["value"] == "80"
    field(test.text_area, "_text").set_value("这个我来处理，\n您放心。")
    field(test.text_input, "_note").set_value("听错了")
    press(test, "保存并重新评分")
    assert not test.exception
    assert component(test, "call_verdict")["cards"][0]["value"] == "100"
    assert any("80 → 100" in success.value and "不推诿" in success.value for success in test.success)
    data = component(test, "player_S001")
    assert data["turns"][3]["text"] == "这个我来处理， 您放心。"
    assert "人工录入" in data["turns"][3]["badges"][0]["text"]
    assert [item for item in data["items"] if item["id"] == "pushing"] == []
    [row] = corrections.history(house.store, OPERATOR, "S001")
    assert (row["who"], row["turn"], row["text_changed"], row["note"]) == ("qa", 3, True, "听错了")
    assert any("更正记录 1 条" in expander.label for expander in test.expander)
    assert [line.object for line in audit.read(house.store, OPERATOR, who="qa", action="correct_call")] == ["S001"]


def test_corrected_role_scores_anew(app: Opener) -> None:
    test = opened(app)
    field(test.selectbox, "_role").set_value(Role.CUSTOMER)
    press(test, "保存并重新评分")
    assert not test.exception
    data = component(test, "player_S001")
    assert data["turns"][3]["side"] == "customer"
    assert component(test, "call_verdict")["cards"][0]["value"] == "100"


def test_both_sides_change_places(app: Opener) -> None:
    before = component(app("qa", "review", call="S001"), "player_S001")["turns"]
    test = opened(app)
    press(test, "确认对调")
    assert not test.exception
    after = component(test, "player_S001")["turns"]
    swapped = {"agent": "customer", "customer": "agent"}
    assert [turn["side"] for turn in after] == [swapped[turn["side"]] for turn in before]


def test_nothing_changed_is_said_and_stored_nowhere(app: Opener, house: Any) -> None:
    test = press(opened(app), "保存并重新评分")
    assert not test.exception
    assert "什么也没有改变" in test.error[0].value.replace("\\", "")
    assert corrections.history(house.store, OPERATOR, "S001") == []


def test_whoever_comes_second_is_asked_to_look_again(app: Opener, house: Any) -> None:
    test = opened(app)
    field(test.text_area, "_text").set_value("我的改法。")
    room.correct(house.store, OPERATOR, "S001", [TurnChange(3, text="别人的改法。")])
    press(test, "保存并重新评分")
    assert not test.exception
    assert any("没有保存" in warning.value for warning in test.warning)
    assert calls.open_call(house.store, OPERATOR, "S001").call.turns[3].text == "别人的改法。"
    press(test, "重新打开")
    assert component(test, "player_S001")["turns"][3]["text"] == "别人的改法。"
    assert not [warning for warning in test.warning if "没有保存" in warning.value]


def test_masked_values_stay_masked(app: Opener, house: Any) -> None:
    test = opened(app, turn=1)
    field(test.text_area, "_text").set_value("我家停电了，电话13900005678。")
    press(test, "保存并重新评分")
    turn = component(test, "player_S001")["turns"][1]
    assert "13900005678" not in json.dumps(turn, ensure_ascii=False)
    assert turn["tokens"][0]["label"].startswith("电话号码·11位")


@pytest.mark.parametrize("who", ["agent", "lead", "manager"])
def test_others_see_no_form(app: Opener, who: str) -> None:
    test = app(who, "review", call="S001")
    assert not test.exception
    assert component(test, "player_S001")["mend"] == ""
    assert not [toggle for toggle in test.toggle if toggle.key == "mend_S001_open"]


def test_a_corrected_call_shows_its_history_to_who_may_open_it(app: Opener, house: Any) -> None:
    room.correct(house.store, OPERATOR, "S001", [TurnChange(0, text="您好。")], "重听")
    test = app("agent", "review", call="S001")
    assert any("更正记录 1 条" in expander.label for expander in test.expander)
    visits = [line.action for line in audit.read(house.store, OPERATOR, who="agent", object="S001")]
    assert sorted(visits) == ["hear_call", "view_call"]
