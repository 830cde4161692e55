"""Trained weights into a folder that ``funasr.AutoModel`` reads: half precision, no optimiser, no training-time heads."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import torch
import yaml

from qa.model_gate import sha256_of
from qa.transcription.training import network

LARGEST = 15 << 20
FILES = ("config.yaml", "model.pt", "am.mvn", "bpe.model", "language.npz")


def export(trained: Path, folder: Path) -> dict[str, str]:
    """Write the model folder from ``averaged.pt``, ``plan.yaml``, ``am.mvn``, ``bpe.model`` and
    ``language.npz`` in ``trained``; returns sha256 by file.

    Raises ValueError when the folder would be larger than 15 MB.
    """
    folder.mkdir(parents=True, exist_ok=True)
    state: dict[str, torch.Tensor] = torch.load(trained / "averaged.pt", weights_only=True, map_location="cpu")
    plan: dict[str, Any] = yaml.safe_load((trained / "plan.yaml").read_text(encoding="utf-8"))
    kept = {name.removeprefix("model."): value.half().clone() for name, value in state.items() if name.startswith("model.")}
    torch.save(kept, folder / "model.pt")
    config = network.settings(plan["width"], plan["blocks"], plan["inner"])
    (folder / "config.yaml").write_text(yaml.safe_dump(config, sort_keys=False), encoding="utf-8")
    for name in ("am.mvn", "bpe.model", "language.npz"):
        shutil.copyfile(trained / name, folder / name)
    size = sum((folder / name).stat().st_size for name in FILES)
    if size > LARGEST:
        raise ValueError(f"{folder}: {size / (1 << 20):.1f} MB, more than {LARGEST >> 20} MB may not be")
    return {name: sha256_of(folder / name) for name in FILES}
