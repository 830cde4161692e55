"""SenseVoice's tags: ``<|zh|><|ANGRY|><|Laughter|><|woitn|>`` before the text of each stretch."""

from __future__ import annotations

import re
from collections.abc import Sequence

from qa.calls import Channel, Span
from qa.transcription.posteriors import Token
from qa.transcription.words import Mood

_TAG = re.compile(r"<\|([^|>]*)\|>")
_EMOTIONS = {
    "HAPPY": "happy",
    "SAD": "sad",
    "ANGRY": "angry",
    "NEUTRAL": "neutral",
    "FEARFUL": "fearful",
    "DISGUSTED": "disgusted",
    "SURPRISED": "surprised",
}
_EVENTS = {
    "BGM": "music",
    "Applause": "applause",
    "Laughter": "laughter",
    "Cry": "crying",
    "Sneeze": "sneeze",
    "Breath": "breath",
    "Cough": "cough",
}


def tags(text: str) -> list[str]:
    """The tags in order, without their brackets.

    >>> tags("<|zh|><|ANGRY|><|Speech|><|woitn|>你好")
    ['zh', 'ANGRY', 'Speech', 'woitn']
    """
    return _TAG.findall(text)


def is_silence(text: str) -> bool:
    """Whether the model says that nobody speaks; what text it writes then is noise.

    >>> is_silence("<|nospeech|><|EMO_UNKNOWN|><|BGM|><|woitn|>."), is_silence("<|zh|><|NEUTRAL|><|Speech|><|woitn|>好")
    (True, False)
    """
    return "nospeech" in tags(text)


def mood(text: str, marks: Sequence[Token], span: Span, channel: Channel, source: str) -> Mood | None:
    """Emotion and events of a stretch; None where the tags name neither.

    ``marks`` are the tag tokens with their probabilities, where known: that of the emotion becomes the confidence.
    """
    named = tags(text)
    emotion = next((_EMOTIONS[tag] for tag in named if tag in _EMOTIONS), None)
    events = tuple(dict.fromkeys(_EVENTS[tag] for tag in named if tag in _EVENTS))
    if emotion is None and not events:
        return None
    sure = next((mark.probability for mark in marks if _EMOTIONS.get("".join(tags(mark.text))) == emotion), None)
    return Mood(span, channel, emotion, sure if emotion else None, events, source)
