"""Make the torch stack quiet, offline, importable and careful with checkpoints; call :func:`prepare` before importing any of it.

PyPI's torchaudio is built for one CUDA version; beside a torch built for none or for another its native extension fails on
import. Nothing used here needs that extension, so in exactly that case an inert module stands in for it.
"""

from __future__ import annotations

import contextlib
import importlib
import importlib.util
import io
import logging
import os
import sys
import types
import warnings
import zipfile
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

from hotline.errors import MissingPart
from qa import model_pickles


def has_speech_extra() -> bool:
    """Whether torch, FunASR and pyannote.audio are installed (without importing them)."""
    return all(importlib.util.find_spec(name) is not None for name in ("torch", "torchaudio", "funasr")) and _has_pyannote_audio()


def _has_pyannote_audio() -> bool:
    return importlib.util.find_spec("pyannote") is not None and importlib.util.find_spec("pyannote.audio") is not None


@cache
def prepare() -> None:
    """Switch telemetry, update checks and hub look-ups off, then import torch. MissingPart without the speech extra.

    From then on torch reads checkpoints as weights only, also where a library asks for whole pickles, which could run code.
    One thread a process: calls are spread over processes, and a recording is too short to gain from threads.
    """
    if not has_speech_extra():
        raise MissingPart("speech", "torch, funasr or pyannote.audio is not installed", "run `pip install 'hotline[speech]'`")
    os.environ["PYANNOTE_METRICS_ENABLED"] = "0"
    for switch in ("HF_HUB_OFFLINE", "TRANSFORMERS_OFFLINE", "HF_HUB_DISABLE_TELEMETRY", "DO_NOT_TRACK"):
        os.environ[switch] = "1"
    os.environ["TORCH_FORCE_WEIGHTS_ONLY_LOAD"] = "1"
    os.environ.pop("TORCH_FORCE_NO_WEIGHTS_ONLY_LOAD", None)
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
    import torch

    torch.set_num_threads(int(os.environ["OMP_NUM_THREADS"]))
    _import_torchaudio()


def _import_torchaudio() -> None:
    """Import torchaudio; without its native extension where that cannot be loaded (OSError), or refuses this torch (RuntimeError)."""
    try:
        importlib.import_module("torchaudio")
    except (ImportError, OSError, RuntimeError):
        for name in [name for name in sys.modules if name.partition(".")[0] == "torchaudio"]:
            del sys.modules[name]  # what was imported before the failure
        stand_in = types.ModuleType("torchaudio._extension")
        stand_in.__dict__.update(_IS_TORCHAUDIO_EXT_AVAILABLE=False, _IS_ALIGN_AVAILABLE=False, fail_if_no_align=lambda function: function)
        sys.modules["torchaudio._extension"] = stand_in
        importlib.import_module("torchaudio")


def trust_classes_of(folder: Path) -> None:
    """Let torch make the classes that the checkpoints in ``folder`` describe their model with (pyannote's task, its configuration).

    Only those that :func:`qa.model_pickles.unfit` has nothing against. Call it for folders that passed :mod:`qa.model_gate`,
    before a library reads them.
    """
    from torch.serialization import add_safe_globals, get_unsafe_globals_in_checkpoint

    for path in sorted(folder.rglob("*.bin")) + sorted(folder.rglob("*.ckpt")):
        if not zipfile.is_zipfile(path):
            continue
        for name in get_unsafe_globals_in_checkpoint(path):
            if model_pickles.unfit([name]):
                continue
            module, _, last = name.rpartition(".")
            found = getattr(importlib.import_module(module), last, None)
            if isinstance(found, type) or found is Any:
                add_safe_globals([(found, name)])


@contextlib.contextmanager
def quiet() -> Iterator[None]:
    """Keep what the libraries print and log while they load out of ours: standard output may be JSON for programs."""
    root = logging.getLogger()
    level, handlers = root.level, list(root.handlers)
    previous = logging.root.manager.disable
    outermost = previous < logging.WARNING  # inside another one there is nothing to do, and each change goes through all loggers
    if outermost:
        logging.disable(logging.WARNING)
    try:
        with contextlib.redirect_stdout(io.StringIO()), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        if outermost:
            logging.disable(previous)
        if root.level != level:
            root.setLevel(level)
        root.handlers[:] = handlers  # FunASR calls logging.basicConfig
