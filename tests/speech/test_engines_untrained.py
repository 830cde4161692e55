"""FunASR's real classes, really run: model folders as published, but small and of random weights, through ``AutoModel.generate``.

What they recognise is meaningless; that the words have times, confidences, punctuation and tags is not.
"""

from __future__ import annotations

import itertools
import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from qa import audio, model_gate, models, torch_compat, voice
from qa.calls import Channel, Role, Span, Turn
from qa.diarization import Diarization, Segment, vad
from qa.transcription import funasr_engine, hotwords, posteriors, words_for
from qa.transcription.pieces import LEAST_S, LONGEST_S, RATE, SILENCE_S, Piece, pieces
from qa.transcription.words import Spoken
from qa.voice import emotion2vec

pytestmark = pytest.mark.filterwarnings("ignore")
HAN = "您好请问有什么可以帮助户号停电了我家是的谢再见过"
TOKENS = ["<blank>", "<s>", "</s>", *HAN, "wi@@", "fi", "ok", "<unk>"]
PUNCTUATION = ["<unk>", "_", "，", "。", "？", "、"]
FEELINGS = [
    "生气/angry",
    "厌恶/disgusted",
    "恐惧/fearful",
    "开心/happy",
    "中立/neutral",
    "其他/other",
    "难过/sad",
    "吃惊/surprised",
    "<unk>",
]
SANM = {"input_layer": "pe", "pos_enc_class": "SinusoidalPositionEncoder", "normalize_before": True, "kernel_size": 11, "sanm_shfit": 0}
ENCODER = {"output_size": 32, "attention_heads": 2, "linear_units": 32, "num_blocks": 1, "selfattention_layer_type": "sanm", **SANM}
DECODER = {"attention_heads": 2, "linear_units": 32, "num_blocks": 1, "att_layer_num": 1, "kernel_size": 11, "sanm_shfit": 0}
FRONTEND = {"fs": 16000, "window": "hamming", "n_mels": 80, "frame_length": 25, "frame_shift": 10, "dither": 0.0, "lfr_m": 7, "lfr_n": 6}
AUDIO_OF_EMOTION2VEC = {
    "type": "AUDIO", "prenet_depth": 1, "prenet_layerdrop": 0.0, "prenet_dropout": 0.0, "start_drop_path_rate": 0.0,
    "end_drop_path_rate": 0.0, "num_extra_tokens": 2, "init_extra_token_zero": True, "use_alibi_encoder": True, "alibi_scale": 1.0,
    "learned_alibi": False, "alibi_max_pos": None, "learned_alibi_scale": True, "learned_alibi_scale_per_head": True,
    "learned_alibi_scale_per_layer": False, "num_alibi_heads": 2, "model_depth": 1, "decoder": None, "local_grad_mult": 1.0,
    "extractor_mode": "layer_norm", "feature_encoder_spec": "[(16, 10, 5)] + [(16, 3, 2)] * 4 + [(16,2,2)] + [(16,2,2)]",
    "conv_pos_width": 15, "conv_pos_groups": 2, "conv_pos_depth": 1, "conv_pos_pre_ln": False, "keep_masked_pct": 0,
}  # fmt: skip


def paraformer(name, decoder="ParaformerSANMDecoder", decoder_conf=DECODER, **more):
    """The configuration of ``iic/speech_seaco_paraformer_large…`` or of the plain or contextual class, at a hundredth of the size."""
    predictor = {"idim": 32, "threshold": 1.0, "l_order": 1, "r_order": 1, "tail_threshold": 0.45}
    if name == "SeacoParaformer":
        predictor |= {
            "smooth_factor2": 0.25,
            "noise_threshold2": 0.01,
            "upsample_times": 3,
            "use_cif1_cnn": False,
            "upsample_type": "cnn_blstm",
        }
        seaco = {**DECODER, "num_blocks": 1, "kernel_size": 21, "use_output_layer": False, "wo_input_layer": True}
        more |= {"seaco_decoder": "ParaformerSANMDecoder", "seaco_decoder_conf": seaco}
    return {
        "model": name,
        "model_conf": {"ctc_weight": 0.0, "predictor_weight": 1.0, "predictor_bias": 1, "sampling_ratio": 0.75, "inner_dim": 32,
                       "bias_encoder_type": "lstm", "bias_encoder_bid": False, "NO_BIAS": len(TOKENS) - 1},
        "encoder": "SANMEncoder", "encoder_conf": dict(ENCODER), "decoder": decoder, "decoder_conf": dict(decoder_conf),
        "predictor": "CifPredictorV3" if name == "SeacoParaformer" else "CifPredictorV2", "predictor_conf": predictor,
        "frontend": "WavFrontend", "frontend_conf": dict(FRONTEND),
        "tokenizer": "CharTokenizer", "tokenizer_conf": {"unk_symbol": "<unk>", "split_with_space": True},
        **more,
    }  # fmt: skip


CT_PUNC = {
    "model": "CTTransformer",
    "model_conf": {"ignore_id": 0, "embed_unit": 32, "att_unit": 32, "dropout_rate": 0.1, "punc_list": PUNCTUATION, "sentence_end_id": 3},
    "encoder": "SANMEncoder",
    "encoder_conf": {"input_size": 32, **ENCODER},
    "tokenizer": "CharTokenizer",
    "tokenizer_conf": {"unk_symbol": "<unk>"},
}
EMOTION2VEC = {
    "model": "Emotion2vec",
    "model_conf": {
        "loss_beta": 0.0, "loss_scale": None, "depth": 1, "start_drop_path_rate": 0.0, "end_drop_path_rate": 0.0, "num_heads": 2,
        "norm_eps": 1e-5, "norm_affine": True, "encoder_dropout": 0.0, "post_mlp_drop": 0.0, "attention_dropout": 0.0,
        "activation_dropout": 0.0,
        "dropout_input": 0.0, "layerdrop": 0.0, "embed_dim": 32, "mlp_ratio": 2.0, "layer_norm_first": False, "end_of_block_targets": False,
        "average_top_k_layers": 1, "normalize": True, "clone_batch": 1, "modalities": {"audio": AUDIO_OF_EMOTION2VEC},
    },
    "tokenizer": "CharTokenizer",
    "tokenizer_conf": {"unk_symbol": "<unk>", "split_with_space": True},
}  # fmt: skip


def write(folder, config, tokens, seed=0):
    """A model folder as a hub has it: config.yaml, tokens.json, am.mvn, model.pt."""
    torch_compat.prepare()
    import torch
    import yaml

    folder.mkdir(parents=True)
    with torch_compat.quiet():
        import funasr  # noqa: F401  registers the classes
        from funasr import AutoModel  # noqa: F401
        from funasr.register import tables
    (folder / "config.yaml").write_text(yaml.safe_dump(config, allow_unicode=True), encoding="utf-8")
    (folder / "tokens.json").write_text(json.dumps(tokens, ensure_ascii=False), encoding="utf-8")
    if "frontend" in config:
        (folder / "seg_dict").write_text("".join(f"{character} {character}\n" for character in HAN), encoding="utf-8")
        rows = [f"<LearnRateCoef> 0 [ {' '.join([value] * 560)} ]" for value in ("-8.3", "0.22")]
        text = "<Nnet>\n<Splice> 560 560\n[ 0 ]\n<AddShift> 560 560\n{}\n<Rescale> 560 560\n{}\n</Nnet>\n".format(*rows)
        (folder / "am.mvn").write_text(text)
    torch.manual_seed(seed)
    built = {**config, **json.loads(json.dumps(config["model_conf"])), "vocab_size": len(tokens), "input_size": 560}
    torch.save(tables.model_classes[config["model"]](**built).state_dict(), folder / "model.pt")


@pytest.fixture(scope="module")
def untrained(tmp_path_factory, models_ready):
    made, folder = tmp_path_factory.mktemp("made"), tmp_path_factory.mktemp("models")
    write(made / "paraformer-zh", paraformer("SeacoParaformer"), TOKENS)
    write(made / "ct-punc", CT_PUNC, TOKENS)
    write(made / "emotion2vec", EMOTION2VEC, FEELINGS)
    for name in ("paraformer-zh", "ct-punc", "emotion2vec"):
        models.pull(name, folder, source=made)
        model_gate.allow(folder / name, folder)
    models.pull("fsmn-vad-offline", folder, source=models_ready)
    return folder


@pytest.fixture(scope="module")
def speech(phone_call, models_ready):
    heard = audio.decode(phone_call).at(RATE)
    return heard, pieces(heard.mono(), vad.speech(heard.mono(), models_ready))


def said(units):
    return posteriors.letters("".join(unit.text for unit in units))


def test_seaco_paraformer_with_punctuation(untrained, speech):
    heard, cut = speech
    found = funasr_engine.recognise(heard.mono(), untrained)
    assert len(found.spoken) > 20 and found.moods == []
    assert set(said(found.spoken)) <= set(HAN + "wifiok")
    for unit in found.spoken:
        assert 0 <= unit.span.start <= unit.span.end <= heard.duration
        assert unit.confidence is not None and 0 < unit.confidence <= 1
    starts = [unit.span.start for unit in found.spoken]
    assert starts == sorted(starts)
    model = funasr_engine.load(models.where("paraformer-zh", untrained), models.where("ct-punc", untrained))
    # ct-punc ends every stretch with a mark, however it was trained, and the mark stays with the unit before it
    assert funasr_engine.recognise_with(model, cut[:1], Channel.MONO).spoken[-1].text[-1] in "。？.?"


def test_confidences_are_the_posteriors_of_the_class_itself(untrained, speech):
    import torch

    model = funasr_engine.load(models.where("paraformer-zh", untrained))
    _, (first, *_) = speech
    (unit, *others) = funasr_engine.recognise_with(model, [first], Channel.MONO).spoken
    scores = []
    original = type(model.model)._seaco_decode_with_ASF

    def kept(self, *args, **kwargs):
        scores.append(original(self, *args, **kwargs))
        return scores[-1]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(type(model.model), "_seaco_decode_with_ASF", kept)
        model.generate(input=first.samples, disable_pbar=True)
    best = scores[0][0].exp().max(dim=-1)
    kept_rows = [p for p, i in zip(best.values.tolist(), best.indices.tolist(), strict=True) if i not in (0, 1, 2, len(TOKENS) - 1)]
    own = [u.confidence for u in (unit, *others)]
    assert min(kept_rows) - 1e-6 <= min(own) and max(own) <= max(kept_rows) + 1e-6
    assert "_seaco_decode_with_ASF" not in vars(model.model)  # nothing stays behind
    assert torch.allclose(scores[0].exp().sum(-1), torch.ones(()), atol=1e-4)


def test_hotwords_reach_the_contextual_model_as_one_string(untrained, speech):
    model = funasr_engine.load(models.where("paraformer-zh", untrained))
    _, (first, *_) = speech
    plain = funasr_engine.recognise_with(model, [first], Channel.MONO).spoken
    assert model.model.hotword_list is None
    funasr_engine.recognise_with(model, [first], Channel.MONO, hotwords=["过户", "停电了，请", "no.txt"])
    ids = {token: number for number, token in enumerate(TOKENS)}
    words = [["过", "户"], ["停", "电", "了"], ["请"], ["<unk>"], ["<unk>"], ["<s>"]]
    assert model.model.hotword_list == [[ids[character] for character in word] for word in words]
    assert [u.text for u in funasr_engine.recognise_with(model, [first], Channel.MONO).spoken] == [u.text for u in plain]


@pytest.mark.parametrize("name", ["Paraformer", "ContextualParaformer"])
def test_the_other_paraformers_give_words_times_and_confidences(tmp_path, speech, name):
    decoder = "ContextualParaformerDecoder" if name == "ContextualParaformer" else "ParaformerSANMDecoder"
    layers = {"num_blocks": 2, "att_layer_num": 2} if name == "ContextualParaformer" else {}
    write(tmp_path / "model", paraformer(name, decoder, decoder_conf={**DECODER, **layers}), TOKENS)
    _, cut = speech
    found = funasr_engine.recognise_with(funasr_engine.load(tmp_path / "model"), cut[:2], Channel.LEFT, hotwords=["停", "电"])
    assert found.spoken and all(u.channel is Channel.LEFT and u.confidence for u in found.spoken)


@pytest.mark.parametrize("seconds", [0.02, 0.4, 45.0])
def test_short_and_long_stretches(untrained, seconds):
    model = funasr_engine.load(models.where("paraformer-zh", untrained), models.where("ct-punc", untrained))
    track = np.random.default_rng(5).normal(0, 0.1, round(RATE * (seconds + 1))).astype(np.float32)
    cut = pieces(track, [Span(0.5, 0.5 + seconds)])
    spoken = funasr_engine.recognise_with(model, cut, Channel.MONO).spoken
    assert all(0.3 <= u.span.start <= u.span.end <= seconds + 0.8 for u in spoken)
    assert spoken or seconds < 1
    if seconds > LONGEST_S:
        assert len(cut) == 2 and spoken[-1].span.end > seconds


def test_silence_has_no_words(untrained, models_ready):
    assert funasr_engine.recognise(np.zeros(5 * RATE, np.float32), untrained).spoken == []
    assert funasr_engine.recognise(np.zeros(100, np.float32), untrained).spoken == []


def test_a_result_that_is_left_out_does_not_shift_the_others(untrained, speech):
    """Paraformer answers an empty stretch with nothing at all: in a batch the rest must stay with their own pieces."""
    model = funasr_engine.load(models.where("paraformer-zh", untrained))
    _, cut = speech
    alone = funasr_engine.recognise_with(model, cut[:3], Channel.MONO).spoken
    device = model.kwargs["device"]
    generate = model.generate

    def leaving_out(input, **options):
        results = generate(input=input, **options)
        return results[1:] if len(input) > 1 else results

    model.kwargs["device"], model.generate = "cuda:0", leaving_out
    try:
        batched = list(funasr_engine._generated(model, cut[:3], {"device": device}))
    finally:
        model.kwargs["device"] = device
        del model.generate
    assert [piece.span for piece, *_ in batched] == [piece.span for piece in cut[:3]]
    assert said([u for piece, result, *_ in batched for u in funasr_engine.parse(result, piece.span)]) == said(alone)


def test_punctuation_of_words_without_any(untrained):
    model = funasr_engine.load(models.where("ct-punc", untrained))
    words = ["您", "好", "wi-fi", "停", "电", "了", "ok"]
    units = [Spoken(word, Span(n, n + 1), 0.5) for n, word in enumerate(words)]
    marked = funasr_engine.punctuated(units, model)
    assert [posteriors.letters(u.text) for u in marked] == [posteriors.letters(w) for w in words]
    assert all(u.text.startswith(w) and not set(u.text[len(w) :]) - set("，。？、,.?") for u, w in zip(marked, words, strict=True))
    assert marked[-1].text[-1] in "。？.?" and [u.span for u in marked] == [u.span for u in units]


def test_emotion_of_each_turn(untrained, speech):
    heard, _ = speech
    turns = (Turn(0, Role.AGENT, "您好", Span(7, 9)), Turn(1, Role.AGENT, "嗯", Span(9.5, 9.8)), Turn(2, Role.CUSTOMER, "好", Span(5, 29)))
    first, short, long = emotion2vec.felt(turns, heard, untrained)
    for turn in (first, long):
        assert turn.voice.emotion in voice.EMOTIONS and turn.voice.emotion_source == "emotion2vec"
        assert 1 / len(FEELINGS) < turn.voice.emotion_confidence <= 1
    assert short == turns[1]
    measured = voice.measured((first, short, long), heard)
    assert measured[0].voice.emotion_source == "emotion2vec" and measured[0].voice.pitch is not None


def test_the_whole_of_it(untrained, phone_call):
    heard = audio.decode(phone_call)
    diarization = Diarization((Segment(Span(6.7, 14), "A"), Segment(Span(14.3, 30), "B")))
    turns = words_for(heard, diarization, language="zh", models=untrained, hotwords=["停电"])
    assert {t.source.name for t in turns if t.text} == {"FunASR paraformer-zh"}
    assert all(t.confidence and t.words and t.voice.emotion_source == "emotion2vec" for t in turns if t.text)
    assert all(t.text[w.start_char : w.start_char + len(w.text)] == w.text for t in turns for w in t.words)


def test_pieces_have_margins_and_silence_behind_them():
    track = np.ones(10 * RATE, np.float32)
    one, two, three = pieces(track, [Span(1, 2), Span(2.1, 2.2), Span(9.9, 10)])
    assert (one.span, two.span) == (Span(0.85, 2.05), Span(2.05, 2.45))
    assert three.span.end == 10 and three.samples.size >= LEAST_S * RATE
    assert one.samples.size == round(1.2 * RATE) + round(SILENCE_S * RATE) and not one.samples[round(1.2 * RATE) :].any()


@given(st.lists(st.floats(0.05, 80), min_size=1, max_size=6))
def test_pieces_cover_all_speech_once(lengths):
    spans, at = [], 0.0
    for length in lengths:
        spans.append(Span(at, at + length))
        at += length + 0.4
    cut = pieces(np.zeros(round(at * RATE), np.float32), spans)
    assert all(piece.span.duration <= LONGEST_S + 0.5 for piece in cut)
    assert all(a.span.end <= b.span.start + 1e-9 for a, b in itertools.pairwise(cut))
    covered = sum((piece.span & span).duration for piece in cut for span in spans)
    assert covered == pytest.approx(sum(span.duration for span in spans), rel=1e-6)


def test_batches_hold_pieces_of_one_length():
    cut = [Piece(Span(n, n + 1), np.zeros(size * RATE, np.float32)) for n, size in enumerate([20, 1, 19, 2, 1])]
    sizes = [[p.samples.size // RATE for p in batch] for batch in funasr_engine.batches(cut, seconds=40)]
    assert sizes == [[1, 1, 2], [19, 20]]


@given(st.lists(st.text(alphabet="过户电 ,.!a1", max_size=8), max_size=10))
def test_hotwords_are_single_words(words):
    line = hotwords.as_line(words).split(" ")
    assert len(line) == len(set(line))
    assert all(part.isalnum() for part in line if part)


def test_tokens_are_found_behind_units():
    token = posteriors.Token
    tokens = [token("您", 0.9), token("好", 0.8), token("wi@@", 0.6), token("fi", 0.4), token("<unk>", 0.1), token("坏", 0.7)]
    behind = posteriors.on_units(["您", "好，", "wifi", "坏。", "了"], tokens)
    assert [[t.probability for t in own] for own in behind] == [[0.9], [0.8], [0.6, 0.4], [0.7], []]
