"""Recognisers: the English one really run, FunASR's results as its source shapes them, words onto turns."""

from __future__ import annotations

import re
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from rapidfuzz.distance import Levenshtein

from hotline.errors import MissingPart, NotFound
from qa import audio, model_gate, models
from qa.calls import Channel, SourceKind, Span, TextSource, Voice
from qa.diarization import Diarization, Segment, diarize
from qa.transcription import english, funasr_engine, posteriors, tags, words_for
from qa.transcription.words import Mood, Spoken, into_turns

pytestmark = pytest.mark.filterwarnings("ignore")
SOURCE = TextSource(SourceKind.ENGINE, "test")
PARAFORMER = {
    "key": "call",
    "text": "您好，wifi 坏了。请讲",
    "timestamp": [[500, 700], [700, 900], [1000, 1400], [1400, 1600], [1600, 1800], [2500, 2700], [2700, 2900]],
}
WHOLE = Span(0, 4)
UNITS = [
    ("您", 0.5, 0.7), ("好，", 0.7, 0.9), ("wifi", 1.0, 1.4), ("坏", 1.4, 1.6), ("了。", 1.6, 1.8), ("请", 2.5, 2.7), ("讲", 2.7, 2.9),
]  # fmt: skip


def rounded(spoken):
    return [(u.text, round(u.span.start, 3), round(u.span.end, 3)) for u in spoken]


def test_paraformer_keeps_the_sentence_without_final_punctuation():
    assert rounded(funasr_engine.parse(PARAFORMER, WHOLE)) == UNITS
    later = funasr_engine.parse(PARAFORMER, Span(10, 12.8), Channel.LEFT)
    assert rounded(later)[0] == ("您", 10.5, 10.7) and rounded(later)[-1] == ("讲", 12.7, 12.8)
    assert {unit.channel for unit in later} == {Channel.LEFT}


def test_tokens_that_do_not_match_the_times_share_the_stretch():
    odd = {**PARAFORMER, "timestamp": PARAFORMER["timestamp"][:-1]}
    found = rounded(funasr_engine.parse(odd, Span(1, 4.5)))
    assert [text for text, _, _ in found] == [text for text, _, _ in UNITS]
    assert [(start, end) for _, start, end in found] == [(1 + i / 2, 1.5 + i / 2) for i in range(7)]


def test_sensevoice_tags_are_read_and_taken_off():
    text = "<|zh|><|ANGRY|><|Speech|><|woitn|>怎么还没来"
    result = {"key": "call", "text": text, "timestamp": [[i * 100, i * 100 + 100] for i in range(5)]}
    assert rounded(funasr_engine.parse(result, WHOLE))[-1] == ("来", 0.4, 0.5)
    assert "".join(u.text for u in funasr_engine.parse(result, WHOLE)) == "怎么还没来"
    assert tags.tags(text)[1] == "ANGRY"


MARKS = [posteriors.Token(f"<|{tag}|>", sure) for tag, sure in (("zh", 0.99), ("ANGRY", 0.8), ("BGM", 0.6), ("woitn", 1.0))]


def test_sensevoice_tags_become_moods_of_turns():
    angry = tags.mood("<|zh|><|ANGRY|><|BGM|><|woitn|>怎么还没来", MARKS, Span(0, 4), Channel.MONO, "SenseVoiceSmall")
    assert angry == Mood(Span(0, 4), Channel.MONO, "angry", 0.8, ("music",), "SenseVoiceSmall")
    laughing = tags.mood("<|zh|><|EMO_UNKNOWN|><|Laughter|><|withitn|>哈", [], Span(4, 6), Channel.MONO, "SenseVoiceSmall")
    assert laughing is not None and (laughing.emotion, laughing.confidence, laughing.events) == (None, None, ("laughter",))
    assert tags.mood("<|zh|><|EMO_UNKNOWN|><|Speech|><|woitn|>好", MARKS, Span(6, 7), Channel.MONO, "SenseVoiceSmall") is None
    diarization = Diarization((Segment(Span(0, 3.5), "A"), Segment(Span(3.6, 6), "B"), Segment(Span(6.2, 7), "A")))
    spoken = [Spoken("好", Span(1, 2)), Spoken("哈", Span(4, 5)), Spoken("好", Span(6.4, 7))]
    first, second, third = into_turns(spoken, diarization, SOURCE, [angry, laughing])
    assert first.voice == Voice(emotion="angry", emotion_confidence=0.8, emotion_source="SenseVoiceSmall", events=("music",))
    assert second.voice is not None and (second.voice.emotion, second.voice.events) == (None, ("laughter",))
    assert third.voice is None


def test_nobody_speaks_when_sensevoice_says_so():
    assert tags.is_silence("<|nospeech|><|EMO_UNKNOWN|><|BGM|><|woitn|>.")
    assert not tags.is_silence("<|zh|><|NEUTRAL|><|Speech|><|woitn|>好")


def test_frames_tell_times_and_confidence_where_the_result_does_not():
    tokens = list(posteriors._runs([0, 1, 1, 0, 2, 2, 2, 1], [1, 0.5, 0.9, 1, 0.4, 0.6, 0.5, 0.7], 0, "-好请".__getitem__))
    assert [(t.text, t.probability, t.start, t.end) for t in tokens] == [
        ("好", 0.9, pytest.approx(0.06), pytest.approx(0.18)),
        ("请", 0.6, pytest.approx(0.24), pytest.approx(0.42)),
        ("好", 0.7, pytest.approx(0.42), pytest.approx(0.48)),
    ]
    units = funasr_engine.parse({"text": "好请，好。"}, Span(10, 11), Channel.MONO, tokens)
    assert [(u.text, round(u.span.start, 2), u.confidence) for u in units] == [
        ("好", 10.06, 0.9),
        ("请，", 10.24, 0.6),
        ("好。", 10.42, 0.7),
    ]


def test_times_of_all_tokens_are_used_when_the_text_has_lost_one():
    tokens = [posteriors.Token(text, 0.9) for text in ("您", "<unk>", "好")]
    result = {"text": "您好", "timestamp": [[0, 200], [200, 400], [400, 600]]}
    units = funasr_engine.parse(result, Span(1, 2), Channel.MONO, tokens)
    assert rounded(units) == [("您", 1.0, 1.2), ("好", 1.4, 1.6)]


def test_silence_has_no_words():
    assert funasr_engine.parse({"key": "call", "text": "", "timestamp": []}, WHOLE) == []
    assert funasr_engine.parse({"key": "call", "text": "<|nospeech|>"}, WHOLE) == []


TAGS = [f"<|{tag}|>" for tag in ("zh", "NEUTRAL", "Speech", "woitn", "withitn")]
CHARACTERS = "您好请问有什么可以帮助户号停电了我家是的谢再见"


@pytest.fixture(scope="module")
def untrained(tmp_path_factory, models_ready):
    """A models folder with a SenseVoice of random weights: it recognises nothing, but runs as the real one does."""
    from qa import torch_compat

    torch_compat.prepare()
    import sentencepiece
    import torch
    import yaml

    folder = tmp_path_factory.mktemp("models")
    made = tmp_path_factory.mktemp("made") / "SenseVoiceSmall"
    made.mkdir()
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter([CHARACTERS]),
        model_prefix=str(made / "bpe"),
        vocab_size=len(set(CHARACTERS)) + len(TAGS) + 3,
        model_type="char",
        user_defined_symbols=TAGS,
        add_dummy_prefix=False,
        minloglevel=2,
    )
    encoder = {"output_size": 32, "attention_heads": 2, "linear_units": 32, "num_blocks": 1, "tp_blocks": 1, "input_layer": "pe"}
    encoder |= {"pos_enc_class": "SinusoidalPositionEncoder", "kernel_size": 11, "sanm_shfit": 0, "selfattention_layer_type": "sanm"}
    config = {
        "model": "SenseVoiceSmall",
        "model_conf": {"length_normalized_loss": True, "sos": 1, "eos": 2, "ignore_id": -1},
        "encoder": "SenseVoiceEncoderSmall",
        "encoder_conf": encoder,
        "tokenizer": "SentencepiecesTokenizer",
        "tokenizer_conf": {"bpemodel": str(made / "bpe.model"), "unk_symbol": "<unk>", "split_with_space": True},
        "frontend": "WavFrontend",
        "frontend_conf": {"fs": 16000, "n_mels": 80, "frame_length": 25, "frame_shift": 10, "lfr_m": 7, "lfr_n": 6, "cmvn_file": None},
    }
    (made / "config.yaml").write_text(yaml.safe_dump(config))
    with torch_compat.quiet():
        from funasr.models.sense_voice.model import SenseVoiceSmall

        torch.manual_seed(1)
        size = len(set(CHARACTERS)) + len(TAGS) + 3
        model = SenseVoiceSmall(
            input_size=560, vocab_size=size, encoder=config["encoder"], encoder_conf=dict(encoder), **config["model_conf"]
        )
    torch.save(model.state_dict(), made / "model.pt")
    models.pull("SenseVoiceSmall", folder, source=made.parent)
    model_gate.allow(folder / "SenseVoiceSmall", folder)
    models.pull("fsmn-vad-offline", folder, source=models_ready)
    return folder


def test_production_path_runs_through_automodel(untrained, phone_call):
    heard = audio.decode(phone_call)
    diarization = Diarization((Segment(Span(6.7, 14), "A"), Segment(Span(14.3, 30), "B")))
    turns = words_for(heard, diarization, language="zh", models=untrained)
    assert {t.source.name for t in turns if t.text} == {"FunASR SenseVoiceSmall"}
    words = [w for t in turns for w in t.words]
    assert words and all(0 <= w.span.start <= w.span.end <= heard.duration for w in words)
    assert all(w.confidence is not None and 0 < w.confidence <= 1 for w in words if w.text[0] in CHARACTERS)
    assert set("".join(w.text for w in words)) <= set(CHARACTERS + "<|>⁇" + "".join(TAGS))


def test_words_become_turns_of_their_segments():
    diarization = Diarization((Segment(Span(0.4, 2.0), "A"), Segment(Span(2.4, 3.0), "B"), Segment(Span(5, 8), "A")))
    spoken = [Spoken(t, Span(a, b), 0.9) for t, a, b in UNITS] + [Spoken("Wait", Span(12, 12.5)), Spoken("please.", Span(12.5, 13))]
    turns = into_turns(spoken, diarization, SOURCE)
    assert [(t.speaker, t.text, t.span, t.source.kind) for t in turns] == [
        ("A", "您好，wifi坏了。", Span(0.4, 2.0), SourceKind.ENGINE),
        ("B", "请讲", Span(2.4, 3.0), SourceKind.ENGINE),
        ("A", "", Span(5, 8), SourceKind.NONE),
        ("", "Wait please.", Span(12, 13), SourceKind.ENGINE),
    ]
    first = turns[0]
    assert all(first.text[w.start_char : w.start_char + len(w.text)] == w.text for w in first.words)
    assert first.time_of(3, 7) == Span(1.0, 1.4) and first.confidence == pytest.approx(0.9)
    assert [t.index for t in turns] == [0, 1, 2, 3]


def test_words_of_a_channel_stay_on_it():
    diarization = Diarization((Segment(Span(0, 5), "left", Channel.LEFT), Segment(Span(0, 5), "right", Channel.RIGHT)))
    turns = into_turns([Spoken("好", Span(1, 2), None, Channel.RIGHT)], diarization, SOURCE)
    assert {(t.channel, t.text) for t in turns} == {(Channel.LEFT, ""), (Channel.RIGHT, "好")}


def test_english_is_really_recognised(models_ready, phone_call):
    heard = audio.decode(phone_call)
    turns = words_for(heard, diarize(heard, models=models_ready), language="en", models=models_ready)
    truth = " ".join(line.split(None, 5)[5] for line in sorted_lines(phone_call.with_suffix(".stm").read_text()))
    words, wanted = plain(" ".join(t.text for t in turns)), plain(truth)
    assert Levenshtein.distance(words, wanted) / len(wanted) <= 0.3
    assert {str(t.source).split(" ", 1)[0] for t in turns if t.text} == {"engine:"}
    assert all(t.confidence and 0 < t.confidence <= 1 and t.words for t in turns if t.text)
    assert len({t.speaker for t in turns}) == 2


def test_english_keeps_its_times_over_long_pauses(models_ready, phone_call):
    """The call twice with half a minute of nothing between: the same words, as much later."""
    once = audio.decode(phone_call).at(english.RATE).mono()
    later = len(once) / english.RATE + 30
    both = np.concatenate([once, np.zeros(30 * english.RATE, np.float32), once])
    words = english.recognise(both, models_ready)
    first = [w for w in words if w.span.start < later - 15]
    second = [w for w in words if w.span.start >= later - 1]
    assert len(first) + len(second) == len(words)  # nothing is invented in the pause
    said = [plain(" ".join(w.text for w in part)) for part in (first, second)]
    assert Levenshtein.distance(*said) <= 0.1 * len(said[0])
    at = {word.span.start for word in second}
    assert sum(any(abs(a.span.start + later - b) < 0.05 for b in at) for a in first) >= 0.9 * len(first)


@given(st.lists(st.tuples(st.floats(0.1, 30), st.floats(0.1, 40)), max_size=60))
def test_stretches_cover_all_speech_and_stay_short(lengths):
    speech, at = [], 0.0
    for spoken, pause in lengths:
        speech.append(Span(at, at + spoken))
        at += spoken + pause
    found = list(english.stretches(speech))
    assert all(sum(1 for stretch in found if (stretch & span).duration == span.duration) == 1 for span in speech)
    assert all(stretch.duration <= english.STRETCH_S for stretch in found)
    assert all(a.gap_to(b) > 0 for a, b in pairwise(found))


def sorted_lines(stm: str) -> list[str]:
    lines = [line for line in stm.splitlines() if line.strip() and not line.startswith(";;")]
    return sorted(lines, key=lambda line: float(line.split()[3]))


def plain(text: str) -> list[str]:
    return re.findall(r"[a-z']+", re.sub(r"<[^>]*>", " ", text.lower()))


def test_choosing_a_source_of_text(models_ready, phone_call, tmp_path):
    heard = audio.decode(phone_call)
    diarization = Diarization((Segment(Span(6.7, 14), "A"),))
    (bare,) = words_for(heard, diarization, language="zh", models=models_ready)
    assert (bare.text, bare.source.kind, bare.span) == ("", SourceKind.NONE, Span(6.7, 14))
    transcript = tmp_path / "call.srt"
    transcript.write_text("1\n00:00:06,700 --> 00:00:14,000\n您好\n", encoding="utf-8")
    (turn,) = words_for(heard, diarization, supplied=transcript, language="zh", models=models_ready)
    assert (turn.text, str(turn.source)) == ("您好", "supplied: call.srt")
    assert words_for(heard, diarization, supplied=transcript, engine="none", models=models_ready)[0].text == ""
    with pytest.raises(NotFound, match="use one of paraformer-zh"):
        words_for(heard, diarization, engine="siri", models=models_ready)
    with pytest.raises(MissingPart, match="hotline models pull"):
        words_for(heard, diarization, engine="paraformer-zh", models=tmp_path)
