"""What leaves the house is silent where a personal value is said, and untouched everywhere else."""

from __future__ import annotations

import io
import wave
from dataclasses import replace

import numpy as np
import pytest

from hotline.errors import BadRecording
from qa.audio import Audio
from qa.calls import Layout, Role, Span, Turn, Word
from qa.redaction import EXAMPLE_KEY, redact
from qa.redaction.audio import MARGIN, WIDE_MARGIN, muted, muted_spans, wav_bytes

RATE = 8000


@pytest.fixture
def audio() -> Audio:
    noise = np.random.default_rng(7).uniform(0.1, 0.5, (2, 10 * RATE)).astype(np.float32)
    return Audio(noise, RATE, "pcm_s16le", Layout.STEREO, 10.0)


def _spoken(text: str, start: float, step: float) -> Turn:
    words = tuple(Word(c, i, Span(start + i * step, start + (i + 1) * step)) for i, c in enumerate(text))
    return Turn(0, Role.CUSTOMER, text, Span(start, start + len(text) * step), words=words)


def test_the_value_is_silent_and_the_rest_bit_identical(audio: Audio) -> None:
    (turn,) = redact((_spoken("电话一三八零零零零四五一七谢谢", 1.0, 0.2),), EXAMPLE_KEY)
    result = muted(audio, (turn,))
    first, last = round((1.4 - MARGIN) * RATE), round((3.6 + MARGIN) * RATE)
    assert np.all(result.samples[:, first + 1 : last - 1] == 0.0)
    assert np.array_equal(result.samples[:, : first - 1], audio.samples[:, : first - 1])
    assert np.array_equal(result.samples[:, last + 1 :], audio.samples[:, last + 1 :])
    assert np.all(audio.samples > 0), "the recording itself is not touched"


def test_without_word_times_the_margins_are_wide(audio: Audio) -> None:
    (turn,) = redact((replace(_spoken("电话13800004517谢谢", 2.0, 0.2), words=()),), EXAMPLE_KEY)
    (span,) = muted_spans((turn,), audio.duration)
    assert span.start == pytest.approx(2.4 - WIDE_MARGIN) and span.end == pytest.approx(4.6 + WIDE_MARGIN)


def test_masks_without_tokens_and_speech_without_text_are_silent_too(audio: Audio) -> None:
    old = Turn(0, Role.CUSTOMER, "电话***********", Span(1.0, 4.0))
    unheard = Turn(1, Role.AGENT, "", Span(6.0, 7.5))
    music = Turn(2, Role.OTHER, "", Span(8.0, 9.0))
    spans = muted_spans((old, unheard, music), audio.duration)
    assert len(spans) == 2 and spans[1] == Span(6.0, 7.5)
    assert spans[0].start < 1.5 and spans[0].end >= 4.0


def test_what_cannot_be_placed_is_refused(audio: Audio) -> None:
    (turn,) = redact((Turn(0, Role.CUSTOMER, "电话13800004517"),), EXAMPLE_KEY)
    with pytest.raises(BadRecording, match="no times"):
        muted(audio, (turn,))
    with pytest.raises(BadRecording, match="no turns"):
        muted(audio, ())


def test_the_file_holds_what_was_muted(audio: Audio) -> None:
    with wave.open(io.BytesIO(wav_bytes(audio))) as file:
        assert (file.getnchannels(), file.getframerate(), file.getnframes()) == (2, RATE, 10 * RATE)
        held = np.frombuffer(file.readframes(-1), "<i2").reshape(-1, 2).T / 32767
    assert np.abs(held - audio.samples).max() < 1e-4
