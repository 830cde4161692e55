"""What is said and how it is written: both ways, and always back to the original characters."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from qa import text
from qa.text import numbers
from qa.text.english import english_cardinal, english_value

ANY = st.text(alphabet="您好电话是十二三百千万零点半幺四五分钟元块年月日号刻个％%0123456789.,:-/¥ 嗯呃那个，。 okumhty請說", max_size=40)
REWRITINGS = [text.written, text.spoken, text.simplified, text.without_fillers]


@pytest.mark.parametrize(
    ("said", "figures"),
    [
        ("四十五分钟之内到", "45分钟之内到"),
        ("一分钟", "1分钟"),
        ("十分钟", "10分钟"),
        ("两小时", "2小时"),
        ("两个半小时", "2.5小时"),
        ("三刻钟", "45分钟"),
        ("一刻钟", "15分钟"),
        ("八点半来电", "8:30来电"),
        ("晚上八点多", "晚上八点多"),
        ("下午三点二十到", "下午3:20到"),
        ("百分之九十五", "95%"),
        ("百分之三点五", "3.5%"),
        ("三十五块六毛钱", "35.6元"),
        ("一万二千块", "12000块"),
        ("二零二六年十一月二十二号", "2026年11月22号"),
        ("电话幺三八零零零零四五幺七", "电话13800004517"),
        ("国家电网九五五九八", "国家电网95598"),
        ("工号三零二六", "工号3026"),
        ("三点五度", "3.5度"),
        ("请您稍等一下，十分抱歉，万一再停电", "请您稍等一下，十分抱歉，万一再停电"),
        ("第一次，一位师傅，三个人", "第一次，一位师傅，三个人"),
        ("三四百块，十几分钟，两三天", "三四百块，十几分钟，两三天"),
        ("please hold for forty-five minutes", "please hold for 45 minutes"),
        ("one moment, two of them", "one moment, two of them"),
        ("one three eight oh oh", "13800"),
    ],
)
def test_speech_is_written_in_figures(said, figures):
    assert text.written(said).text == figures


@pytest.mark.parametrize(
    ("figures", "said"),
    [
        ("45分钟", "四十五分钟"),
        ("2小时", "两小时"),
        ("2号楼2单元502室", "二号楼二单元五百零二室"),
        ("2个工作日", "两个工作日"),
        ("2026年", "二零二六年"),
        ("2026-11-22", "二零二六年十一月二十二日"),
        ("8:05", "八点零五分"),
        ("20:00", "二十点"),
        ("95%", "百分之九十五"),
        ("35.60元", "三十五点六零元"),
        ("¥1,200", "一千二百元"),
        ("3-5天", "三到五天"),
        ("1/2", "二分之一"),
        ("工号3026", "工号三零二六"),
        ("户号为8800123", "户号为八八零零幺二三"),
        ("95598", "九五五九八"),
        ("13800004517", "幺三八零零零零四五幺七"),
        ("5 kWh", "五千瓦时"),
        ("-3℃", "负三摄氏度"),
    ],
)
def test_figures_are_read_aloud(figures, said):
    assert text.spoken(figures).text == said


@given(st.integers(0, numbers.LARGEST))
@example(10).via("十, without 一")
@example(10_010).via("nought between 万 and 十")
@example(100_000_005).via("nought over two groups")
def test_numbers_are_read_and_understood(number):
    assert numbers.value(numbers.cardinal(number)) == number


@given(st.text(alphabet="零一二三四五六七八九十百千万亿两点幺", max_size=8))
def test_a_reading_means_one_number_or_none(reading):
    number = numbers.value(reading)
    if number is not None and number <= numbers.LARGEST:
        assert numbers.value(numbers.cardinal(number)) == number
        assert number == 0 or any(numbers.VALUES.get(char) for char in reading) or set(reading) & set("十百千")


@pytest.mark.parametrize("reading", ["一二", "十百", "二十三十", "百", "万", "点五", "", "一百千", "十十"])
def test_what_is_no_number_has_no_value(reading):
    assert numbers.value(reading) is None


@given(st.integers(2, 9999))
def test_quantities_survive_both_ways(number):
    figures = f"需要{number}分钟"
    assert text.written(text.spoken(figures).text).text == figures


@given(st.from_regex(r"\A1[3-9][0-9]{9}\Z"))
def test_phone_numbers_survive_both_ways(figures):
    assert text.written(text.spoken(f"电话{figures}").text).text == f"电话{figures}"


@given(st.integers(0, 99), st.integers(0, 9))
def test_percentages_and_dates_survive_both_ways(whole, tenth):
    assert text.written(text.spoken(f"{whole}.{tenth}%").text).text == f"{whole}.{tenth}%"
    date = f"20{whole:02}年{tenth % 12 + 1}月{whole % 28 + 1}日"
    assert text.written(text.spoken(date).text).text == date


@given(st.integers(0, 999_999_999))
def test_english_numbers_are_read_and_understood(number):
    assert english_value(english_cardinal(number)) == number


@pytest.mark.parametrize("rewriting", REWRITINGS)
@given(said=ANY)
def test_every_character_leads_back(rewriting, said):
    mapped = rewriting(said)
    assert len(mapped.text) == len(mapped.starts) == len(mapped.ends)
    assert list(mapped.starts) == sorted(mapped.starts) and list(mapped.ends) == sorted(mapped.ends)
    assert all(0 <= a < b <= len(said) for a, b in zip(mapped.starts, mapped.ends, strict=True))
    for at in range(len(mapped.text)):
        start, end = mapped.original(at, at + 1)
        if end - start == 1 and mapped.derived(start, end) == (at, at + 1) and rewriting is not text.simplified:
            continue
        first, last = mapped.derived(start, end)
        assert first <= at < last


@pytest.mark.parametrize("rewriting", [text.written, text.simplified, text.without_fillers])
@given(said=ANY)
def test_what_is_unchanged_is_mapped_to_itself(rewriting, said):
    mapped = rewriting(said)
    if mapped.text == said:
        assert mapped == text.unchanged(said)


def test_evidence_in_the_rewriting_is_found_in_the_original():
    said = "嗯，您好，電話幺三八零零零零四五幺七，四十五分鐘"
    simple = text.simplified(said)
    short = simple.then(text.without_fillers(simple.text))
    figures = short.then(text.written(short.text))
    assert figures.text == "您好，电话13800004517，45分钟"
    at = figures.text.index("138")
    start, end = figures.original(at, at + 11)
    assert said[start:end] == "幺三八零零零零四五幺七"
    assert said[slice(*figures.original(figures.text.index("45分"), len(figures.text)))] == "四十五分鐘"
    assert figures.derived(0, 2) == (0, 0)  # the filler has gone
    assert figures.original(3, 3) == (5, 5)


@pytest.mark.parametrize(
    ("said", "rest"),
    [
        ("嗯。", "。"),
        ("嗯，那个，我家停电了", "我家停电了"),
        ("那个师傅来过", "那个师傅来过"),
        ("好啊，就是说，呃，明天", "好啊，明天"),
        ("额度不够", "额度不够"),
        ("啊？", "？"),
        ("Um, well, my power is out.", "my power is out."),
        ("So far so good, he knows me well.", "So far so good, he knows me well."),
    ],
)
def test_fillers_go_and_words_stay(said, rest):
    assert text.without_fillers(said).text == rest


@given(ANY)
def test_taking_fillers_out_twice_changes_little_and_finds_what_it_took(said):
    taken = [said[a:b] for a, b in text.fillers(said)]
    assert all(piece.strip() for piece in taken)
    assert len(text.without_fillers(said).text) <= len(said) - sum(map(len, taken))


@pytest.mark.parametrize(
    ("old", "new"), [("請問您貴姓", "请问您贵姓"), ("電錶壞了，憑證號碼", "电表坏了，凭证号码"), ("后来显著改善", "后来显著改善")]
)
def test_traditional_characters(old, new):
    mapped = text.simplified(old)
    assert mapped.text == new and mapped.starts == tuple(range(len(old)))


@given(st.text(alphabet=st.characters(min_codepoint=0xFF01, max_codepoint=0xFF5E), max_size=20))
def test_full_width_becomes_half_width(said):
    assert text.half_width(said).isascii() and len(text.half_width(said)) == len(said)
