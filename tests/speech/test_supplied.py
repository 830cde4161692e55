"""Transcripts as vendors export them, and every way they can be wrong: file, line and field are named."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hotline.errors import BadInput
from qa.calls import Role
from qa.transcription.normalise import characters, normalise
from qa.transcription.supplied import load, role_of

ENTRIES = [
    {"role": "agent", "start": 0.5, "end": 3.25, "text": "您好，工号３０２６为您服务。"},
    {"role": "customer", "start": 3.5, "end": 5.0, "text": "我家 停电了。"},
]
SRT = """1
00:00:00,500 --> 00:00:03,250
客服：您好，工号3026为您服务。

2
00:00:03,500 --> 00:00:05,000
客户：我家停电了。
"""
FORMATS = {
    "list.json": json.dumps(ENTRIES, ensure_ascii=False, indent=1),
    "object.json": json.dumps({"engine": "x", "segments": ENTRIES}, ensure_ascii=False),
    "ms.json": json.dumps([{"speaker": "坐席1", "start_ms": 500, "end_ms": 3250, "content": ENTRIES[0]["text"]}, ENTRIES[1]]),
    "a.csv": "role,start,end,text\nagent,0.5,3.25,您好，工号3026为您服务。\ncustomer,3.5,5,我家停电了。\n",
    "clock.csv": '角色,开始,结束,文本\n客服,0:00.5,0:03.250,"您好，工号3026为您服务。"\n用户,00:00:03.5,00:00:05,我家停电了。\n',
    "a.srt": SRT,
    "a.vtt": "WEBVTT\n\nNOTE made by a vendor\n\n" + SRT.replace(",500", ".500").replace(",250", ".250").replace(",000", ".000"),
    "voice.vtt": (
        "WEBVTT\n\n00:00.500 --> 00:03.250\n<v 客服>您好，工号3026为您服务。</v>\n\n00:03.500 --> 00:05.000\n<v 客户>我家停电了。\n"
    ),
}


@pytest.mark.parametrize("name", FORMATS)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
def test_every_format_says_the_same(tmp_path, name, encoding):
    path = tmp_path / name
    path.write_bytes(FORMATS[name].encode(encoding))
    transcript = load(path)
    assert transcript.timed
    assert [(e.role, e.start, e.end, e.text) for e in transcript.entries] == [
        (Role.AGENT, 0.5, 3.25, "您好，工号3026为您服务。"),
        (Role.CUSTOMER, 3.5, 5.0, "我家停电了。"),
    ]


@pytest.mark.parametrize(
    ("name", "content", "thing", "problem"),
    [
        ("a.json", '[\n {"text": "好"},\n {"text": "好",}\n]', "a.json:3", "not valid JSON"),
        ("a.json", '{"entries": [\n {"text": "好"},\n {"role": "agent"}\n]}', "a.json:3: text", "missing"),
        ("a.json", '[{"text": 5}]', "a.json:1: text", "'5' is not text"),
        ("a.json", '[\n{"text": "好", "start": "soon"}]', "a.json:2: start", "'soon' is not a number"),
        ("a.json", '[{"text": "好", "start": 5, "end": 4}]', "a.json:1: end", "4 s is before the start, 5 s"),
        ("a.json", '[{"text": "好", "start": -1}]', "a.json:1: start", "not possible"),
        ("a.json", '[{"text": "好", "start": NaN}]', "a.json:1: start", "not possible"),
        ("a.json", '{"words": []}', "a.json:1", "no list of entries"),
        ("a.json", '["好"]', "a.json:1", "not an object"),
        ("a.json", "[]", "a.json", "holds no text"),
        ("a.json", '[{"text": " "}]', "a.json", "holds no text"),
        ("a.csv", "role,words\nagent,好\n", "a.csv:1: text", "no column"),
        ("a.csv", "text,start\n好,1\n好,x\n", "a.csv:3: start", "'x' is not a number"),
        ("a.srt", "1\nsoon --> 00:00:02,000\n好\n", "a.srt:2: start", "'soon' is not a number"),
        ("a.srt", "1\n-->\n好\n", "a.srt:2", "not a time line"),
        ("a.srt", "", "a.srt", "holds no text"),
        ("a.docx", "好", "a.docx", "'.docx' is not a transcript"),
        ("a.json", b"\xff\xfe\x00\x81", "a.json", "neither UTF-8 nor GB 18030"),
    ],
)
def test_what_is_wrong_is_named_with_its_line(tmp_path, name, content, thing, problem):
    path = tmp_path / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    with pytest.raises(BadInput) as caught:
        load(path)
    assert caught.value.thing == thing and problem in caught.value.problem and caught.value.mend
    assert "\n" not in str(caught.value)


def test_times_may_be_missing_and_order_follows_them(tmp_path):
    path = tmp_path / "a.json"
    path.write_text('[{"text": "二", "start": 4, "end": 5}, {"text": "一", "start": 1, "end": 2}]', encoding="utf-8")
    assert [e.text for e in load(path).entries] == ["一", "二"]
    path.write_text('[{"text": "二", "start": 4}, {"text": "一"}]', encoding="utf-8")
    assert not load(path).timed and [e.text for e in load(path).entries] == ["二", "一"]


def test_half_a_surrogate_pair_is_no_text(tmp_path):
    """JSON may hold one; files, databases and patterns cannot."""
    (tmp_path / "c.json").write_text('{"segments": [{"speaker": "agent", "text": "您好\\ud800请问"}]}', encoding="utf-8")
    assert load(tmp_path / "c.json").entries[0].text == "您好\ufffd请问"


def test_a_colon_in_the_text_is_no_speaker(tmp_path):
    path = tmp_path / "a.srt"
    path.write_text("1\n00:00:01,000 --> 00:00:02,000\n地址是：建设路\n", encoding="utf-8")
    (entry,) = load(path).entries
    assert (entry.text, entry.role, entry.label) == ("地址是：建设路", Role.UNKNOWN, "")


@pytest.mark.parametrize(
    ("label", "role"), [("坐席", "agent"), ("客服-02", "agent"), ("Caller", "customer"), ("IVR", "other"), ("1", "unknown")]
)
def test_labels(label, role):
    assert role_of(label).value == role


@given(st.text(max_size=40))
def test_normalising_twice_changes_nothing(text):
    once = normalise(text)
    assert normalise(once) == once
    assert characters(once) >= 0 and "  " not in once
