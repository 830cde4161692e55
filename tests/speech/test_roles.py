"""Which speaker is the agent: every witness alone, and against each other."""

from __future__ import annotations

from dataclasses import replace

import pytest

from hotline.ui.turns import described
from qa.calls import CERTAIN_ROLE, Call, Channel, Role, Span, Turn
from qa.diarization import Diarization, Segment
from qa.diarization.roles import DOUBTFUL, assign
from qa.rules.model import Doubt
from qa.rules.view import CallView

AGENT_SAYS = ("您好，工号三零二六为您服务，请问有什么可以帮您？", "请问您的户号是多少？", "好的，感谢您的耐心等待。")
CUSTOMER_SAYS = ("喂，你好，我家停电了。", "我的户号是五三零二。", "没有了，谢谢。")


def call(first="A", *, texts=True, labels=None, channels=None, speakers="AB"):
    """A B A B A B or B A B A B A; ``A`` is the agent in truth; ``labels`` maps speakers to a transcript's roles."""
    order = [first, "B" if first == "A" else "A"] * 3
    order = [s for s in order if s in speakers]
    lines = {"A": list(AGENT_SAYS), "B": list(CUSTOMER_SAYS)}
    turns, segments = [], []
    for at, speaker in enumerate(order):
        span = Span(4.0 * at, 4.0 * at + 3)
        text = lines[speaker].pop(0) if texts else ""
        turns.append(Turn(at, (labels or {}).get(speaker, Role.UNKNOWN), text, span, speaker=speaker))
        segments.append(Segment(span, speaker, Channel.MONO, (channels or {}).get(speaker)))
    return turns, Diarization(tuple(segments))


def agents(result):
    return {t.speaker for t in result.turns if t.role is Role.AGENT}


SWAPPED = {"A": Role.CUSTOMER, "B": Role.AGENT}
RIGHT = {"A": Role.AGENT, "B": Role.CUSTOMER}


def test_channel_map_decides():
    result = assign(*call("B", texts=False, channels=RIGHT))
    assert (result.method, agents(result)) == ("channel map", {"A"}) and result.confidence > 0.95


def test_channel_map_against_the_text_is_reported():
    result = assign(*call(channels=SWAPPED))
    assert agents(result) == {"B"} and result.confidence < 0.7
    assert any("check agent_channel" in warning for warning in result.warnings)


@pytest.mark.parametrize("first", ["A", "B"])
@pytest.mark.parametrize("labels", [None, RIGHT, SWAPPED])
def test_phrases_find_the_agent_whoever_begins_and_whatever_the_labels_say(first, labels):
    result = assign(*call(first, labels=labels))
    assert agents(result) == {"A"} and result.confidence > 0.95
    assert ("the transcript's roles are swapped, corrected" in result.warnings) == (labels == SWAPPED)
    assert all(t.role_confidence == result.confidence for t in result.turns)


def test_first_speaker_alone_is_doubtful():
    result = assign(*call(texts=False))
    assert (result.method, agents(result)) == ("first speaker", {"A"}) and 0.5 < result.confidence < 0.6


def test_whoever_is_called_speaks_first():
    result = assign(*call("B", texts=False), direction="outbound")
    assert agents(result) == {"A"} and result.confidence < 0.6
    assert agents(assign(*call("B"), direction="outbound")) == {"A"}


def polite_customer(labels=None):
    """An outbound call: the customer ``B`` is called, speaks first and says 您 in every sentence, the agent ``A`` never."""
    said = (
        ("B", "喂，请问您哪位"),
        ("A", "电力公司回访"),
        ("B", "请问您有什么事，您说"),
        ("A", "上次报修处理好了没有"),
        ("B", "您那边的师傅来过了，请问您还要登记吗，您看"),
        ("A", "不用"),
        ("B", "好，谢谢您，您辛苦了"),
        ("A", "好"),
    )
    turns = [Turn(i, (labels or {}).get(s, Role.UNKNOWN), t, Span(2.2 * i, 2.2 * i + 2), speaker=s) for i, (s, t) in enumerate(said)]
    return turns, Diarization(tuple(Segment(t.span, t.speaker) for t in turns))


@pytest.mark.parametrize("direction", ["inbound", "outbound"])
def test_a_polite_customer_who_speaks_first_is_not_surely_the_agent(direction):
    assert assign(*polite_customer(), direction=direction).confidence < 0.6


@pytest.mark.parametrize("direction", ["inbound", "outbound"])
def test_manners_and_who_begins_do_not_override_the_labels(direction):
    result = assign(*polite_customer(RIGHT), direction=direction)
    assert agents(result) == {"A"} and not result.warnings


def test_one_phrase_and_manners_do_not_surely_override_the_labels():
    turns, diarization = polite_customer(RIGHT)
    turns[2] = replace(turns[2], text="请问您的户号是多少，您说")
    assert agents(assign(turns, diarization)) == {"A"} or assign(turns, diarization).confidence < 0.6


def test_courtesy_counts_only_so_much():
    """However often the customer says 您, three phrases of the agent's find the agent."""
    turns, diarization = call("B", labels=None)
    polite = [replace(t, text=t.text + "您请问您" * 50) if t.speaker == "B" else t for t in turns]
    result = assign(polite, diarization)
    assert agents(result) == {"A"} and result.confidence > 0.95


def test_labels_alone_outweigh_who_begins():
    result = assign(*call("B", texts=False, labels=RIGHT))
    assert agents(result) == {"A"} and result.confidence < 0.8


def test_opening_phrases_of_the_rules_count():
    turns, diarization = call("B")
    plain = [t if t.speaker == "B" else Turn(t.index, t.role, "示例能源竭诚相伴", t.span, speaker="A") for t in turns]
    plain = [t if t.speaker == "A" else Turn(t.index, t.role, "喂", t.span, speaker="B") for t in plain]
    assert agents(assign(plain, diarization)) == {"B"}
    assert agents(assign(plain, diarization, ["示例能源，竭诚相伴"])) == {"A"}


def test_one_voice():
    both = {s: assign(*call(speakers=s)) for s in "AB"}
    assert {t.role for t in both["A"].turns} == {Role.AGENT} and {t.role for t in both["B"].turns} == {Role.CUSTOMER}
    silent = assign(*call(speakers="A", texts=False))
    assert (silent.method, silent.confidence) == ("unknown", 0.0) and {t.role for t in silent.turns} == {Role.UNKNOWN}


def test_recognition_errors_do_not_matter():
    turns, diarization = call("B")
    swaps = str.maketrans({"务": "物", "待": "代", "问": "文", "户": "护"})
    heard = [Turn(t.index, t.role, t.text.translate(swaps), t.span, speaker=t.speaker) for t in turns]
    assert agents(assign(heard, diarization)) == {"A"}


def test_a_third_speaker_gets_no_role():
    turns, diarization = call()
    turns.append(Turn(6, Role.UNKNOWN, "嗯", Span(30, 31), speaker="C"))
    third = Diarization((*diarization.segments, Segment(Span(30, 31), "C")))
    result = assign(turns, third)
    assert result.turns[-1].role is Role.UNKNOWN and result.turns[-1].role_confidence == 0.0
    assert any("3 speakers" in warning for warning in result.warnings)


def with_voices(turns_and_diarization, a=(1.0, 0.0), b=(0.0, 1.0), sure=True):
    turns, diarization = turns_and_diarization
    return turns, replace(diarization, voices={s: v for s, v in {"A": a, "B": b}.items() if s in diarization.speakers}, sure=sure)


def test_the_voiceprint_finds_the_agent_without_a_word():
    result = assign(*with_voices(call("B", texts=False)), voiceprint=(0.9, 0.1))
    assert agents(result) == {"A"} and result.method.startswith("voiceprint") and result.confidence > 0.95


def test_a_voiceprint_between_two_voices_is_a_weak_witness():
    near = with_voices(call("B", texts=False), a=(0.72, 0.69), b=(0.69, 0.72))
    assert assign(*near, voiceprint=(0.72, 0.69)).confidence < 0.8


def test_a_voiceprint_against_the_words_makes_it_doubtful():
    result = assign(*with_voices(call()), voiceprint=(0.1, 0.9))
    assert result.confidence < 0.6 and any("check agent_id" in warning for warning in result.warnings)


def test_a_voiceprint_says_nothing_of_one_voice():
    alone = with_voices(call(speakers="B", texts=False))
    assert assign(*alone, voiceprint=(0.1, 0.9)).method == "unknown"
    spoken = assign(*with_voices(call(speakers="B")), voiceprint=(0.1, 0.9))
    assert {t.role for t in spoken.turns} == {Role.CUSTOMER}


def test_a_voiceprint_against_the_channel_map_makes_it_doubtful():
    result = assign(*with_voices(call(texts=False, channels=SWAPPED)), voiceprint=(0.9, 0.1))
    assert result.confidence < 0.6 and any("check agent_channel" in warning for warning in result.warnings)
    # The words are on the map's side: another agent took the call, and the roles stand.
    result = assign(*with_voices(call(channels=RIGHT)), voiceprint=(0.1, 0.9))
    assert result.confidence > 0.95 and any("check agent_id" in warning for warning in result.warnings)


def test_a_swapped_map_is_noticed_by_the_opening_phrase_alone():
    turns, diarization = call(channels=SWAPPED)
    opened = [turns[0], *(replace(t, text="嗯") for t in turns[1:])]
    assert assign(opened, diarization, ["工号三零二六为您服务"]).confidence < 0.6


def test_roles_are_doubtful_where_the_number_of_voices_is():
    assert assign(*with_voices(call(), sure=False)).confidence < 0.6


def test_courtesy_alone_does_not_tell_the_side_of_a_one_sided_call():
    turns = [Turn(0, Role.UNKNOWN, "请问什么时候来电，您知道吗？请问您那边有消息吗？", Span(0, 4), speaker="A")]
    result = assign(turns, Diarization((Segment(Span(0, 4), "A"),)))
    assert result.confidence < 0.6


def three(said, labels=None):
    """A call of three: each of ``said`` is a speaker and a text, 3 s each."""
    turns = [Turn(i, (labels or {}).get(s, Role.UNKNOWN), t, Span(4.0 * i, 4.0 * i + 3), speaker=s) for i, (s, t) in enumerate(said)]
    return turns, Diarization(tuple(Segment(t.span, t.speaker) for t in turns), heard=3)


def confidences(result):
    return {t.speaker: (t.role, t.role_confidence) for t in result.turns}


@pytest.mark.parametrize("labels", [None, {"A": Role.AGENT, "B": Role.CUSTOMER, "C": Role.CUSTOMER}])
@pytest.mark.parametrize("manners", ["", "请问您说的是哪里，您看"])
def test_nobody_of_three_is_sure_without_words(labels, manners):
    """Neither who begins, nor manners, nor labels tell the caller from whoever joins later and speaks longest."""
    said = [("A", manners), ("B", ""), ("A", manners), ("C", ""), ("C", ""), ("C", "")]
    result = assign(*three(said, labels=labels))
    assert result.confidence <= DOUBTFUL and all(sure <= DOUBTFUL for _, sure in confidences(result).values())


def test_who_joins_a_call_and_speaks_most_is_not_surely_the_customer():
    """The agent's phrases make the agent sure; of the other two neither says anything that tells."""
    said = [
        ("A", AGENT_SAYS[0]),
        ("B", "喂"),
        ("A", AGENT_SAYS[1]),
        ("C", "我来说吧"),
        ("C", "昨天晚上开始的"),
        ("A", AGENT_SAYS[2]),
        ("C", "嗯"),
    ]
    result = assign(*three(said))
    found = confidences(result)
    assert found["A"][0] is Role.AGENT and found["A"][1] >= CERTAIN_ROLE
    assert all(role is Role.UNKNOWN or sure < CERTAIN_ROLE for role, sure in (found["B"], found["C"]))
    assert result.confidence < CERTAIN_ROLE


def test_the_customers_own_phrases_find_the_customer_of_three():
    said = [("A", AGENT_SAYS[0]), ("B", CUSTOMER_SAYS[0]), ("A", AGENT_SAYS[1]), ("B", CUSTOMER_SAYS[1]), *[("C", "我来说吧")] * 4]
    found = confidences(assign(*three(said)))
    assert found["B"][0] is Role.CUSTOMER and found["B"][1] >= CERTAIN_ROLE and found["C"][0] is Role.UNKNOWN


def test_a_call_handed_on_to_a_colleague_has_no_second_agent_as_customer():
    said = [
        ("A", AGENT_SAYS[0]),
        ("B", CUSTOMER_SAYS[0]),
        ("A", "我帮您转接"),
        *[("C", text) for text in AGENT_SAYS],
        ("B", CUSTOMER_SAYS[1]),
    ]
    found = confidences(assign(*three(said)))
    assert found["B"][0] is Role.CUSTOMER and found["B"][1] >= CERTAIN_ROLE
    assert {found["A"][0], found["C"][0]} == {Role.AGENT, Role.UNKNOWN}


def test_the_voiceprint_finds_the_agent_of_three_and_no_customer():
    turns, diarization = three([("A", ""), ("B", ""), ("C", ""), ("C", "")])
    heard = replace(diarization, voices={"A": (0.0, 1.0, 0.0), "B": (1.0, 0.0, 0.0), "C": (0.0, 0.0, 1.0)})
    found = confidences(assign(turns, heard, voiceprint=(0.9, 0.1, 0.0)))
    assert found["B"][0] is Role.AGENT and found["B"][1] >= CERTAIN_ROLE
    assert all(sure < CERTAIN_ROLE for speaker, (_, sure) in found.items() if speaker != "B")


def test_a_channel_map_over_a_doubtful_number_of_voices_is_doubtful():
    turns, diarization = call(texts=False, speakers="A", channels=RIGHT)
    result = assign(turns, replace(diarization, heard=1, sure=False))
    assert {t.role for t in result.turns} == {Role.AGENT}
    assert result.confidence == DOUBTFUL and {t.role_confidence for t in result.turns} == {DOUBTFUL}


@pytest.mark.parametrize("sure", [0.0, DOUBTFUL, 0.59, CERTAIN_ROLE, 0.7, 0.99])
def test_screens_and_rules_agree_on_when_a_role_is_certain(sure):
    said = Call("c", (Turn(0, Role.AGENT, "您好", Span(0, 1), role_confidence=sure),))
    assert described(said, {})[0]["unsure"] is not CallView(said, Doubt()).sure_role(said.turns[0])
    assert (sure > DOUBTFUL) or not CallView(said, Doubt()).sure_role(said.turns[0])
