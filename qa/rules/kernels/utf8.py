"""Code points as UTF-8."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from qa.compiled import kernel

Codes = npt.NDArray[np.uint32]
Ints = npt.NDArray[np.int64]
Bytes = npt.NDArray[np.uint8]


@kernel
def lines(codes: Codes, at: Ints) -> tuple[Bytes, Ints]:
    """The texts ``codes[at[i]:at[i + 1]]``, a line end behind each, and the byte at which each begins and the last one ends.

    A surrogate, which UTF-8 cannot write, becomes a question mark.
    """
    count = len(at) - 1
    written = np.empty(4 * len(codes) + count, dtype=np.uint8)
    begins = np.empty(count + 1, dtype=np.int64)
    size = 0
    for text in range(count):
        begins[text] = size
        for place in range(at[text], at[text + 1]):
            code = int(codes[place])
            if 0xD800 <= code <= 0xDFFF:
                code = 0x3F
            if code < 0x80:
                written[size] = code
                size += 1
                continue
            further = 1 if code < 0x800 else 2 if code < 0x10000 else 3
            written[size] = (code >> (6 * further)) | (0xFF00 >> (further + 1)) & 0xFF
            for left in range(further):
                written[size + 1 + left] = 0x80 | (code >> (6 * (further - 1 - left))) & 0x3F
            size += further + 1
        written[size] = 0x0A
        size += 1
    begins[count] = size
    return written[:size].copy(), begins
