"""Random calls for the rule engine's tests: odd on purpose (empty turns, unknown roles, missing times, overlaps, low confidences)."""

from __future__ import annotations

from hypothesis import strategies as st

from qa.calls import Call, Layout, Role, Sound, SoundKind, SourceKind, Span, TextSource, Turn, Word

WORDS = [
    "您好",
    "你好",
    "请稍等",
    "稍等",
    "不好意思",
    "国家电网",
    "国家店网",
    "地址",
    "对吗",
    "我要投诉",
    "投诉",
    "不是投诉",
    "电线断了",
    "电线都掉下来",
    "保持安全距离",
    "请问有什么可以帮您",
    "有什么可以帮助",
    "嗯",
    "嗯，",
    "啊",
    "哦哦",
    "好的",
    "四十五分钟",
    "45分钟",
    "45",
    "95598",
    "３.５%",
    "2024 年",
    "138****0000",
    "sorry",
    "one moment",
    "it's",
    "OK",
    "，",
    "。",
    " ",
    "？",
    "㎡",
    "幺两〇",
    "再见",
    "感谢您的来电",
    "有病",
    "没有病",
    "您好您好",
    "哈哈哈",
    "离得远一点",
    "𠮷",
    "\n",
]
TEXTS = st.lists(st.sampled_from(WORDS), max_size=6).map("".join)
_CONFIDENCES = st.sampled_from([None, None, None, 0.9, 0.9, 0.3])


@st.composite
def turns(draw: st.DrawFn, index: int, begin: float | None) -> Turn:
    """One turn; times only where ``begin`` says when."""
    text = draw(TEXTS)
    role = draw(st.sampled_from([Role.AGENT] * 4 + [Role.CUSTOMER] * 4 + [Role.OTHER, Role.UNKNOWN]))
    span = None if begin is None else Span(begin, begin + draw(st.sampled_from([0.0, 0.4, 1.0, 2.5, 4.0])))
    words: tuple[Word, ...] = ()
    if span is not None and text and draw(st.integers(0, 4)) == 0:
        each = span.duration / len(text)
        words = tuple(
            Word(c, i, Span(span.start + i * each, span.start + (i + 1) * each), draw(_CONFIDENCES))
            for i, c in enumerate(text)
            if c.strip()
        )
    source = TextSource(draw(st.sampled_from([SourceKind.ENGINE, SourceKind.NONE])))
    sure = draw(st.sampled_from([1.0, 1.0, 1.0, 1.0, 0.6, 0.3]))
    return Turn(index, role, text, span, sure, draw(_CONFIDENCES), words=words, source=source)


@st.composite
def calls(draw: st.DrawFn, call_id: str = "C") -> Call:
    """One call of up to twelve turns."""
    timed = draw(st.sampled_from(["all", "all", "none", "some"]))
    found: list[Turn] = []
    at = 0.0
    for index in range(draw(st.integers(0, 12))):
        at = max(0.0, at + draw(st.sampled_from([-0.8, 0.1, 0.3, 1.0, 3.0, 7.0, 12.0])))
        has_time = timed == "all" or (timed == "some" and draw(st.booleans()))
        turn = draw(turns(index, at if has_time else None))
        at = turn.span.end if turn.span else at
        found.append(turn)
    layout = draw(st.sampled_from([Layout.STEREO, Layout.MONO, Layout.NONE]))
    sounds = (Sound(SoundKind.MUSIC, Span(1.0, 9.0)),) if draw(st.integers(0, 5)) == 0 else ()
    meta = draw(
        st.dictionaries(st.sampled_from(["ticket_type", "area"]), st.sampled_from(["故障报修", "投诉", "城区", "农村", ""]), max_size=2)
    )
    return Call(
        call_id,
        tuple(found),
        draw(st.sampled_from([0.0, at + 1.0])),
        layout,
        overlap_known=layout is Layout.STEREO,
        sounds=sounds,
        truncated=draw(st.integers(0, 6)) == 0,
        metadata=meta,
        metadata_closed=draw(st.integers(0, 4)) > 0,
    )
