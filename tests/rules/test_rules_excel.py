"""Scorecards in Excel: the template, columns in both directions, round trips that judge the same, mistakes named by row and column."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import openpyxl
import pytest
import xlsxwriter

from hotline import cli
from hotline.errors import BadInput
from qa import scoring
from qa.rules import load, load_text, proving
from qa.rules.checks import ERROR, review
from qa.rules.diff import rule_changes
from qa.rules.excel import export_excel, import_excel, template
from qa.rules.excel.columns import COLUMNS
from qa.rules.exchange import written

ROOT = Path(__file__).parents[2]
HEADINGS = {column.key: column.heading for column in COLUMNS}


def book(file: Path, rows: Sequence[Mapping[str, object]], **sheets: Sequence[Sequence[object]]) -> Path:
    """A workbook with these rows by column key; ``sheets`` are others with their rows."""
    with xlsxwriter.Workbook(str(file)) as made:
        page = made.add_worksheet("评分项")
        keys = list(dict.fromkeys(key for row in rows for key in row))
        page.write_row(0, 0, [HEADINGS.get(key, key) for key in keys])
        for number, row in enumerate(rows, start=1):
            for place, key in enumerate(keys):
                if key in row:
                    page.write(number, place, row[key])
        for name, content in sheets.items():
            other = made.add_worksheet(name)
            for number, cells in enumerate([["名称", "值"], *content]):
                other.write_row(number, 0, cells)
    return file


ROW = {"title": "问候", "points": 5, "kind": "必须说", "by": "坐席", "say": "您好\n你好"}


def test_the_template_is_a_scorecard_that_holds(tmp_path: Path) -> None:
    template(tmp_path / "评分表.xlsx")
    found = import_excel(tmp_path / "评分表.xlsx")
    assert found.losses == () and [i.id for i in found.rule_set.items] == ["greeting", "comfort", "rude"]
    assert [p for p in proving.prove(found.rule_set) if not p.held] == []
    assert [p for p in review(found.rule_set) if p.level == ERROR or p.kind in ("examples", "clause", "coaching")] == []
    page = openpyxl.load_workbook(tmp_path / "评分表.xlsx")["评分项"]
    assert [c.value for c in page[1]] == [column.heading for column in COLUMNS] and all(c.comment for c in page[1])
    assert len(page.data_validations.dataValidation) == sum(bool(column.choices) for column in COLUMNS)


@pytest.mark.parametrize("name", ["power_95598.yaml", "general_en.yaml", "common.yaml"])
def test_what_ships_comes_back_judging_its_examples_the_same(tmp_path: Path, name: str) -> None:
    rule_set = load(ROOT / "scoring_rules" / name)
    assert [loss for loss in export_excel(rule_set, tmp_path / "x.xlsx") if loss.left_out] == []
    back = import_excel(tmp_path / "x.xlsx")
    assert back.losses == () and [i.id for i in back.rule_set.items] == [i.id for i in rule_set.items]
    assert (back.rule_set.id, back.rule_set.start, back.rule_set.pass_mark) == (rule_set.id, rule_set.start, rule_set.pass_mark)
    assert [(s.id, s.title) for s in back.rule_set.sections] == [(s.id, s.title) for s in rule_set.sections]
    for item in rule_set.items:
        other = back.rule_set.item(item.id)
        assert (other.title, other.points, other.fatal, other.clause, other.coaching) == (
            item.title, item.points, item.fatal, item.clause, item.coaching
        )  # fmt: skip
        assert len(other.examples) == len(item.examples)
        for example in item.examples[::3]:
            was = scoring.score(rule_set, example.call).item(item.id)
            now = scoring.score(back.rule_set, example.call).item(item.id)
            assert (was.outcome, was.lost_low, was.lost_high) == (now.outcome, now.lost_low, now.lost_high), (item.id, example.line)


def test_a_second_round_changes_nothing(tmp_path: Path) -> None:
    first = import_excel(_exported(tmp_path / "a.xlsx", load(ROOT / "scoring_rules" / "general_en.yaml"))).rule_set
    second = import_excel(_exported(tmp_path / "b.xlsx", first)).rule_set
    assert rule_changes(first, second) == ()


def _exported(file: Path, rule_set) -> Path:
    export_excel(rule_set, file)
    return file


def test_columns_become_conditions(tmp_path: Path) -> None:
    rows = [
        ROW,
        {"id": "sorry", "title": "致歉", "title_en": "Sorry", "points": 3, "kind": "必须说", "by": "坐席", "say": "抱歉",
         "trigger": "投诉\n太过分", "trigger_by": "客户", "within": 3, "applies_when": "meta.area == 城区"},
        {"title": "不骂人", "fatal": "是", "kind": "不得说", "by": "坐席", "say": "有病", "exclude": "有病人", "section": "态度"},
        {"title": "话术", "points_per_hit": 2, "at_most": 6, "kind": "不得说", "match": "正则", "say": "滚.{0,2}蛋", "by": "双方"},
        {"title": "静音", "points": 4, "yaml": "conditions: {d: {silence: {over: 8 s}}}\nforbid: d\nseverity: serious"},
    ]  # fmt: skip
    found = import_excel(book(tmp_path / "x.xlsx", rows)).rule_set
    assert [(s.id, s.title.zh, len(s.items)) for s in found.sections] == [("section-1", "评分项", 4), ("section-2", "态度", 1)]
    greeting, sorry, regex, silence = found.sections[0].items
    assert (
        greeting.id == "item-1" and greeting.conditions[0].params.phrases == ("您好", "你好") and greeting.conditions[0].by.value == "agent"
    )
    assert str(sorry.applies_when) == "trigger and meta.area == 城区" and sorry.title.en == "Sorry"
    assert sorry.conditions[0].anchors[0].within.turns == 3 and sorry.conditions[1].by.value == "customer"
    assert (regex.points_per_hit, regex.points, regex.forbids, regex.conditions[0].operator) == (2, 6, True, "regex")
    assert (silence.severity, silence.conditions[0].operator) == ("serious", "silence")
    rude = found.sections[1].items[0]
    assert rude.fatal and rude.conditions[0].params.exclude == ("有病人",)


def test_lists_shared_conditions_and_settings(tmp_path: Path) -> None:
    sheets = {
        "词库": [["hi", "您好"], ["hi", "你好\n早上好"]],
        "公用条件": [["mute", "{say: 不方便, by: agent}"]],
        "设置": [["id", "my-card"], ["title", "{zh: 卡, en: Card}"], ["pass_mark", 90], ["version", 3]],
    }
    row = {**ROW, "say": "$hi", "applies_when": "not mute"}
    found = import_excel(book(tmp_path / "x.xlsx", [row], **sheets)).rule_set
    assert (found.id, found.title.en, found.pass_mark, found.version) == ("my-card", "Card", 90, 3)
    assert found.vocabularies["hi"] == ("您好", "你好", "早上好") and found.conditions[0].name == "mute"


WRONG = [
    ({"kind": "应该说"}, "类型", "'应该说' is none of"),
    ({"say": ""}, "说法", "is empty"),
    ({"points": "五"}, "分值", "'五' is not a number"),
    ({"by": "机器人"}, "谁说", "is none of"),
    ({"within": 3}, "触发话语", "nothing that triggers"),
    ({"yaml": "expect: [a"}, "完整规则", "cannot be read"),
    ({"yaml": "- a"}, "完整规则", "should be a table"),
    ({"id": "Uh Oh"}, "编号", "cannot be an id"),
    ({"id": "问候"}, "编号", "cannot be an id"),
    ({"id": "good"}, "编号", "'good' stands twice, first in 第 2 行"),
    ({"points": "=SUM(1,2)"}, "分值", "holds a formula"),
    ({"points": "=1/0"}, "分值", "holds a formula"),
    ({"match": "正则", "say": "(?<!不)满意"}, "bad.conditions.said.regex", "lookaround"),
    ({"window": "开头"}, "bad.conditions.said.in", "is not a window"),
    ({"pass": "您好"}, "bad.examples.pass", "is not a turn"),
    ({"title": ""}, "评分项", "is empty"),
]


@pytest.mark.parametrize(("change", "field", "problem"), WRONG, ids=[str(w[0]) for w in WRONG])
def test_mistakes_are_named_by_row_and_column_and_the_rest_is_read(tmp_path: Path, change, field: str, problem: str) -> None:
    found = import_excel(book(tmp_path / "x.xlsx", [{**ROW, "id": "good"}, {**ROW, "id": "bad", **change}]))
    assert [i.id for i in found.rule_set.items] == ["good"]
    (loss,) = found.losses
    assert loss.rule.startswith("第 3 行") and loss.field == field and problem in loss.what.en and loss.left_out
    if change != {"id": "good"}:  # alone, it is no second one
        with pytest.raises(BadInput):
            import_excel(book(tmp_path / "y.xlsx", [{**ROW, "id": "bad", **change}]))


def test_a_row_that_holds_nothing_but_a_sum_is_left_out_and_listed(tmp_path: Path) -> None:
    found = import_excel(book(tmp_path / "x.xlsx", [ROW, {"points": "=SUM(A2:A2)"}, {**ROW, "title": "道别", "say": "再见"}]))
    assert [item.title.zh for item in found.rule_set.items] == ["问候", "道别"]
    assert [(loss.rule, loss.field, loss.left_out) for loss in found.losses] == [("第 3 行", "分值", True)]


def test_a_formula_among_lists_and_conditions_leaves_out_what_asks_for_them(tmp_path: Path) -> None:
    """All rows of the name together: a list with a word less would judge otherwise without anybody being told."""
    rows = [{**ROW, "id": "good"}, {**ROW, "id": "a", "say": "$hello"}, {**ROW, "id": "b", "yaml": "expect: upset"}]
    lists = [["hello", "您好"], ["hello", "=1+1"], ["bye", "再见"]]
    shared = [["upset", "{say: $hello, by: customer}"], ["calm", "{say: $bye}"], ["sum", "=1/0"]]
    found = import_excel(book(tmp_path / "x.xlsx", rows, 词库=lists, 公用条件=shared))
    assert [item.id for item in found.rule_set.items] == ["good"]
    assert set(found.rule_set.vocabularies) == {"bye"} and [c.name for c in found.rule_set.conditions] == ["calm"]
    gone = {loss.rule: loss for loss in found.losses if loss.left_out}
    assert set(gone) == {"词库 hello", "公用条件 upset", "公用条件 sum", "第 3 行 问候", "第 4 行 问候"}
    assert gone["词库 hello"].field == "第 3 行" and "holds a formula" in gone["词库 hello"].what.en
    assert "$hello" in gone["公用条件 upset"].what.zh
    for sheet, content in (("词库", [["=1+1", "您好"]]), ("设置", [["start", "=50+50"]])):
        with pytest.raises(BadInput, match=r"not written out|holds a formula"):
            import_excel(book(tmp_path / "y.xlsx", [ROW], **{sheet: content}))


def test_a_formula_in_a_column_that_is_not_read_costs_nothing(tmp_path: Path) -> None:
    found = import_excel(book(tmp_path / "x.xlsx", [{**ROW, "负责人": "=1+1"}]))
    assert [(loss.rule, loss.field, loss.left_out) for loss in found.losses] == [("*", "负责人", False)]


@pytest.mark.parametrize(
    ("change", "field", "value"),
    [({"points": "5分"}, "points", 5), ({"points": " ５ 分 "}, "points", 5), ({"points": "2.5 分"}, "points", 2.5)]
    + [({"by": word}, "by", "agent") for word in ("客服", "座席", "话务员", "坐席")]
    + [({"by": word}, "by", "customer") for word in ("用户", "来电人", "客户")],
)
def test_words_of_the_trade_that_can_mean_one_thing_only(tmp_path: Path, change, field: str, value) -> None:
    found = import_excel(book(tmp_path / "x.xlsx", [{**ROW, **change}]))
    (item,) = found.rule_set.items
    assert found.losses == () and (item.points if field == "points" else item.conditions[0].by.value) == value


def test_a_distance_may_be_said_in_turns(tmp_path: Path) -> None:
    row = {**ROW, "trigger": "投诉", "trigger_by": "用户", "within": "3 个话轮"}
    (item,) = import_excel(book(tmp_path / "x.xlsx", [row])).rule_set.items
    assert item.conditions[0].anchors[0].within.turns == 3


@pytest.mark.parametrize("cell", ["地址、门牌", "地址；门牌", "地址/门牌", "地址、\n门牌", "地址 ;门牌"])
def test_phrases_joined_by_a_sign_are_parted_and_listed(tmp_path: Path, cell: str) -> None:
    row = {**ROW, "say": cell, "exclude": "不、别", "trigger": "停电、没电"}
    found = import_excel(book(tmp_path / "x.xlsx", [row], 词库=[["hi", "您好、你好"]]))
    said, trigger = found.rule_set.items[0].conditions
    assert (said.params.phrases, said.params.exclude, trigger.params.phrases) == (("地址", "门牌"), ("不", "别"), ("停电", "没电"))
    assert found.rule_set.vocabularies["hi"] == ("您好", "你好")
    listed = [(loss.rule, loss.field, loss.left_out) for loss in found.losses]
    assert listed == [("词库 hi", "说法", False), *(("第 2 行 问候", field, False) for field in ("说法", "排除", "触发话语"))]
    assert "2 个说法" in found.losses[1].what.zh and "2 phrases" in found.losses[1].what.en


def test_signs_inside_a_phrase_stay(tmp_path: Path) -> None:
    """A comma may belong to a sentence, so it is listed and not parted; brackets, patterns and model sentences keep what they hold."""
    rows = [
        {**ROW, "say": "地址，门牌"},
        {**ROW, "say": "您好，请讲\n请问，您贵姓"},
        {**ROW, "say": "请(您、你)稍等\n24/7 服务"},
        {**ROW, "match": "正则", "say": "[、；]你"},
        {**ROW, "match": "话术相似", "say": "请您报一下姓名、电话"},
    ]
    found = import_excel(book(tmp_path / "x.xlsx", rows))
    phrases = [getattr(item.conditions[0].params, "phrases", None) for item in found.rule_set.items]
    assert phrases[:3] == [("地址，门牌",), ("您好，请讲", "请问，您贵姓"), ("请(您、你)稍等", "24/7 服务")]
    (told,) = found.losses
    assert (told.rule, told.field, told.left_out) == ("第 2 行 问候", "说法", False) and "一行一个" in told.what.zh


def test_phrases_with_such_signs_come_back_as_they_were(tmp_path: Path) -> None:
    text = "id: t\ntitle: T\nvocabularies: {v: ['东、西', 南]}\nsections: [{id: s, items: [{id: i, points: 1, "
    text += "conditions: {x: {say: ['报地址、门牌', $v], by: agent}}, expect: x}]}]"
    rule_set = load_text(text, "t.yaml")
    losses = export_excel(rule_set, tmp_path / "x.xlsx")
    assert [(loss.rule, loss.field, loss.left_out) for loss in losses] == [("*", "vocabularies.v", False)]
    back = import_excel(tmp_path / "x.xlsx").rule_set
    assert back.items[0].conditions[0].params.phrases[0] == "报地址、门牌" and back.vocabularies["v"] == ("东西", "南")


def test_columns_nobody_knows_are_listed_and_missing_ones_refused(tmp_path: Path) -> None:
    found = import_excel(book(tmp_path / "x.xlsx", [{**ROW, "负责人": "张三"}]))
    assert [(loss.rule, loss.field, loss.left_out) for loss in found.losses] == [("*", "负责人", False)]
    with pytest.raises(BadInput, match="heading 评分项 is missing"):
        import_excel(book(tmp_path / "y.xlsx", [{"points": 5}]))
    with pytest.raises(BadInput, match="no row"):
        import_excel(book(tmp_path / "z.xlsx", [dict.fromkeys(ROW, "")]))
    with pytest.raises(BadInput, match=r"设置!3: id stands twice"):
        import_excel(book(tmp_path / "w.xlsx", [ROW], 设置=[["id", "a"], ["id", "b"]]))


def test_what_a_cell_cannot_hold_is_listed(tmp_path: Path) -> None:
    talk = ", ".join(f'"agent: 您好{"啊" * 450}{n}"' for n in range(90))
    text = "id: t\ntitle: T\nsections: [{id: s, items: [{id: long, points: 1, conditions: {x: {say: 您好}}, expect: x, "
    text += f"examples: {{pass: [{talk}]}}}},"
    text += "{id: short, points: 1, conditions: {x: {say: 您好}}, expect: x}]}]"
    losses = export_excel(load_text(text, "t.yaml"), tmp_path / "x.xlsx")
    assert [(x.rule, x.field, x.left_out) for x in losses] == [("long", "pass", True)]
    assert [i.id for i in import_excel(tmp_path / "x.xlsx").rule_set.items] == ["short"]


def test_names_that_look_like_formulas_stay_names(tmp_path: Path) -> None:
    text = "id: t\ntitle: T\nsections: [{id: s, items: [{id: i, title: '=1+1', points: 1, conditions: {x: {say: 您好}}, expect: x}]}]"
    export_excel(load_text(text, "t.yaml"), tmp_path / "x.xlsx")
    assert import_excel(tmp_path / "x.xlsx").rule_set.items[0].title.zh == "=1+1"


def test_yaml_is_written_as_people_write_it() -> None:
    assert written({"a": "5", "b": "yes", "c": "null", "d": "", "e": True, "f": 0.5, "g": ["12:30", "# x"]}) == (
        "a: 5\nb: yes\nc: 'null'\nd: ''\ne: true\nf: 0.5\ng: ['12:30', '# x']\n"
    )


def test_the_commands(tmp_path: Path, capsys) -> None:
    def hotline(*arguments: str) -> int:
        with pytest.raises(SystemExit) as caught:
            cli.main(["rules", *arguments])
        return int(caught.value.code or 0)

    sheet, card = tmp_path / "评分表.xlsx", tmp_path / "card.yaml"
    assert hotline("template", str(sheet)) == 0
    assert hotline("import", str(sheet), "--out", str(card)) == 0
    assert hotline("check", str(card)) == 0 and hotline("test", str(card)) == 0
    assert hotline("export", str(card), "--out", str(tmp_path / "again.xlsx"), "--strict") == 0
    assert hotline("template", str(tmp_path / "x.json")) == 2
    assert hotline("template", str(tmp_path / "none" / "x.xlsx")) == 2
    assert "Traceback" not in capsys.readouterr().err
