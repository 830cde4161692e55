"""``make bench-speech``: speakers, words, overhead and volume, with other projects' systems in the same run.

Data: pyannote.audio's phone sample and the sample calls are always there. ``--data FOLDER`` (or ``HOTLINE_BENCH_DATA``) may hold
``diarization/`` (AMI clips with RTTM), ``mandarin/`` (real clips with ``references.txt``) and ``corpus/`` (the synthetic test
split); docs/benchmarks.md says where the originals are. What is not there is left out, with a remark.
"""

from __future__ import annotations

from typing import Any

from benchmarks import common, speech_samples, speech_speakers, speech_volume, speech_words
from hotline import settings
from qa import models

WHISPERX = ("whisperx==3.8.6",)


def main() -> None:
    parser = common.arguments("Diarization, recognition, overhead and volume of the speech pipeline, beside others")
    parser.add_argument("--most", type=int, help="clips of each recognition set at most (evenly spread); default all")
    parser.add_argument("--only", choices=("speakers", "words", "volume"), action="append", help="these parts only (may be repeated)")
    parser.add_argument("--calls", type=int, help="sample calls at most (evenly spread); default all")
    chosen = parser.parse_args()
    parts = set(chosen.only or ("speakers", "words", "volume"))
    folder = settings.load().models
    for entry in models.members("offline"):
        models.pull(entry.name, folder)

    phone = speech_samples.phone()
    clips = list(speech_samples.ami(chosen.data)) if chosen.data else []
    if not clips:
        common.remark("AMI clips: no --data with diarization/, left out")
    calls = list(speech_samples.sample_calls())
    if chosen.calls:
        calls = calls[:: max(1, -(-len(calls) // chosen.calls))]
    peer = None if chosen.no_peers or parts == {"volume"} else _whisperx([phone, *clips], folder)

    results: dict[str, Any] = {}
    if "volume" in parts:
        volume = speech_volume.measure(calls, folder)
        results |= speech_volume.tables(volume)
        speech_speakers.call_table(calls, volume.heard)
    if "speakers" in parts:
        results |= speech_speakers.tables(phone, clips, folder, peer, not chosen.no_peers)
    if "words" in parts:
        results |= speech_words.english(phone, folder, peer, not chosen.no_peers)
        results |= speech_words.mandarin(chosen.data, chosen.most)
    installed = common.versions("torch", "pyannote.audio", "pyannote.metrics", "funasr", "faster-whisper", "av")
    common.finish(results, versions=installed | {"whisperx": WHISPERX[0].partition("==")[2]} if peer else installed)


def _whisperx(samples: list[speech_samples.Sample], folder: Any) -> dict[str, Any] | None:
    try:
        return speech_speakers.whisperx(common.environment("whisperx", WHISPERX), samples, folder)
    except RuntimeError as error:
        common.remark(f"whisperX is left out: {error}")
        return None


if __name__ == "__main__":
    main()
