"""One recording in, one call out; without network; and what happens when parts are missing."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from hotline.errors import BadInput, BadRecording, MissingPart
from qa import torch_compat
from qa.calls import Channel, Layout, Role, SourceKind, Span
from qa.listen import Request, listen

pytestmark = pytest.mark.filterwarnings("ignore")
ROOT = Path(__file__).resolve().parents[2]
AGENT_LEFT = {Channel.LEFT: Role.AGENT, Channel.RIGHT: Role.CUSTOMER}


def test_phone_call_without_network(models_ready, phone_call):
    """In a process of its own, where every way out is closed before anything is imported."""
    script = """
import socket, sys
def refuse(*a, **k): raise AssertionError("network used")
socket.socket.connect = socket.socket.connect_ex = socket.create_connection = socket.getaddrinfo = refuse
from pathlib import Path
from qa.listen import Request, listen
stages = []
heard = listen(Path(sys.argv[1]), Request("S029", language="en"), Path(sys.argv[2]), on_stage=stages.append)
import json
print(json.dumps({"stages": stages, "turns": [(t.role, t.text, t.loudness) for t in heard.call.turns],
                  "source": str(heard.text_source), "diarizer": heard.diarizer, "warnings": heard.warnings}))
"""
    command = [sys.executable, "-c", script, str(phone_call), str(models_ready)]
    done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    heard = json.loads(done.stdout)  # nothing else may be on standard output
    assert heard["stages"] == ["decode", "diarize", "transcribe"]
    assert {role for role, _, _ in heard["turns"]} == {"agent", "customer"}
    assert "new jersey" in " ".join(text for _, text, _ in heard["turns"]).lower()
    assert all(-60 < loudness < 0 for _, _, loudness in heard["turns"])
    assert heard["source"].startswith("engine: faster-whisper tiny.en") and "pyannote" in heard["diarizer"]


def test_importing_is_cheap():
    script = "import sys, qa.listen; print([m for m in ('torch', 'funasr', 'pyannote.audio', 'faster_whisper') if m in sys.modules])"
    assert subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, cwd=ROOT, check=True).stdout.strip() == "[]"


def test_telemetry_is_off():
    import os

    torch_compat.prepare()
    assert os.environ["PYANNOTE_METRICS_ENABLED"] == "0" and os.environ["HF_HUB_OFFLINE"] == "1"


TORCHAUDIO = {
    "__init__.py": "from . import _extension\nnative = _extension._IS_TORCHAUDIO_EXT_AVAILABLE\n",
    "_extension/__init__.py": "from . import utils\n_IS_TORCHAUDIO_EXT_AVAILABLE = True\n",
    "_extension/utils.py": "",
}


@pytest.mark.parametrize(
    ("failure", "native"),
    [
        ("", True),
        ("raise OSError('libcudart.so.13: cannot open shared object file')", False),
        ("raise RuntimeError('PyTorch has CUDA version 12.8 whereas TorchAudio has CUDA version 13.0')", False),
        ("raise ImportError('Failed to load libtorchaudio')", False),
    ],
)
def test_a_native_extension_that_fails_is_stood_in_for(tmp_path, failure, native):
    """Whatever torch was built for: the extension is used where it loads, and only there."""
    for name, source in TORCHAUDIO.items():
        file = tmp_path / "torchaudio" / name
        file.parent.mkdir(exist_ok=True)
        file.write_text(source + failure * name.endswith("_extension/__init__.py"), encoding="utf-8")
    script = f"import sys; sys.path.insert(0, {str(tmp_path)!r})\nfrom qa import torch_compat; torch_compat._import_torchaudio()\n"
    script += "import torchaudio; print(torchaudio.native)"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, cwd=ROOT, check=False)
    assert done.stdout.strip() == str(native), done.stderr


def tones(seconds=(4.0, 4.0), rate=8000):
    clock = np.arange(int(sum(seconds) * rate)) / rate
    return (0.3 * np.sin(2 * np.pi * 400 * clock)).astype(np.float32)


def test_channel_that_is_not_there(write_wav, models_ready):
    path = write_wav("S001.wav", tones())
    with pytest.raises(BadRecording, match="only one channel") as caught:
        listen(path, Request("S001", channel_map=AGENT_LEFT), models_ready)
    assert caught.value.thing == "S001.wav: agent_channel" and "leave agent_channel empty" in caught.value.mend


def test_bad_recording_and_bad_transcript_are_lines(tmp_path, write_wav, models_ready):
    (tmp_path / "empty.wav").touch()
    with pytest.raises(BadRecording, match="empty"):
        listen(tmp_path / "empty.wav", Request("S1"), models_ready)
    transcript = tmp_path / "S2.json"
    transcript.write_text('[{"text": 1}]')
    with pytest.raises(BadInput, match=r"S2\.json:1: text"):
        listen(write_wav("S2.wav", tones()), Request("S2", supplied=transcript), models_ready)


@pytest.fixture
def without_speech_libraries(monkeypatch):
    monkeypatch.setattr(torch_compat, "has_speech_extra", lambda: False)


ENTRIES = [
    {"role": "customer", "start": 0.5, "end": 3.0, "text": "您好，请问有什么可以帮您？"},
    {"role": "agent", "start": 3.4, "end": 5.0, "text": "我家停电了。"},
    {"role": "customer", "start": 4.6, "end": 7.0, "text": "请问您的户号是多少？"},
]


def test_base_install_judges_a_transcript_with_times(tmp_path, write_wav, without_speech_libraries):
    transcript = tmp_path / "S3.json"
    transcript.write_text(json.dumps({"engine": "vendor", "version": "7", "entries": ENTRIES}, ensure_ascii=False), encoding="utf-8")
    heard = listen(write_wav("S3.wav", tones()), Request("S3", supplied=transcript), tmp_path / "no-models")
    assert heard.diarizer == "supplied times" and str(heard.text_source) == "supplied: vendor 7"
    assert [(t.role, t.span, t.text) for t in heard.call.turns] == [
        (Role.AGENT, Span(0.5, 3.0), ENTRIES[0]["text"]),
        (Role.CUSTOMER, Span(3.4, 5.0), ENTRIES[1]["text"]),
        (Role.AGENT, Span(4.6, 7.0), ENTRIES[2]["text"]),
    ]
    assert heard.call.overlaps == (Span(4.6, 5.0),) and not heard.call.overlap_known
    assert heard.call.layout is Layout.MONO and heard.call.duration == 8.0
    assert heard.call.turns[0].loudness == pytest.approx(-13.5, abs=0.2)
    assert any("without the speech libraries" in warning for warning in heard.warnings)


@pytest.mark.parametrize("entries", [None, [{"role": "agent", "text": "您好"}]])
def test_base_install_without_times_names_the_extra(tmp_path, write_wav, without_speech_libraries, entries):
    transcript = None
    if entries is not None:
        transcript = tmp_path / "S4.json"
        transcript.write_text(json.dumps(entries), encoding="utf-8")
    with pytest.raises(BadRecording, match=r"no transcript with times .* `pip install 'hotline\[speech\]'"):
        listen(write_wav("S4.wav", tones()), Request("S4", supplied=transcript), tmp_path)


def test_models_that_were_not_pulled_name_the_command(tmp_path, write_wav):
    with pytest.raises(MissingPart, match="hotline models pull"):
        listen(write_wav("S5.wav", tones()), Request("S5"), tmp_path / "no-models")


CALLS = ROOT / "data" / "calls"


@pytest.mark.parametrize("call_id", ["S001", "S007", "S009", "S022"])
def test_sample_calls_have_the_right_roles(models_ready, call_id):
    """Stereo, mono, without times, with swapped roles: nearly all speech gets its true role."""
    rows = {r["call_id"]: r for r in manifest()}
    row = rows[call_id]
    truth = json.loads((ROOT / "data" / "truth" / f"{call_id}.json").read_text(encoding="utf-8"))
    channel_map = AGENT_LEFT if row["agent_channel"] == "left" else None
    heard = listen(CALLS / row["file"], Request(call_id, CALLS / row["transcript"], channel_map=channel_map), models_ready)
    right = spoken = 0.0
    for line in truth["lines"]:
        for start, end in line["segments"]:
            spoken += end - start
            right += sum((t.span & Span(start, end)).duration for t in heard.call.turns if t.span and t.role == line["role"])
    assert right / spoken >= 0.95
    assert heard.role_confidence > 0.9 and heard.text_source.kind is SourceKind.SUPPLIED
    assert len(heard.call.turns) == pytest.approx(len(truth["lines"]), abs=2)


def manifest():
    import csv

    with (CALLS / "manifest.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))
