"""What a pickle would import when it is read, found out without reading it as one.

A pickle is a program for a small machine. Weights need a handful of classes; a pickle that asks for ``os.system`` asks to run it.
``pickletools`` walks the program without running it; names are followed through the stack and the memo as far as constants go,
and a name put together on the way counts as unknown, which is never allowed.
"""

from __future__ import annotations

import pickletools
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import IO

WEIGHTS_MAY_IMPORT = (
    "_codecs.encode",
    "builtins.bool",
    "builtins.complex",
    "builtins.dict",
    "builtins.float",
    "builtins.int",
    "builtins.list",
    "builtins.set",
    "builtins.str",
    "builtins.tuple",
    "collections.OrderedDict",
    "collections.defaultdict",
    "numpy._core.multiarray._reconstruct",
    "numpy._core.multiarray.scalar",
    "numpy.core.multiarray._reconstruct",
    "numpy.core.multiarray.scalar",
    "numpy.dtype",
    "numpy.ndarray",
    "torch._utils._rebuild_parameter",
    "torch._utils._rebuild_tensor",
    "torch._utils._rebuild_tensor_v2",
    "torch.Size",
    "torch.device",
    "torch.serialization._get_layout",
    "torch.torch_version.TorchVersion",
    "typing.Any",
)
"""Functions and classes that put tensors and plain values together, and do nothing else."""
_CLASSES_OF = ("omegaconf.", "pyannote.audio.core.task.", "pyannote.audio.core.model.")
"""Modules whose classes describe a model: configuration and task of a checkpoint."""
_TENSOR_TYPES = ("Storage", "Tensor", "float16", "float32", "float64", "bfloat16", "int8", "int16", "int32", "int64", "uint8", "bool")
_STRINGS = ("SHORT_BINUNICODE", "BINUNICODE", "BINUNICODE8", "UNICODE", "STRING", "BINSTRING", "SHORT_BINSTRING")
_NO_PICKLE = (ValueError, IndexError, UnicodeDecodeError, OverflowError)
"""What ``pickletools`` raises where the program makes no sense."""


def imports(path: Path) -> list[str]:
    """Names that reading the file would import, sorted; ``?`` for one that cannot be told, ``TorchScript`` for compiled code.

    An empty list for a file that holds no pickle.
    """
    found: set[str] = set()
    if zipfile.is_zipfile(path):
        with zipfile.ZipFile(path) as archive:
            for member in archive.infolist():
                if "/code/" in f"/{member.filename}":
                    found.add("TorchScript")
                elif member.filename.endswith(".pkl"):
                    with archive.open(member) as stream:
                        found.update(_of_stream(stream))
    with path.open("rb") as file:
        if file.read(4) != b"PK\x03\x04":  # torch goes by the first bytes: a pickle with an archive behind it is a pickle
            file.seek(0)
            if _is_pickle(file.read(65_536)):
                file.seek(0)
                found.update(_of_stream(file))
    return sorted(found)


def unfit(names: list[str]) -> list[str]:
    """The names that no weights need.

    >>> unfit(["collections.OrderedDict", "torch.FloatStorage", "posix.system"])
    ['posix.system']
    """
    return [name for name in names if not _fits(name)]


def _today(name: str) -> str:
    """The name of Python 2's built-ins as they are called now; pickles of protocol 2 carry the old ones."""
    return name.replace("__builtin__.", "builtins.").replace("builtins.long", "builtins.int")


def _fits(name: str) -> bool:
    module, _, last = name.rpartition(".")
    if name in WEIGHTS_MAY_IMPORT or (module == "torch" and last.endswith(_TENSOR_TYPES)):
        return True
    return name.startswith(_CLASSES_OF) and last[:1].isupper()


def _is_pickle(head: bytes) -> bool:
    """Whether a pickle begins here: protocol 2 and later say so; earlier ones are text whose first operations make sense."""
    if head[:1] == b"\x80":
        return True
    try:
        for count, _ in enumerate(pickletools.genops(head)):
            if count > 8:
                return True
    except _NO_PICKLE:
        return head[:1] in (b"c", b"(", b"i") and b"\n" in head[:200]
    return True


def _of_stream(stream: IO[bytes]) -> Iterator[str]:
    """Names in the pickles that follow each other (an old checkpoint is several, and then the numbers of its tensors)."""
    first = True
    while True:
        try:
            yield from _of_one(stream)
        except _NO_PICKLE:
            if first:
                yield "?"
            return
        first = False


def _of_one(stream: IO[bytes]) -> Iterator[str]:
    stack: list[str | None] = []  # what the last operations pushed; None for all that is no constant
    memo: dict[object, str | None] = {}
    for operation, argument, _ in pickletools.genops(stream):
        name = operation.name
        if name in ("GLOBAL", "INST"):
            yield _today(str(argument).replace(" ", "."))
            stack.append(None)
        elif name == "STACK_GLOBAL":
            module, last = stack[-2:] if len(stack) >= 2 else (None, None)
            yield f"{module}.{last}" if module and last else "?"
            stack.append(None)
        elif name in _STRINGS:
            stack.append(str(argument))
        elif name == "MEMOIZE":
            memo[len(memo)] = stack[-1] if stack else None
        elif name in ("PUT", "BINPUT", "LONG_BINPUT"):
            memo[argument] = stack[-1] if stack else None
        elif name in ("GET", "BINGET", "LONG_BINGET"):
            stack.append(memo.get(argument))
        elif name in ("EXT1", "EXT2", "EXT4"):
            yield "?"
        elif name not in ("PROTO", "FRAME", "MARK", "STOP"):
            stack.append(None)
