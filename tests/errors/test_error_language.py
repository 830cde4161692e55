"""Errors in Chinese: every message has its Chinese with the same values, and a finished text finds its way back to its template."""

from __future__ import annotations

import ast
import errno
import importlib
import os
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from hotline import errors, locale
from hotline.errors import AccessDenied, BadInput, BadRule, NotFound
from hotline.locale import messages
from tests.errors.raised import PACKAGES, Found, Reader

ROOT = Path(__file__).parents[2]
MISSING = """
Messages without Chinese. Give each its own in the hotline/locale/errors/*.yaml of its package (rules, operators, speech, planning,
store, hotline; what errors are about in things), with the values in the same order or numbered ({1}). To paste:

"""
NOT_READ = {
    ("qa/decoding.py", "other[1]"),  # containers.no_recording: in fragments
    ("qa/judging.py", "redaction.mask(f'{type(error).__name__}: {error}')"),  # what Python said
    ("qa/models.py", "' | '.join(failures)"),  # what each source said
    ("qa/models.py", "wanted.note"),  # the catalogue of models: in fragments
    ("qa/models.py", "wrong[0]"),  # models.check: in fragments
}
"""Messages that come from a table or from elsewhere, which the reader of sources does not follow."""
PARTS = ("fragments", "remarks")
"""Files whose texts are not raised: parts of messages, and remarks on recordings."""
SYSTEM = "system"
"""The file of what the operating system says, which stands in no source of ours."""


@pytest.fixture(scope="module")
def found() -> Found:
    return Reader(ROOT).read()


@pytest.fixture(autouse=True)
def chinese() -> Iterator[None]:
    locale.use("zh")
    yield
    locale.use("zh")


def entries() -> dict[str, str]:
    return {text: chinese for group in messages.catalogue().values() for text, chinese in group.items()}


def yaml_key(text: str) -> str:
    return str(yaml.safe_dump(text, allow_unicode=True, default_style='"', width=10**6)).strip()


def test_every_message_has_its_chinese(found: Found) -> None:
    known = entries()
    missing = {text: site for text, site in found.templates.items() if text not in known}
    lines = [f"{yaml_key(text)}:   # {site.file}:{site.line} {site.kind}" for text, site in sorted(missing.items())]
    if lines:
        pytest.fail(MISSING + "\n".join(lines), pytrace=False)


def test_every_message_can_be_read_in_the_source(found: Found) -> None:
    unread = [f"{site.file}:{site.line}: {text}" for site, text in found.unread if (site.file, text) not in NOT_READ]
    assert unread == [], "write the text where it is raised, or in a local name"


def test_no_chinese_is_left_over(found: Found) -> None:
    """An entry that no source raises any more; a fragment whose words stand nowhere in the source."""
    stale = [
        text
        for name, group in messages.catalogue().items()
        if name not in (*PARTS, SYSTEM)
        for text in group
        if text not in found.templates
    ]
    assert stale == []
    written = "\n".join(_strings())
    for text in (text for name in PARTS for text in messages.catalogue()[name]):
        longest = max(text.replace("{{", "{").split("{}"), key=len)
        assert longest in written, f"{text!r} stands nowhere in the source"


def test_reasons_of_the_system_are_those_it_gives() -> None:
    known = {os.strerror(number) for number in errno.errorcode}
    assert set(messages.catalogue()[SYSTEM]) <= known
    assert messages.message(f"cannot be read ({os.strerror(errno.EACCES)})") == "无法读取（没有权限）"
    assert messages.message(f"cannot be written ({os.strerror(errno.ENOENT)})") == "无法写入（没有这个文件或文件夹）"
    assert messages.message("cannot be read (disk on fire)") == "无法读取（disk on fire）"


def _strings() -> Iterator[str]:
    for file in (file for package in PACKAGES for file in (ROOT / package).rglob("*.py")):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                yield node.value


def test_no_template_stands_in_two_files() -> None:
    texts = [text for name, group in messages.catalogue().items() if name != "things" for text in group]
    assert len(texts) == len(set(texts))


def test_the_chinese_takes_the_same_values() -> None:
    for text, chinese in entries().items():
        messages.template(text, chinese)  # raises when it does not
        assert chinese.strip(), text


def test_other_values_are_refused() -> None:
    for chinese in ("没有", "{} {}", "{1}", "{0} {0}"):
        with pytest.raises(ValueError, match="has 1 values"):
            messages.template("not in {}", chinese)


VALUE = st.text("甲乙丙丁七八九", min_size=1, max_size=4)


@settings(deadline=None)  # the first run reads the catalogue
@given(st.data())
def test_a_finished_text_is_told_by_its_own_template(data: st.DataObject) -> None:
    """Filled with values that are no English words, each template is recognised and gives its own Chinese with these values."""
    kind = data.draw(st.sampled_from(["message", "thing"]))
    groups = [group for name, group in messages.catalogue().items() if (name == "things") == (kind == "thing")]
    text, chinese = data.draw(st.sampled_from(sorted(pair for group in groups for pair in group.items())))
    template = messages.template(text, chinese)
    values = [data.draw(VALUE) for _ in range(template.pattern.groups)]
    finished = text.replace("{}", "\0").replace("{{", "{").replace("}}", "}")
    for value in values:
        finished = finished.replace("\0", value, 1)
    expected = "".join(piece if isinstance(piece, str) else values[piece[0]] for piece in template.chinese)
    told = messages.message(finished) if kind == "message" else messages.thing(finished)
    if template.letters >= 3 or not values:  # ``({})`` would explain everything
        assert told == expected


@settings(deadline=None)
@given(st.text())
def test_any_text_is_told_and_nothing_of_it_is_lost(value: str) -> None:
    """Whatever a file is called or holds: no error, and what was filled in stands in the Chinese."""
    for told in (messages.message(value), messages.line(value), messages.thing(value)):
        assert isinstance(told, str)
    assert value in messages.message(f"'{value}' is not a date") or " or " in value


def test_an_error_is_one_line_in_either_language() -> None:
    error = BadRule("a.yaml:3: i.points", "'七' is not a number from 0 to 100", "write for example points: 5")
    assert messages.told(error) == "a.yaml:3: i.points：“七”不是 0 至 100 的数；例如 points: 5"
    locale.use("en")
    assert messages.told(error) == str(error)
    assert messages.line("x: is missing") == "x: is missing"


def test_messages_within_messages() -> None:
    assert messages.message("cannot be read (gone) (tried 3 times)") == "无法读取（gone）（试了 3 次）"
    assert messages.message("check the share or the disk; then: hotline calls quarantine retry").startswith("请检查共享或磁盘；然后")
    assert messages.message("still put aside (a.wav: the file is empty (0 bytes))") == "仍然搁置着（a.wav：文件是空的（0 字节））"
    assert messages.message("did you mean say or regex? Known: regex, say") == "您是想写 say或regex 吗？可用的有：regex, say"


def test_remarks_on_recordings() -> None:
    assert messages.message("truncated: 8.0 s of 16.1 s could be read") == "不完整：只能读出 8.0 秒（共 16.1 秒）"
    assert (
        messages.message("both channels hold the same signal, one upside down, taken as mono")
        == "两个声道是同一信号，其中一个反相，按单声道处理"
    )
    assert messages.message("the left channel is silent") == "左声道没有声音"
    assert messages.line("manifest.csv:9: F9: named .wav, but it is MP3") == "manifest.csv:9: F9：后缀是 .wav，内容却是 MP3"


def test_a_stored_line_is_parted_where_it_says_most() -> None:
    line = "manifest.csv:3: seconds: '七' is not a number of seconds; write 12.5, from 0 to a day"
    assert messages.line(line) == "manifest.csv:3: seconds：“七”不是秒数；请写成 12.5，从 0 到一天"
    assert messages.line("C:; a: b.wav: no such thing known") == "C:; a: b.wav: no such thing known"
    assert messages.line("call S1: has no recording") == "通话 S1：没有录音"


@pytest.mark.parametrize(
    "error", [NotFound("call S9", "not in the store", "see: hotline calls list"), AccessDenied("x", "y"), BadInput("", "empty")]
)
def test_what_is_not_known_stays(error: errors.HotlineError) -> None:
    told = messages.told(error)
    assert "y" in told if error.problem == "y" else locale_letters(told)


def locale_letters(text: str) -> bool:
    return any("\u4e00" <= letter <= "\u9fff" for letter in text)


def test_the_command_line_speaks_the_language_of_the_setting(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    cli = importlib.import_module("hotline.cli")
    monkeypatch.setenv("HOTLINE_HOME", str(tmp_path))
    for language, said in (("zh", "还没有数据库；请运行：hotline init"), ("en", "there is no store yet; run: hotline init")):
        monkeypatch.setenv("HOTLINE_LANGUAGE", language)
        with pytest.raises(SystemExit) as ended:
            cli.main(["calls", "list"])
        assert ended.value.code == 3
        assert said in " ".join(capsys.readouterr().err.split())
    monkeypatch.setenv("HOTLINE_LANGUAGE", "fr")
    with pytest.raises(SystemExit):
        cli.main(["calls", "list"])
    assert "“fr”不是界面的语言" in capsys.readouterr().err
