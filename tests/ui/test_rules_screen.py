"""规则: its parts for each role, what items came to, reviews, drafts checked and proven, impact previewed, a version published."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from hotline.store import OPERATOR, audit, item_reviews, publishing, schema
from hotline.ui.rules import draft
from qa.rules import load

Opener = Callable[..., AppTest]
READ = ["card", "item", "versions", "try", "source"]
PARTS = {
    "agent": READ,
    "lead": READ,
    "manager": READ,
    "admin": READ,
    "qa": [*READ, "edit", "impact"],
    "chief": [*READ, "edit", "impact", "publish"],
}


def data_of(test: AppTest, end: str) -> dict[str, Any]:
    found = [element for element in test.get("bidi_component") if element.proto.id.endswith(end)]
    assert len(found) == 1, end
    return json.loads(found[0].proto.json)


def part(test: AppTest, name: str) -> AppTest:
    test = test.main.button_group(key="rules_part").set_value(name).run()
    assert not test.exception
    return test


def press(test: AppTest, label: str) -> AppTest:
    test = next(button for button in test.button if button.label == label).click().run()
    assert not test.exception
    return test


def write(test: AppTest, change: Callable[[str], str]) -> AppTest:
    """Put a changed text into the draft, as the editor does."""
    [held] = test.session_state["rules_drafts"].values()
    draft.replace(held, change(held.text))
    test = test.run()
    assert not test.exception
    return test


@pytest.mark.parametrize("who", PARTS)
def test_each_role_gets_its_parts(app: Opener, who: str) -> None:
    test = app(who, "rules")
    assert not test.exception
    group = test.main.button_group(key="rules_part")
    assert len(group.options) == len(PARTS[who])
    for name in PARTS[who]:
        part(test, name)
        assert [error.value for error in test.error] == []


def test_the_card_says_what_is_at_stake_and_how_often_it_is_lost(app: Opener) -> None:
    test = app("qa", "rules")
    rows = data_of(test, "_manner")["rows"]
    pushing = next(row for row in rows if row["id"] == "pushing")
    text = json.dumps(pushing, ensure_ascii=False)
    assert "不推诿" in text and "20 分" in text and "3 通中 1 通" in text and "33.3% (6.1–79.2)" in text
    assert "服务规范 1.1" in json.dumps(data_of(test, "_opening")["rows"], ensure_ascii=False)


def test_an_administrator_reads_the_rules_without_a_word_of_calls(app: Opener) -> None:
    test = app("admin", "rules")
    assert len(data_of(test, "_manner")["heads"]) == 3
    part(test, "item")
    assert not any(heading.value == "在通话中的表现" for heading in test.subheader)


def test_an_item_with_its_figures_its_newest_losses_and_its_examples(app: Opener, house: Any) -> None:
    item_reviews.judge(house.store, OPERATOR, "S001", "pushing", True)
    test = part(app("qa", "rules"), "item")
    test.selectbox(key="rules_item_small").set_value("pushing").run()
    cards = {card["label"]: card for card in data_of(test, "rules_figures_cards")["cards"]}
    assert cards["已评判"]["value"] == "3"
    assert cards["失分率"]["value"] == "33.3%" and "95% 区间 6.1–79.2%" in cards["失分率"]["lines"]
    assert cards["复核准确率"]["value"] == "100.0%" and "1 次复核中 1 次正确" in cards["复核准确率"]["lines"]
    assert [row["id"] for row in data_of(test, "rules_newest")["rows"]] == ["S001"]
    assert any("还没有示例" in info.value for info in test.info)
    test.selectbox(key="rules_item_small").set_value("greeting").run()
    assert any("2 个符合，0 个不符" in caption.value for caption in test.caption)
    assert "✓ 失分" in json.dumps(data_of(test, "rules_examples_greeting_fail"), ensure_ascii=False)


def test_an_agent_sees_figures_of_own_calls_only(app: Opener) -> None:
    test = part(app("agent", "rules"), "item")
    test.selectbox(key="rules_item_small").set_value("closing").run()
    cards = {card["label"]: card for card in data_of(test, "rules_figures_cards")["cards"]}
    assert cards["已评判"]["value"] == "1"


def test_a_stored_call_is_opened_and_explained(app: Opener, house: Any) -> None:
    test = part(app("qa", "rules"), "try")
    test.radio(key="rules_try_on").set_value("stored").run()
    test.text_input(key="rules_stored_id").set_value("S001").run()
    press(test, "打开并评判")
    assert [line.object for line in audit.read(house.store, OPERATOR, who="qa", action="view_call")] == ["S001"]
    assert test.expander[1].label.startswith("✗ 不推诿")  # what was lost comes first, after the scorecard's own
    shown = "".join(str(frame.value) for frame in test.dataframe)
    assert "away" in shown and "#4 座席" in shown
    test.run()
    assert len(audit.read(house.store, OPERATOR, who="qa", action="view_call")) == 1
    test.text_input(key="rules_stored_id").set_value("S999").run()
    test = next(button for button in test.button if button.label == "打开并评判").click().run()
    assert any("S999" in error.value for error in test.error)


def test_nobody_tries_a_call_outside_their_scope(app: Opener) -> None:
    test = part(app("agent", "rules"), "try")
    test.radio(key="rules_try_on").set_value("stored").run()
    test.text_input(key="rules_stored_id").set_value("S003").run()
    test = next(button for button in test.button if button.label == "打开并评判").click().run()
    assert len(test.error) == 1 and not test.expander


def test_a_mistake_in_a_draft_is_named_with_its_line(app: Opener) -> None:
    test = part(app("qa", "rules"), "edit")
    assert data_of(test, "_0")["text"].startswith("\nid: small")
    write(test, lambda text: text.replace("points: 20", "points: 七"))
    data = data_of(test, "_1")
    line = data["text"].splitlines().index("        points: 七") + 1
    [problem] = [problem for problem in data["problems"] if problem["level"] == "error"]
    assert problem["line"] == line and problem["name"] == "pushing.points" and "七" in problem["text"]
    assert any("\u4e00" <= letter <= "\u9fff" and letter != "七" for letter in problem["text"])
    assert "还读不懂" in test.error[0].value
    assert next(button for button in test.button if button.label == "运行全部示例").disabled
    press(test, "还原")
    assert [problem for problem in data_of(test, "_2")["problems"] if problem["level"] == "error"] == []


def test_examples_of_a_draft_are_proven(app: Opener) -> None:
    test = part(app("qa", "rules"), "edit")
    press(test, "运行全部示例")
    assert any("2 个示例全部符合" in success.value for success in test.success)
    write(test, lambda text: text.replace("say: [您好]", "say: [早上好]"))
    press(test, "运行全部示例")
    assert any("2 个示例中有 1 个不符" in error.value for error in test.error)
    assert "✗ 失分" in json.dumps(data_of(test, "rules_examples_greeting_pass"), ensure_ascii=False)


def test_the_impact_of_a_draft(app: Opener, house: Any) -> None:
    test = part(app("qa", "rules"), "impact")
    assert any("内容相同" in info.value for info in test.info)
    part(test, "edit")
    write(test, lambda text: text.replace("version: 3", "version: 4").replace("points: 20", "points: 5"))
    part(test, "impact")
    press(test, "试算影响")
    cards = {card["label"]: card for card in data_of(test, "impact_cards")["cards"]}
    assert cards["比较的通话"]["value"] == "3" and cards["比较的通话"]["lines"] == ["1 通有变化"]
    assert cards["不合格变合格"]["value"] == "1"
    assert sorted(line.object for line in audit.read(house.store, OPERATOR, who="qa", action="view_call")) == ["S001", "S002", "S003"]
    assert len(audit.read(house.store, OPERATOR, who="qa", action="preview_rules")) == 1
    assert "80 不合格" in "".join(str(frame.value) for frame in test.dataframe)
    write(test, lambda text: text.replace("points: 5", "points: 6"))
    assert [e for e in test.get("bidi_component") if e.proto.id.endswith("impact_cards")] == []  # of another draft


def test_a_qa_lead_publishes_and_the_version_is_in_force(app: Opener, house: Any) -> None:
    publishing.publish(house.store, OPERATOR, load(house.home / "rules" / "small.yaml"), "first")
    test = part(app("chief", "rules"), "edit")
    write(test, lambda text: text.replace("points: 20", "points: 15"))
    part(test, "publish")
    assert any("第 4 版" in caption.value for caption in test.caption)
    assert any("还没有试算" in warning.value for warning in test.warning)
    assert "points" in "".join(str(frame.value) for frame in test.dataframe)
    press(test, "发布 small 第 4 版")
    assert any("请写发布说明" in warning.value for warning in test.warning)
    test.text_input(key="rules_publish_note").set_value("推诿改为 15 分")
    press(test, "发布 small 第 4 版")
    assert any("已发布 small 第 4 版" in success.value for success in test.success)
    newest = publishing.published(house.store)[-1]
    assert (newest.rule_set.version, newest.note, newest.published_by) == (4, "推诿改为 15 分", "chief")
    assert newest.rule_set.item("pushing").points == 15
    part(test, "versions")
    text = str(test.dataframe[0].value.to_dict())
    assert "生效中" in text and "已失效" in text and "推诿改为 15 分" in text


def test_what_cannot_be_published_is_said_in_one_line(app: Opener, house: Any) -> None:
    file: Path = house.home / "rules" / "small.yaml"
    publishing.publish(house.store, OPERATOR, load(file), "first")
    text = (
        file.read_text(encoding="utf-8")
        .replace("version: 3", "version: 4\neffective: {from: 2026-01-01}")
        .replace("points: 20", "points: 9")
    )
    file.write_text(text, encoding="utf-8")
    publishing.publish(house.store, OPERATOR, load(file), "second")
    test = part(app("chief", "rules"), "publish")
    assert any("已经发布" in info.value for info in test.info)
    part(test, "edit")
    write(test, lambda text: text.replace("points: 9", "points: 15"))
    part(test, "publish")
    test.text_input(key="rules_publish_note").set_value("早于现行")
    test.date_input(key="rules_publish_day").set_value(date(2020, 1, 1))
    press(test, "发布 small 第 5 版")
    assert len(test.error) == 1 and "\n" not in test.error[0].value
    assert [one.rule_set.version for one in publishing.published(house.store)] == [3, 4]
    part(test, "edit")
    write(test, lambda text: text.replace("points: 15", "points: 七"))
    part(test, "publish")
    assert "错误" in test.error[0].value


def test_reviewers_say_whether_the_rules_were_right(app: Opener, house: Any) -> None:
    test = app("qa", "review", call="S001")
    assert any(heading.value == "判定复核" for heading in test.subheader)
    test.text_input(key="review_note_S001_pushing").set_value("确有推诿")
    test.button(key="review_S001_pushing_right").click().run()
    assert not test.exception
    assert any("判定正确" in text.value and "确有推诿" in text.value for text in test.markdown)
    [line] = audit.read(house.store, OPERATOR, who="qa", action="review_item")
    assert line.detail == {"item": "pushing", "agreed": True, "outcome": "fail"}
    test.button(key="review_S001_pushing_wrong").click().run()
    assert item_reviews.precision(house.store, OPERATOR, "small")[("pushing", "fail")] == item_reviews.Precision(1, 0)


def test_others_read_reviews_and_judge_nothing(app: Opener, house: Any) -> None:
    assert not any(heading.value == "判定复核" for heading in app("agent", "review", call="S001").subheader)
    item_reviews.judge(house.store, OPERATOR, "S001", "pushing", False)
    test = app("agent", "review", call="S001")
    assert any("误判" in text.value for text in test.markdown)
    assert not [button for button in test.button if (button.key or "").startswith("review_S001")]


def test_a_link_opens_the_call_at_the_sentence(app: Opener, house: Any) -> None:
    test = app("qa", "review", call="S001", at="12.0")
    assert data_of(test, "-player_S001")["start"] == house.lost_at
    for nonsense in ("x", "nan", "-3", "inf"):
        assert data_of(app("qa", "review", call="S001", at=nonsense), "-player_S001")["start"] is None


def test_settings_of_a_text() -> None:
    text = "id: a\neffective:\n  from: 2026-01-01\n  to: 2026-02-01\nversion: 3\nsections: []\n"
    assert draft.begins(text, None) == "id: a\nversion: 3\nsections: []\n"
    assert draft.begins(text, date(2027, 1, 1)) == "id: a\neffective: {from: 2027-01-01}\nversion: 3\nsections: []\n"
    assert draft.with_setting(text, "version", "4").count("version: 4") == 1
    assert draft.with_setting("title: A", "version", "1") == "version: 1\ntitle: A"


def test_a_file_that_differs_from_what_is_published_is_a_draft(app: Opener, house: Any) -> None:
    file: Path = house.home / "rules" / "small.yaml"
    publishing.publish(house.store, OPERATOR, load(file), "first")
    file.write_text(
        file.read_text(encoding="utf-8").replace("version: 3", "version: 4").replace("points: 20", "points: 9"), encoding="utf-8"
    )
    test = app("agent", "rules")
    assert [option.rpartition(" ")[2] for option in test.selectbox(key="rules_set").options] == ["生效中", "草稿文件"]


def test_a_version_that_cannot_be_read_is_named_with_its_problem(app: Opener, house: Any) -> None:
    """Nothing judges in its place: neither the version before it nor the file."""
    file: Path = house.home / "rules" / "small.yaml"
    publishing.publish(house.store, OPERATOR, load(file), "first")
    file.write_text(file.read_text(encoding="utf-8").replace("version: 3", "version: 4"), encoding="utf-8")
    publishing.publish(house.store, OPERATOR, load(file), "second")
    with house.store.begin() as connection:
        newer = schema.rule_sets.c.version == 4
        connection.execute(schema.rule_sets.update().where(newer).values(source="id: small\nversion: 4\n"))
    for language, told in (("zh", "已经发布，但现在读不了"), ("en", "is published and can no longer be read")):
        test = app("agent", "rules", language)
        [error] = test.error
        assert "small v4" in error.value and told in error.value and "title" in error.value
        status = {"zh": ["草稿文件", "已失效"], "en": ["draft file", "no longer in force"]}[language]
        assert [option.rpartition("· ")[2] for option in test.selectbox(key="rules_set").options] == status


def test_results_of_each_version_stand_alone_at_first_those_of_the_one_in_force(app: Opener, house: Any) -> None:
    file: Path = house.home / "rules" / "small.yaml"
    test = app("qa", "rules")
    assert "3 通中 1 通" in json.dumps(data_of(test, "_manner")["rows"], ensure_ascii=False)
    publishing.publish(house.store, OPERATOR, load(file), "first")
    file.write_text(file.read_text(encoding="utf-8").replace("version: 3", "version: 4"), encoding="utf-8")
    publishing.publish(house.store, OPERATOR, load(file), "second")
    test = app("qa", "rules")

    def span() -> list[str]:
        return [caption.value for caption in test.caption if caption.value.startswith("统计区间")]

    chosen = next(box for box in test.selectbox if box.label == "统计的版本")
    assert chosen.options == ["第 4 版（0 通） · 生效中", "第 3 版（3 通）", "全部版本（3 通）"] and chosen.value == 4
    assert "3 通中 1 通" not in json.dumps(data_of(test, "_manner")["rows"], ensure_ascii=False) and not span()
    for version in (3, 0):
        test = next(box for box in test.selectbox if box.label == "统计的版本").set_value(version).run()
        assert not test.exception and len(span()) == 1
        assert "3 通中 1 通" in json.dumps(data_of(test, "_manner")["rows"], ensure_ascii=False)
    test = part(test, "item")
    chosen = next(box for box in test.selectbox if box.label == "统计的版本")
    assert chosen.value == 0 and len(span()) == 1
    test = chosen.set_value(4).run()
    assert not span() and any("还没有评判结果" in info.value for info in test.info)
