"""Any cut and any flipped bits in any format: samples or one line, and soon."""

from __future__ import annotations

import io
import time
from pathlib import Path

import numpy as np
import pytest
import soundfile
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hotline.errors import BadRecording
from qa import audio
from tests.speech.coded import av_file

FORMATS = Path(__file__).parent / "formats"
SMALL = {
    "wav": ("pcm_mulaw", None),
    "ms.wav": ("adpcm_ms", None),
    "mp3": ("libmp3lame", None),
    "m4a": ("aac", "ipod"),
    "ogg": ("libopus", None),
    "amr": ("libopencore_amrnb", None),
    "flac": ("flac", None),
    "wma": ("wmav2", "asf"),
    "webm": ("libopus", None),
}


@pytest.fixture(scope="module")
def small_files(tmp_path_factory, speech) -> dict[str, bytes]:
    folder = tmp_path_factory.mktemp("small")
    made = {}
    for name, (codec, container) in SMALL.items():
        path = av_file(folder / f"call.{name}", speech[:16_000], 8000 if codec != "libopus" else 48_000, codec, container)
        made[name] = path.read_bytes()
    made["awb"] = (FORMATS / "agent.awb").read_bytes()
    buffer = io.BytesIO()
    soundfile.write(buffer, speech[:16_000], 8000, subtype="GSM610", format="WAV")
    made["gsm.wav"] = buffer.getvalue()
    return made


@given(data=st.data())
@settings(max_examples=250, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_whatever_happens_to_a_file_it_is_read_or_refused(data, small_files, tmp_path):
    """Any cut and any flipped bits: samples that are numbers, or one line; and soon."""
    name = data.draw(st.sampled_from(sorted(small_files)))
    content = bytearray(small_files[name])
    if data.draw(st.booleans(), label="cut"):
        content = content[: data.draw(st.integers(0, len(content)))]
    # Half of the damage in the header, where it does most.
    places = st.one_of(st.integers(0, min(200, len(content) - 1)), st.integers(0, len(content) - 1)) if content else st.nothing()
    for at in data.draw(st.lists(places, max_size=12), label="flips") if content else []:
        content[at] ^= 1 << data.draw(st.integers(0, 7))
    path = tmp_path / f"call.{name}"
    path.write_bytes(content)
    began = time.process_time()  # not wall time: the machine may be busy
    try:
        heard = audio.decode(path)
    except BadRecording as error:
        assert error.mend and "\n" not in str(error)
    else:
        assert heard.duration > 0 and np.isfinite(heard.samples).all() and heard.samples.dtype == np.float32
        assert heard.samples.shape[0] in (1, 2) and heard.rate >= 2000
    assert time.process_time() - began < 20
