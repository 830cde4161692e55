"""Copy recordings and what lies beside them to another folder: durably, and over nothing that is there."""

from __future__ import annotations

import filecmp
import os
import shutil
from collections.abc import Sequence
from pathlib import Path

from hotline.store.parquet_files import sync_folder


def places(files: Sequence[Path], base: Path, target: Path, content: str) -> tuple[Path, ...]:
    """Where files of one set, which lie below ``base``, go below ``target``.

    Under their names, or, when one of these is taken by another content, all with ``content`` (a digest) in them: telephone systems
    begin their numbers anew. ``S1.wav``, ``S1.meta.json`` then become ``S1-1f2e3d4c5b6a.wav``, ``S1-1f2e3d4c5b6a.meta.json``.
    """
    plain = tuple(target / file.relative_to(base) for file in files)
    if all(_is_free(there, file) for there, file in zip(plain, files, strict=True)):
        return plain
    stem = files[0].stem
    marked = f"{stem}-{content[:12]}"
    return tuple(there.with_name(f"{marked}{there.name.removeprefix(stem)}") for there in plain)


def copy(file: Path, there: Path) -> None:
    """Copy a file whole or not at all, with its times, and make it durable; nothing to do when it is there already."""
    if there.exists() and filecmp.cmp(file, there, shallow=False):
        return
    there.parent.mkdir(parents=True, exist_ok=True)
    fresh = there.with_name(f".{there.name}.part")
    shutil.copy2(file, fresh)
    with fresh.open("rb") as handle:
        os.fsync(handle.fileno())
    fresh.replace(there)
    sync_folder(there.parent)


def _is_free(there: Path, file: Path) -> bool:
    return not there.exists() or filecmp.cmp(file, there, shallow=False)
