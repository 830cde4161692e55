"""Opening a workbook from elsewhere: bounded in size before anything is read from it, without formulas, every cell as text."""

from __future__ import annotations

import datetime as dt
import warnings
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import openpyxl

from hotline.errors import BadInput
from qa.rules.model import Title

MAX_BYTES = 16 * 2**20
MAX_MEMBERS = 400
MAX_UNPACKED = 48 * 2**20
"""Bytes of all parts together once unpacked; a member may not unpack to more than its directory says."""
MAX_ROWS, MAX_COLUMNS = 1_000, 60
MAX_EMPTY = 200
"""Empty rows in a row after which a sheet has ended."""
_DECLARED = b"<!DOCTYPE", b"<!ENTITY"


@dataclass(frozen=True, slots=True)
class Fault:
    """A cell whose value cannot be taken; ``place`` is its column, from 0."""

    row: int
    place: int
    what: Title


class Workbook:
    """The sheets of a file by name. Every mistake is a BadInput ``file: sheet!cell: problem; mend``."""

    def __init__(self, file: Path) -> None:
        self.file = file
        _refuse_bombs(file)
        try:
            self._book = openpyxl.load_workbook(file, read_only=True, data_only=False, keep_links=False)
            self.names = [str(name) for name in self._book.sheetnames]
        except MemoryError:
            raise BadInput(str(file), "is larger than memory", "save it again with the items only") from None
        except Exception as error:  # openpyxl raises whatever a broken part makes it meet
            raise BadInput(str(file), f"is not a workbook that can be read ({_first(error)})", "save it again as .xlsx") from None

    def rows(self, sheet: str, faults: list[Fault] | None = None) -> Iterator[tuple[int, list[str]]]:
        """(row number, its cells as text) of every row that holds anything. Raises BadInput for a sheet too long.

        A formula or an error below the first row is added to ``faults`` and its cell is empty; without ``faults`` it is a BadInput.
        """
        try:
            page = self._book[sheet]
            page.reset_dimensions()  # what a file says of its size is not believed
            empty = 0
            for number, row in enumerate(_quietly(page.iter_rows(max_row=MAX_ROWS + 1, max_col=MAX_COLUMNS)), start=1):
                wrong: list[Fault] = []
                cells = [self._text(cell, sheet, wrong if faults is not None and number > 1 else None) for cell in row]
                held = bool(wrong) or any(cells)
                empty = 0 if held else empty + 1
                if empty > MAX_EMPTY:
                    return
                if faults is not None:
                    faults += wrong
                if held:
                    if number > MAX_ROWS:
                        raise BadInput(f"{self.file}: {sheet}", f"has more than {MAX_ROWS:,} rows", "split the scorecard")
                    yield number, cells
        except BadInput:
            raise
        except MemoryError:
            raise BadInput(f"{self.file}: {sheet}", "is larger than memory", "save it again with the items only") from None
        except Exception as error:
            raise BadInput(f"{self.file}: {sheet}", f"cannot be read ({_first(error)})", "save it again as .xlsx") from None

    def _text(self, cell: Any, sheet: str, wrong: list[Fault] | None) -> str:
        value = cell.value
        if value is None:
            return ""
        kind, thing = getattr(cell, "data_type", ""), f"{self.file}: {sheet}!{getattr(cell, 'coordinate', '')}"
        if kind == "f" or not isinstance(value, (str, int, float, bool, dt.date, dt.time, dt.timedelta)):
            if wrong is None:
                raise BadInput(thing, "holds a formula", "write its value (paste as values)")
            wrong.append(
                Fault(cell.row, cell.column - 1, Title("是公式；请粘贴为数值", "holds a formula; write its value (paste as values)"))
            )
            return ""
        if kind == "e":
            if wrong is None:
                raise BadInput(thing, f"holds the error {value}", "write a value")
            wrong.append(
                Fault(cell.row, cell.column - 1, Title(f"是错误值 {value}；请写一个值", f"holds the error {value}; write a value"))
            )
            return ""
        if isinstance(value, bool):
            return "是" if value else "否"
        if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
            return str(int(value))
        return "".join(c for c in str(value) if c in "\n\t" or c.isprintable()).strip()


def _quietly(rows: Iterator[Any]) -> Iterator[Any]:
    """The rows without openpyxl's remarks on odd dates and styles, which would stand among a command's output."""
    while True:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            row = next(rows, None)
        if row is None:
            return
        yield row


def _refuse_bombs(file: Path) -> None:
    """Look at the archive before anything unpacks it. Raises BadInput."""
    try:
        size = file.stat().st_size
        if size > MAX_BYTES:
            raise BadInput(str(file), f"has {size:,} bytes", f"keep it below {MAX_BYTES:,}")
        with zipfile.ZipFile(file) as archive:
            members = archive.infolist()
            if len(members) > MAX_MEMBERS or sum(m.file_size for m in members) > MAX_UNPACKED:
                raise BadInput(str(file), "unpacks to more than a scorecard needs", "save it again with the items only")
            for member in members:
                _refuse_declarations(file, archive, member)
    except zipfile.BadZipFile:
        raise BadInput(str(file), "is no .xlsx workbook", "save it as Excel workbook (.xlsx)") from None
    except OSError as error:
        raise BadInput(str(file), f"cannot be read ({error.strerror})", "check the path and its permissions") from None
    except (RuntimeError, NotImplementedError, EOFError, ValueError, zlib.error) as error:  # encrypted, odd compression, cut short
        raise BadInput(str(file), f"cannot be unpacked ({_first(error)})", "save it again as .xlsx without a password") from None


def _refuse_declarations(file: Path, archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> None:
    """Entities in XML can grow without limit; no workbook needs a declaration of any."""
    if not member.filename.lower().endswith((".xml", ".rels", ".vml")):
        return
    tail = b""
    with archive.open(member) as stream:
        while piece := stream.read(1 << 20):
            seen = (tail + piece).replace(b"\0", b"").upper()  # UTF-16 is the same with zeros between
            if any(word in seen for word in _DECLARED):
                raise BadInput(str(file), f"{member.filename[:80]} declares entities", "save it again with Excel or WPS")
            tail = piece[-32:]


def _first(error: BaseException) -> str:
    lines = str(error).splitlines()
    return (lines[0] if lines and lines[0] else type(error).__name__)[:120]
