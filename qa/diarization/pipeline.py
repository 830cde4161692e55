"""pyannote's diarization pipeline on weights from package indexes: WhisperX's segmentation, GE2E voices.

``offline/config.yaml`` names :class:`OfflineDiarization`, so ``Pipeline.from_pretrained(folder)`` loads it like any other.
What differs from pyannote's: voices come from :class:`~qa.diarization.ge2e.GE2E`, two people whom the segmentation model
tells apart within a window are never given to one cluster while there are clusters left, and the steps around the networks and
the clustering work on whole arrays (:mod:`qa.diarization.grid`), with the same results.

Import only after ``qa.torch_compat.prepare()``.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from pyannote.audio import Model
from pyannote.audio.core.plda import PLDA
from pyannote.audio.pipelines import SpeakerDiarization
from pyannote.audio.pipelines.clustering import AgglomerativeClustering
from scipy.optimize import linear_sum_assignment

from qa import torch_compat
from qa.diarization import grid
from qa.diarization.ge2e import GE2E


class ApartClustering(AgglomerativeClustering):
    """Agglomerative clustering in which the speakers of one window go to different clusters.

    Takes and gives what pyannote's clustering does: hard clusters [windows, speakers], soft ones with a last axis of
    clusters, centroids [clusters, dimension].
    """

    def __call__(
        self, embeddings: npt.NDArray[np.float64], segmentations: Any = None, **known: Any
    ) -> tuple[npt.NDArray[np.int8], npt.NDArray[np.float64], npt.NDArray[np.float64]]:
        hard, soft, centroids = super().__call__(embeddings, segmentations=segmentations, **known)
        if segmentations is not None and soft.shape[-1] > 1:
            hard = apart(hard, soft, segmentations.data.sum(axis=1))
        return hard, soft, centroids


def apart(hard: npt.NDArray[np.int8], soft: npt.NDArray[np.float64], seconds: npt.NDArray[np.float64]) -> npt.NDArray[np.int8]:
    """Hard clusters in which the longest speakers of each window have a cluster each.

    ``soft`` [windows, speakers, clusters] is likeness (NaN: not known), ``seconds`` [windows, speakers] how long each speaks;
    further speakers than clusters keep what ``hard`` says.
    """
    clusters = soft.shape[-1]
    likeness = np.nan_to_num(soft, nan=0.0)
    found = hard.copy()
    for window, active in enumerate(seconds > 0):
        speaking = np.flatnonzero(active)
        if len(speaking) < 2:
            continue
        longest = speaking[np.argsort(-seconds[window, speaking], kind="stable")][:clusters]
        rows, columns = linear_sum_assignment(likeness[window, longest], maximize=True)
        found[window, longest[rows]] = columns
    return found


class OfflineDiarization(SpeakerDiarization):
    """pyannote's ``SpeakerDiarization`` with GE2E voices and :class:`ApartClustering`.

    ``segmentation`` and ``embedding`` are folders with ``pytorch_model.bin`` and ``pretrained.pt`` (as ``config.yaml`` says,
    ``$model/…`` is the folder it lies in).
    """

    def __init__(self, segmentation: Any, embedding: Any, token: Any = None, cache_dir: Any = None, **options: Any) -> None:
        torch_compat.trust_classes_of(_folder(segmentation))
        super().__init__(
            segmentation=Model.from_pretrained(_folder(segmentation) / "pytorch_model.bin"),
            embedding=GE2E.load(_folder(embedding)),
            embedding_exclude_overlap=True,
            clustering="AgglomerativeClustering",
            plda=PLDA.__new__(PLDA),  # loaded by the pipeline even where, as here, nothing asks for it
            token=token,
            cache_dir=cache_dir,
            **options,
        )
        self.clustering = ApartClustering(metric=self._embedding.metric)

    @property
    def voice_encoder(self) -> GE2E:
        """The model that reads voices."""
        encoder: GE2E = self._embedding.model_
        return encoder

    def get_segmentations(self, file: Any, hook: Any = None) -> Any:
        """Segmentation of the windows; the one handed over as ``known/segmentation`` when there is one."""
        known = file.get("known/segmentation")
        if known is not None:
            return known
        found = super().get_segmentations(file, hook=hook)
        return grid.Windows(found.data, found.sliding_window)

    def get_embeddings(self, file: Any, *arguments: Any, **options: Any) -> Any:
        """Voices of the windows' speakers; those handed over as ``known/embeddings`` when there are any."""
        known = file.get("known/embeddings")
        return super().get_embeddings(file, *arguments, **options) if known is None else known.copy()

    @staticmethod
    def speaker_count(binarized_segmentations: Any, frames: Any, warm_up: tuple[float, float] = (0.1, 0.1)) -> Any:
        """How many speak in each frame; pyannote's own step where windows are to be trimmed."""
        if warm_up == (0.0, 0.0):
            return grid.speakers_at_once(binarized_segmentations, frames)
        return SpeakerDiarization.speaker_count(binarized_segmentations, frames, warm_up)

    def reconstruct(self, segmentations: Any, hard_clusters: npt.NDArray[np.int8], count: Any) -> Any:
        """Which cluster speaks in each frame: 0 or 1, float32 [frames, clusters]."""
        scores = grid.clustered(segmentations.data, hard_clusters)
        activations, _ = grid.aggregated(scores, segmentations.sliding_window, count.sliding_window)
        return grid.loudest(activations, count)

    @staticmethod
    def to_annotation(discrete_diarization: Any, min_duration_on: float = 0.0, min_duration_off: float = 0.0) -> Any:
        """Segments of what :meth:`reconstruct` found; pyannote's own step where short ones or short gaps are to be left out."""
        if min_duration_on or min_duration_off:
            return SpeakerDiarization.to_annotation(discrete_diarization, min_duration_on, min_duration_off)
        return grid.annotation(discrete_diarization)

    def default_parameters(self) -> dict[str, dict[str, Any]]:
        return {
            "segmentation": {"threshold": 0.5, "min_duration_off": 0.0},
            "clustering": {"method": "average", "threshold": 0.22, "min_cluster_size": 12},
        }


def _folder(model: Any) -> Path:
    """The folder that pyannote made of ``$model/name``, or the one given."""
    return Path(model["checkpoint"]) / model["subfolder"] if isinstance(model, dict) else Path(model)
