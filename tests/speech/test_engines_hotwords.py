"""Words that a recogniser should expect: by queue in a file, by rule set, one string in the end."""

from __future__ import annotations

import pytest

from hotline.errors import BadInput, BadRule
from hotline.settings import load as load_settings
from qa import hotwords, rules
from qa.rulebook import RuleBook
from qa.transcription.hotwords import as_line

RULES = """
id: words
title: 热词
language: {language}
vocabularies:
  trade: [阶梯电价, 光伏(并网), "请…稍等", 需量]
hotwords: {words}
sections:
  - id: a
    title: 甲
    items:
      - id: a1
        title: 问好
        conditions: {{hello: {{say: 您好, by: agent}}}}
        expect: hello
        points: 1
"""


def written(words, language="zh"):
    return RULES.format(words=words, language=language)


def test_a_rule_set_names_words_and_vocabularies():
    found = rules.load_text(written("[过户, State Grid, $trade, 过户]"), "words.yaml")
    # a gap makes a phrase no word; each wording of a short phrase is one
    assert found.hotwords == ("过户", "State Grid", "阶梯电价", "光伏并网", "光伏", "需量")
    assert rules.load_text(written("[过户]"), "words.yaml").content_hash != found.content_hash


@pytest.mark.parametrize(
    ("words", "problem"),
    [
        ("[$nothing]", "words.yaml:7: hotwords: vocabulary '\\$nothing' is not defined"),
        ("['请(您)稍等']", "is no single word"),
        ("[这是一个很长很长很长的句子]", "at most 10"),
        ("[]", "is an empty list"),
    ],
)
def test_what_is_no_word_is_refused(words, problem):
    with pytest.raises(BadRule, match=problem):
        rules.load_text(written(words), "words.yaml")


def test_a_call_expects_the_words_of_its_queue_and_its_language(tmp_path):
    file = tmp_path / "hotwords.yaml"
    file.write_text("all: [示例能源]\nq1:\n  - 光伏并网\n  - 过户\n", encoding="utf-8")
    chinese = rules.load_text(written("[过户, 需量]"), "zh.yaml")
    english = rules.load_text(written("[outage]", "en"), "en.yaml")
    book = RuleBook((chinese, english))
    assert hotwords.expected(file, "q1", book, "zh") == ("光伏并网", "过户", "示例能源", "需量")
    assert hotwords.expected(file, "q9", book, "en") == ("示例能源", "outage")
    assert hotwords.expected(tmp_path / "none.yaml", None, book, "zh") == ("过户", "需量")
    assert as_line(hotwords.expected(file, "q1", book, "zh")) == "光伏并网 过户 示例能源 需量"


def test_the_file_is_read_anew_when_it_changes(tmp_path):
    import os

    file = tmp_path / "hotwords.yaml"
    file.write_text("all: [甲]\n", encoding="utf-8")
    assert hotwords.load(file) == {"all": ("甲",)}
    file.write_text("all: [乙]\n", encoding="utf-8")
    os.utime(file, ns=(1, 1))
    assert hotwords.load(file) == {"all": ("乙",)}


def test_a_wrong_file_is_named(tmp_path):
    file = tmp_path / "hotwords.yaml"
    file.write_text("all: [甲]\nq1: {a: b}\n", encoding="utf-8")
    with pytest.raises(BadRule, match=r"hotwords.yaml:2: q1: should be text or a list of texts"):
        hotwords.load(file)
    file.write_bytes("all: [甲]".encode("gb18030"))
    with pytest.raises(BadInput, match=r"is text in GBK, not in UTF-8"):
        hotwords.load(file)


def test_the_file_lies_in_the_home_folder_unless_a_setting_says(tmp_path):
    assert load_settings(tmp_path, {}).hotwords == tmp_path / "hotwords.yaml"
    assert load_settings(tmp_path, {"HOTLINE_HOTWORDS": str(tmp_path / "w.yaml")}).hotwords == tmp_path / "w.yaml"
