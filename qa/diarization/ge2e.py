"""The GE2E speaker encoder as a pyannote model, so that pyannote's own pipeline can cluster with it.

Wan et al., "Generalized End-to-End Loss for Speaker Verification", 2018: a 3-layer LSTM over 40 mel bands reads
windows of 1.6 s; the mean of the windows' unit vectors is the voice. The weights want linear-power mels and
speech at −30 dBFS or louder.

Import only after ``qa.torch_compat.prepare()``.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch
import torchaudio
from pyannote.audio import Model

RATE = 16_000
DIMENSION = 256
_MELS, _FFT, _HOP = 40, 400, 160
_WINDOW, _STEP = 160, 40
"""Frames of 10 ms that the LSTM reads at once, and from one window to the next."""
_QUIET_DBFS = -30.0
_SHORTEST = 50
"""Frames below which a voice cannot be told."""


class GE2E(Model):
    """Voice of 16 kHz speech: [batch, 1, samples] (and weights [batch, frames]) → unit vectors [batch, 256].

    Rows with less than half a second of speech are NaN, which pyannote leaves out of its clustering.
    Raises ValueError for input shorter than that.
    """

    def __init__(self) -> None:
        super().__init__(sample_rate=RATE, num_channels=1)
        self.lstm = torch.nn.LSTM(_MELS, DIMENSION, num_layers=3, batch_first=True)
        self.linear = torch.nn.Linear(DIMENSION, DIMENSION)
        bands = torchaudio.functional.melscale_fbanks(_FFT // 2 + 1, 0.0, RATE / 2, _MELS, RATE, norm="slaney", mel_scale="slaney")
        self.register_buffer("bands", bands, persistent=False)
        self.register_buffer("hann", torch.hann_window(_FFT), persistent=False)

    @classmethod
    def load(cls, folder: Path) -> GE2E:
        """From ``pretrained.pt``, whose checksum the catalogue has compared."""
        model = cls()
        state = torch.load(folder / "pretrained.pt", map_location="cpu", weights_only=True)["model_state"]
        model.load_state_dict({k: v for k, v in state.items() if k.startswith(("lstm.", "linear."))}, strict=False)
        model.eval()
        return model

    @property
    def dimension(self) -> int:
        return DIMENSION

    def voice(self, samples: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
        """The voice of float32 [n] at 16 kHz: a unit vector [256], NaN below half a second."""
        if len(samples) < _SHORTEST * _HOP:
            return np.full(DIMENSION, np.nan, np.float32)
        with torch.inference_mode():
            return self(torch.from_numpy(samples)[None, None])[0].numpy()

    def forward(self, waveforms: torch.Tensor, weights: torch.Tensor | None = None) -> torch.Tensor:
        mels, power = self._mels(waveforms[:, 0])
        frames = mels.shape[1]
        if frames < _SHORTEST:
            raise ValueError(f"{frames} frames are too short for a voice")
        masks = torch.ones(len(mels), frames, dtype=torch.bool)
        if weights is not None:
            masks = torch.nn.functional.interpolate(weights[:, None], size=frames, mode="nearest")[:, 0] > 0.5
        windows: list[torch.Tensor] = []
        owners: list[int] = []
        voices = torch.full((len(mels), DIMENSION), torch.nan)
        for row, mask in enumerate(masks):
            mel = mels[row, mask]
            if len(mel) < _SHORTEST:
                continue
            mel = mel * self._lift(power[row, mask])
            if len(mel) < _WINDOW:
                voices[row] = self._read(mel[None])[0]
                continue
            for start in sorted({*range(0, len(mel) - _WINDOW + 1, _STEP), len(mel) - _WINDOW}):
                windows.append(mel[start : start + _WINDOW])
                owners.append(row)
        if windows:
            read = self._read(torch.stack(windows))
            of = torch.tensor(owners)
            for row in set(owners):
                voices[row] = torch.nn.functional.normalize(read[of == row].mean(dim=0), dim=0)
        return voices

    def _mels(self, waves: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Mel power [batch, frames, 40] and mean square of the frames [batch, frames], by Parseval from the spectrum."""
        spectrum = torch.stft(waves, _FFT, _HOP, window=self.hann, center=True, pad_mode="constant", return_complex=True)
        squared = spectrum.abs().square().transpose(1, 2)
        return squared @ self.bands, squared.sum(dim=2) / (_FFT / 2 * self.hann.square().sum())

    @staticmethod
    def _lift(power: torch.Tensor) -> float:
        """Factor on the power that brings quiet speech up to −30 dBFS; 1 for louder speech."""
        mean = float(power.mean())
        return max(1.0, 10 ** (_QUIET_DBFS / 10) / mean) if mean > 0 else 1.0

    def _read(self, windows: torch.Tensor) -> torch.Tensor:
        _, (hidden, _) = self.lstm(windows)
        return torch.nn.functional.normalize(torch.relu(self.linear(hidden[-1])), dim=1)
