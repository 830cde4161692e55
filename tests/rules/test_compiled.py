"""What is compiled is out of date with any file that it was made of."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from qa import compiled


def test_a_kernel_is_as_old_as_the_kernels_it_calls(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(compiled, "_ROOT", tmp_path)
    folder = tmp_path / "qa" / "rules" / "kernels"
    folder.mkdir(parents=True)
    upper, middle, lower, facts = folder / "upper.py", folder / "middle.py", folder / "lower.py", tmp_path / "qa" / "rules" / "facts.py"
    upper.write_text("import numpy\nfrom qa.rules.kernels.middle import step\nfrom qa.rules.facts import MOST\n")
    middle.write_text("from qa.rules.kernels.lower import key\n")
    lower.write_text("key = 1\n")
    facts.write_text("from qa.rules.other import X\nMOST = 2\n")
    marks = [compiled.state_of(upper)]
    for file in (upper, middle, lower, facts):
        os.utime(file, ns=(1, 1))
        marks.append(compiled.state_of(upper))
    assert len(set(marks)) == len(marks)
    os.utime(upper, ns=(2, 2))
    assert compiled.state_of(middle) == compiled.state_of(middle)
    assert compiled.state_of(middle) not in marks


def test_where_no_folder_can_be_written_every_process_compiles_for_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    caching = pytest.importorskip("numba.core.caching")
    from numba import config

    def refuse(self: object) -> None:
        raise PermissionError(13, "Read-only file system")

    def double(number: int) -> int:
        return 2 * number

    before: str = config.CACHE_DIR
    monkeypatch.setattr(caching._CacheLocator, "ensure_cache_path", refuse)
    assert compiled.kernel(double)(21) == 42
    assert before == config.CACHE_DIR, "others keep what they compile where they did"
