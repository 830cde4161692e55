"""Loops over arrays as machine code.

``kernel`` compiles a function with numba at its first call and keeps the result on disk for the next process, where any disk can be
written. Where numba cannot be had the function stays plain Python: slow, with the same results. Importing numba takes tenths of a
second, so modules of kernels are imported where they are first needed.

Numba knows what it kept to be out of date by the function's own file alone, not by those of the kernels it calls or of the constants it
uses. So there is a folder for every state of all these files.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator
from functools import lru_cache
from hashlib import sha256
from pathlib import Path
from typing import Any, TypeVar

F = TypeVar("F", bound=Callable[..., Any])
_ROOT = Path(__file__).parents[1]
_IMPORT = re.compile(r"^from (qa\.[a-z_.]+) import", re.MULTILINE)


def state_of(file: Path) -> str:
    """A mark of the file and of those of this house that it imports; of kernels also of what these import."""
    marks = sha256()
    for used in sorted(set(_files(file))):
        known = used.stat()
        marks.update(f"{used.name} {known.st_mtime_ns} {known.st_size};".encode())
    return marks.hexdigest()[:12]


def _files(file: Path) -> Iterator[Path]:
    yield file
    for module in _IMPORT.findall(file.read_text(encoding="utf-8")):
        path = _ROOT.joinpath(*module.split(".")).with_suffix(".py")
        if ".kernels." in module:
            yield from _files(path)
        elif path.is_file():
            yield path


@lru_cache(maxsize=256)
def _kept_in(file: str) -> str:
    """The folder for what is compiled of a file: below ``NUMBA_CACHE_DIR``, else beside the file."""
    around = os.environ.get("NUMBA_CACHE_DIR") or Path(file).parent / "__pycache__"
    return str(Path(around) / f"{Path(file).stem}-{state_of(Path(file))}")


try:
    from numba import config, njit
except ImportError:

    def kernel(function: F) -> F:
        """The function as it is: numba cannot be had."""
        return function
else:

    def kernel(function: F) -> F:
        """``function`` compiled; it may call other kernels and take arrays, numbers and tuples of them."""
        others, config.CACHE_DIR = config.CACHE_DIR, _kept_in(function.__code__.co_filename)
        made: F
        try:
            made = njit(cache=True, nogil=True)(function)  # where the folder cannot be written numba takes one of the user's
        except RuntimeError:  # nor can that be written: every process compiles for itself
            made = njit(nogil=True)(function)
        finally:
            config.CACHE_DIR = others
        return made
