"""A FunASR model out of a folder that passed :mod:`qa.model_gate`, with every option that would run other code switched off.

What is passed to ``AutoModel`` outweighs what the folder's configuration says, so a setting that the gate overlooked still does nothing.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from hotline.errors import ModelRefused
from qa import torch_compat


def load(folder: Path, *, device: str = "cpu", threads: int = 1, punctuation: Path | None = None) -> Any:
    """An ``AutoModel`` from its folder; ``punctuation`` is the folder of CT-Punc, chained behind it.

    Raises ModelRefused when what was loaded is set to run code that came with it, or comes with models that nobody asked for.
    """
    torch_compat.prepare()
    beside: dict[str, Any] = {"vad_model": None, "spk_model": None, "punc_model": str(punctuation) if punctuation else None}
    if punctuation:
        beside["punc_kwargs"] = {"ncpu": threads, "trust_remote_code": False}
    with torch_compat.quiet():
        from funasr import AutoModel

        model = AutoModel(
            model=str(folder),
            device=device,
            ncpu=threads,
            trust_remote_code=False,
            disable_update=True,
            disable_pbar=True,
            log_level="ERROR",
            **beside,
        )
    uninvited = model.vad_model is not None or model.spk_model is not None or (model.punc_model is not None and not punctuation)
    if uninvited or any(options.get("trust_remote_code") for options in (model.kwargs, model.punc_kwargs)):
        raise ModelRefused(folder.name, "would run code or models from elsewhere", "get the model elsewhere")
    return model
