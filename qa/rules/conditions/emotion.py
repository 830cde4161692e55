"""Somebody sounds angry, sad, raised … as a model or the voice alone has told for each sentence (情绪).

Emotions: angry, disgusted, fearful, happy, neutral, sad, surprised, other (from SenseVoice or emotion2vec); raised, calm, subdued (from
the voice alone: louder, higher and faster than the same person usually, whatever the reason). `negative` stands for angry, disgusted,
fearful and sad. A label below `confidence` is doubtful; a raised voice, of which no model said more, may be angry, fearful, happy or
surprised, and a subdued one sad. `in_a_row: 3` wants so many sentences of one side in succession, `at_least: 3` so many in all,
`from: calm` a change: the same side's labelled sentence before was one of those (`even` stands for calm, neutral and other).

Example:

    upset:  {emotion: [angry, raised], by: customer, confidence: 0.6}
    spoilt: {emotion: negative, from: even, by: customer}
    streak: {emotion: negative, in_a_row: 3, by: customer}
    curt:   {emotion: angry, at_least: 2, by: agent, source: emotion2vec}
"""

from __future__ import annotations

from dataclasses import dataclass

from qa.calls import Role, Span, Turn
from qa.rules.conditions.operator import Operator, Vocabulary, param
from qa.rules.fields import Fields, near
from qa.rules.model import Title
from qa.rules.verdict import Found, Hit, Verdict, both
from qa.rules.view import CallView
from qa.rules.windows import Look
from qa.voice import CALM, EMOTIONS, EVEN, RAISED, SUBDUED

NEGATIVE = ("angry", "disgusted", "fearful", "sad")
_GROUPS = {"negative": NEGATIVE, "even": EVEN}
_MAY_BE = {RAISED: ("angry", "disgusted", "fearful", "happy", "surprised"), SUBDUED: ("sad",)}
"""What the voice alone leaves open."""
_NAMES = {
    "angry": "愤怒", "disgusted": "厌恶", "fearful": "害怕", "happy": "高兴", "neutral": "平静", "sad": "难过", "surprised": "惊讶",
    "other": "其他", RAISED: "激动", CALM: "平稳", SUBDUED: "低落",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Params:
    """Emotions sought, how sure and by whom they must have been heard, how many sentences, and what they changed from."""

    emotions: tuple[str, ...] = param("情绪或列表；negative 为负面情绪", "an emotion or a list; negative for all bad ones", key="emotion")
    confidence: float = param("置信度下限（0–1）", "confidence that counts (0–1)", shown="0.6")
    source: tuple[str, ...] = param("只信这些来源", "trust these sources only", shown="–")
    before: tuple[str, ...] = param("由何种情绪变来；even 为平稳", "what it changed from; even for no emotion", key="from", shown="–")
    in_a_row: int = param("同一方连续多少句", "so many sentences of one side in succession", shown="1")
    at_least: int = param("总共至少多少句", "so many sentences in all", shown="1")


def read(fields: Fields, vocabulary: Vocabulary) -> Params:
    """The parameters written in ``fields``; raises BadRule."""
    del vocabulary
    params = Params(
        _emotions(fields, "emotion"),
        fields.number("confidence", 0.6, low=0, high=1),
        tuple(name for name, _ in fields.texts("source", limit=20)) if fields.has("source") else (),
        _emotions(fields, "from") if fields.has("from") else (),
        fields.whole("in_a_row", 1, low=1, high=100),
        fields.whole("at_least", 1, low=1, high=1000),
    )
    if params.before and params.in_a_row > 1:
        fields.refuse("from", "stands beside in_a_row:", "write two conditions and place one by the other")
    common = sorted(set(params.emotions) & set(params.before))
    if common:
        fields.refuse("from", f"'{common[0]}' is also what is sought", "a change leads from one emotion to another")
    return params


def _emotions(fields: Fields, key: str) -> tuple[str, ...]:
    found: list[str] = []
    for name, line in fields.texts(key, limit=50):
        if name not in EMOTIONS and name not in _GROUPS:
            fields.lines[key] = line
            fields.refuse(key, f"'{name}' is not an emotion", near(name, [*EMOTIONS, *_GROUPS]))
        found.extend(_GROUPS.get(name, (name,)))
    return tuple(dict.fromkeys(found))


@dataclass(frozen=True, slots=True)
class Heard:
    """A sentence with an emotion, and whether it is one of those sought."""

    turn: Turn
    verdict: Verdict
    doubt: str = ""


def find(params: Params, view: CallView, look: Look) -> Found:
    """Every sentence (streak, change) with one of the emotions, in the window."""
    heard = [h for turn in view.turns if (h := _heard(params, turn, params.emotions)) is not None]
    inside = set(look.searched)
    if not any(h.turn.index in inside for h in heard):
        return Found(unsure=both("没有情绪数据", "no emotion was heard") if inside else look.cut_off)
    hits: list[Hit] = []
    for role in dict.fromkeys(h.turn.role for h in heard):
        mine = [h for h in heard if h.turn.role is role]
        hits += _streaks(params, [h for h in mine if h.turn.index in inside]) if params.in_a_row > 1 else _single(params, mine)
    kept = look.keep_all(sorted(hits, key=lambda h: h.turn or 0))
    if params.at_least > 1:
        if len(kept) < params.at_least:
            return Found(unsure=look.cut_off)
        if sum(h.certain for h in kept) < params.at_least:
            few = both("确定的句子不够", "not enough of them are certain")
            kept = [Hit(h.turn, h.start, h.end, h.span, False, h.detail, h.doubt or few, h.groups) for h in kept]
    return Found(tuple(kept), look.cut_off)


def _heard(params: Params, turn: Turn, sought: tuple[str, ...]) -> Heard | None:
    """Whether the sentence has one of the emotions; None when nobody told its emotion."""
    voice = turn.voice
    if voice is None or voice.emotion is None or turn.role is Role.OTHER:
        return None
    if params.source and not any(name.lower() in voice.emotion_source.lower() for name in params.source):
        return None
    # What a system in front of us supplied may come without a confidence; then it counts.
    confidence = 1.0 if voice.emotion_confidence is None else voice.emotion_confidence
    if voice.emotion in sought:
        if confidence >= params.confidence:
            return Heard(turn, Verdict.HIT)
        return Heard(
            turn, Verdict.DOUBTFUL, both(f"情绪的置信度只有 {confidence:.2f}", f"the emotion's confidence is only {confidence:.2f}")
        )
    open_ = set(_MAY_BE.get(voice.emotion, ())) & set(sought)
    if open_:
        name = _NAMES[voice.emotion]
        return Heard(turn, Verdict.DOUBTFUL, both(f"只由声音判断为{name}", f"the voice alone is {voice.emotion}; no model told why"))
    return Heard(turn, Verdict.MISS)


def _single(params: Params, mine: list[Heard]) -> list[Hit]:
    hits: list[Hit] = []
    previous: Heard | None = None
    for heard in mine:
        verdict, doubt = heard.verdict, heard.doubt
        changed = ""
        if params.before:
            earlier = None if previous is None else _heard(params, previous.turn, params.before)
            verdict = verdict & (Verdict.MISS if earlier is None else earlier.verdict)
            doubt = doubt or (earlier.doubt if earlier else "")
            changed = _name(previous.turn) if previous else ""
        if verdict is not Verdict.MISS:
            hits.append(_hit([heard], doubt, changed))
        previous = heard
    return hits


def _streaks(params: Params, mine: list[Heard]) -> list[Hit]:
    """One hit for each run of enough sentences; what nobody labelled neither breaks nor feeds it."""
    runs: list[list[Heard]] = [[]]
    for heard in mine:
        if heard.verdict is Verdict.MISS:
            runs.append([])
        else:
            runs[-1].append(heard)
    hits = []
    for run in runs:
        if len(run) < params.in_a_row:
            continue
        sure = longest = 0
        for heard in run:
            sure = sure + 1 if heard.verdict is Verdict.HIT else 0
            longest = max(longest, sure)
        doubt = "" if longest >= params.in_a_row else next(h.doubt for h in run if h.doubt)
        hits.append(_hit(run, doubt, ""))
    return hits


def _hit(run: list[Heard], doubt: str, changed: str) -> Hit:
    first = run[0].turn
    spans = [h.turn.span for h in run if h.turn.span is not None]
    span = Span(min(s.start for s in spans), max(s.end for s in spans)) if spans else None
    voice = first.voice
    assert voice is not None
    sure = "" if voice.emotion_confidence is None else f" {voice.emotion_confidence:.2f}"
    zh, en = f"{_NAMES.get(voice.emotion or '', voice.emotion)}{sure}", f"{voice.emotion}{sure}"
    if voice.emotion_source:
        zh, en = f"{zh}（{voice.emotion_source}）", f"{en} ({voice.emotion_source})"
    if len(run) > 1:
        zh, en = f"连续 {len(run)} 句：{zh}", f"{len(run)} sentences in a row: {en}"
    if changed:
        zh_before, _, en_before = changed.rpartition(" / ")
        zh, en = f"由{zh_before}变为{zh}", f"from {en_before} to {en}"
    return Hit(first.index, 0, len(first.text), span, not doubt, both(zh, en), doubt)


def _name(turn: Turn) -> str:
    emotion = turn.voice.emotion if turn.voice and turn.voice.emotion else ""
    return both(_NAMES.get(emotion, emotion), emotion)


def _described(params: Params) -> str:
    return "、".join(_NAMES[name] for name in params.emotions)


OPERATOR = Operator("emotion", Title("情绪", "somebody sounds angry, sad, raised …"), Params, read, find, describe=_described)
