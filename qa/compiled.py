"""Loops over arrays as machine code.

``kernel`` compiles a function with numba at its first call and keeps the result on disk for the next process. Where numba cannot be had the
function stays plain Python: slow, with the same results. Importing numba takes tenths of a second, so modules of kernels are
imported where they are first needed.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

F = TypeVar("F", bound=Callable[..., Any])

try:
    from numba import njit
except ImportError:

    def kernel(function: F) -> F:
        """The function as it is: numba cannot be had."""
        return function
else:

    def kernel(function: F) -> F:
        """``function`` compiled; it may call other kernels and take arrays, numbers and tuples of them."""
        made: F = njit(cache=True, nogil=True)(function)
        return made
