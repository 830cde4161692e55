"""What commands print: names, paths and notes stand there as they are, whatever brackets they hold."""

from __future__ import annotations

import json

import pytest

from hotline import console

NAMES = ["x[/y].wav", "[bold]", "[/]", "a[red]b", "back\\", "\\[x]", ":smile:", "[link=http://x]y[/link]"]


@pytest.fixture
def wide(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(console.out, "_width", 400)


@pytest.mark.parametrize("name", NAMES)
def test_a_name_is_printed_as_it_stands(name: str, wide: None, capsys: pytest.CaptureFixture[str]) -> None:
    console.out.print(f"[yellow]{console.plain(name)}[/] after")
    assert capsys.readouterr().out == f"{name} after\n"


@pytest.mark.parametrize("name", NAMES)
def test_a_table_holds_names_in_title_heads_and_cells(name: str, wide: None, capsys: pytest.CaptureFixture[str]) -> None:
    console.emit([{f"head {name}": name, "n": 1}], False, title=f"title {name}")
    printed = capsys.readouterr().out
    assert printed.count(name) == 3
    assert f"title {name}" in printed and f"head {name}" in printed
    console.emit({name: name}, False, title=name)
    assert capsys.readouterr().out.count(name) == 3
    console.emit({name: name}, True)
    assert json.loads(capsys.readouterr().out) == {name: name}
