"""A manifest's good rows become entries; each wrong row is named with its line, field and mend."""

from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import polars as pl
import pytest

from hotline.errors import BadInput
from qa import manifest
from qa.calls import Channel

ZONE = ZoneInfo("Asia/Shanghai")
GOOD = {"call_id": "S1", "file": "a.wav", "started_at": "2026-11-09T09:30:00"}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "calls").mkdir()
    (tmp_path / "calls" / "a.wav").write_bytes(b"x")
    (tmp_path / "secret.wav").write_bytes(b"x")
    return tmp_path / "calls"


def _write(folder: Path, *rows: dict[str, str]) -> Path:
    file = folder / "manifest.csv"
    pl.DataFrame(list(rows), infer_schema_length=None).write_csv(file)
    return file


def test_a_full_row(folder: Path) -> None:
    row = {**GOOD, "agent_channel": "right", "synthetic": "true", "hold_s": "12.5", "meta.area": "城区", "meta.empty": ""}
    entries, bad = manifest.read(_write(folder, row), ZONE)
    assert not bad
    (entry,) = entries
    assert entry.path == (folder / "a.wav").resolve()
    assert entry.started_at.isoformat() == "2026-11-09T09:30:00+08:00"
    assert (entry.agent_channel, entry.synthetic, entry.hold_s) == (Channel.RIGHT, True, 12.5)
    assert entry.metadata == {"area": "城区"}


@pytest.mark.parametrize(
    ("change", "field", "said"),
    [
        ({"file": "../secret.wav"}, "file", "leaves the manifest's folder"),
        ({"file": "/etc/passwd"}, "file", "leaves the manifest's folder"),
        ({"file": "gone.wav"}, "file", "does not exist"),
        ({"file": "package:no_such_package_x/a.wav"}, "file", "not installed"),
        ({"file": "package:polars/../typer/__init__.py"}, "file", "leaves"),
        ({"file": "package:.os/x"}, "file", "not installed"),
        ({"file": "package:__main__/x"}, "file", "not installed"),
        ({"file": "a\0.wav"}, "file", "control characters"),
        ({"call_id": "../x"}, "call_id", "not an id"),
        ({"topic": "停" * 61}, "topic", "longer than 60"),
        ({"started_at": "0001-01-01T00:00:00"}, "started_at", "year 1"),
        ({"started_at": "yesterday"}, "started_at", "not a time"),
        ({"direction": "sideways"}, "direction", "use one of: inbound, outbound"),
        ({"agent_channel": "middle"}, "agent_channel", "use one of: left, right"),
        ({"wait_s": "-1"}, "wait_s", "not a number of seconds"),
        ({"wait_s": "nan"}, "wait_s", "not a number of seconds"),
        ({"transcript": "t.json"}, "transcript", "does not exist"),
    ],
)
def test_a_wrong_row_is_named_and_the_rest_is_read(folder: Path, change: dict[str, str], field: str, said: str) -> None:
    columns = {key: "" for key in change if key not in GOOD}
    entries, bad = manifest.read(_write(folder, {**GOOD, **columns}, {**GOOD, "call_id": "S2", **change}), ZONE)
    assert [entry.call_id for entry in entries] == ["S1"]
    (row,) = bad
    assert str(row.error).startswith(f"manifest.csv:3: {field}: ")
    assert said in str(row.error)
    assert "\n" not in str(row.error)


def test_the_same_id_twice_names_the_first(folder: Path) -> None:
    _, bad = manifest.read(_write(folder, GOOD, GOOD), ZONE)
    assert "manifest.csv:2" in str(bad[0].error)


def test_a_missing_column_is_named(folder: Path) -> None:
    with pytest.raises(BadInput, match=r"manifest\.csv:1: column started_at is missing"):
        manifest.read(_write(folder, {"call_id": "S1", "file": "a.wav"}), ZONE)


def test_a_folder_finds_recordings_with_their_transcripts(folder: Path) -> None:
    (folder / "sub").mkdir()
    (folder / "sub" / "b.mp3").write_bytes(b"x")
    (folder / "sub" / "b.srt").write_text("", encoding="utf-8")
    entries, _ = manifest.read(folder, ZONE)
    assert [(entry.call_id, entry.transcript) for entry in entries] == [("a", None), ("sub-b", (folder / "sub" / "b.srt").resolve())]


def test_an_unreadable_table_is_one_line(tmp_path: Path) -> None:
    file = tmp_path / "m.parquet"
    file.write_bytes(b"not parquet")
    with pytest.raises(BadInput) as caught:
        manifest.read(file, ZONE)
    assert "\n" not in str(caught.value)


def test_what_the_manifest_does_not_say_is_none(folder: Path) -> None:
    entries, _ = manifest.read(_write(folder, {**GOOD, "topic": "", "acw_s": ""}), ZONE)
    entry = entries[0]
    assert (entry.topic, entry.acw_s, entry.hold_s, entry.direction, entry.caller) == (None, None, None, None, None)


def test_two_files_of_a_folder_that_share_an_id_do_not_overwrite_each_other(folder: Path) -> None:
    (folder / "a.mp3").write_bytes(b"y")
    entries, bad = manifest.read(folder, ZONE)
    assert len(entries) == len(bad) == 1
    assert "give each call its own id" in str(bad[0].error)


def test_a_sheet_saved_by_chinese_excel(folder: Path) -> None:
    text = f"call_id,file,started_at,topic\r\nS1,a.wav,{GOOD['started_at']},停电咨询\r\n"
    (folder / "m.csv").write_bytes(text.encode("gb18030"))
    (entry,), bad = manifest.read(folder / "m.csv", ZONE)
    assert (entry.topic, bad) == ("停电咨询", [])
    (folder / "m.csv").write_bytes(b"\xef\xbb\xbf" + text.encode("utf-8"))
    assert manifest.read(folder / "m.csv", ZONE)[0][0].topic == "停电咨询"


@pytest.mark.parametrize("suffix", [".parquet", ".xlsx"])
def test_tables_with_types_of_their_own(folder: Path, suffix: str) -> None:
    started = datetime(2026, 11, 9, 9, 30)
    frame = pl.DataFrame({"call_id": ["S1", "S2"], "file": ["a.wav", "gone.wav"], "started_at": [started] * 2, "hold_s": [12.5, None]})
    source = folder / f"m{suffix}"
    frame.write_parquet(source) if suffix == ".parquet" else frame.write_excel(source)
    (entry,), (row,) = manifest.read(source, ZONE)
    assert entry.started_at == started.replace(tzinfo=ZONE)
    assert entry.hold_s == 12.5
    assert str(row.error).startswith(f"m{suffix}:3: file: 'gone.wav'")
    assert manifest.count(source) == 2 and manifest.is_manifest(source)


def test_instants_with_a_zone_in_parquet(folder: Path) -> None:
    pl.DataFrame({"call_id": ["S1"], "file": ["a.wav"], "started_at": [datetime(2026, 11, 9, 1, 30, tzinfo=UTC)]}).write_parquet(
        folder / "m.parquet"
    )
    assert manifest.read(folder / "m.parquet", ZONE)[0][0].started_at == datetime(2026, 11, 9, 9, 30, tzinfo=ZONE)


def test_a_line_with_too_many_cells_is_named(folder: Path) -> None:
    (folder / "m.csv").write_text(f"call_id,file,started_at\nS1,a.wav,{GOOD['started_at']}\nS2,a.wav,x,停电,了\n", encoding="utf-8")
    entries, (row,) = manifest.read(folder / "m.csv", ZONE)
    assert len(entries) == 1 and str(row.error).startswith("m.csv:3: more cells")


def test_a_cell_of_several_lines_does_not_shift_the_numbers(folder: Path) -> None:
    text = f'call_id,file,started_at,topic\nS1,a.wav,{GOOD["started_at"]},"a\nb"\nS2,gone.wav,{GOOD["started_at"]},\n'
    (folder / "m.csv").write_text(text, encoding="utf-8")
    assert str(manifest.read(folder / "m.csv", ZONE)[1][0].error).startswith("m.csv:4: file")


def test_rows_are_read_as_they_are_asked_for(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    rows = "".join(f"S{n},a.wav,{GOOD['started_at']}\n" for n in range(5000))
    (folder / "m.csv").write_text(f"call_id,file,started_at\n{rows}", encoding="utf-8")
    made = []
    entry = manifest.entry
    monkeypatch.setattr(manifest, "entry", lambda row, *rest: made.append(row) or entry(row, *rest))
    first = next(manifest.stream(folder / "m.csv", ZONE))
    assert isinstance(first, manifest.Entry) and first.call_id == "S0" and len(made) == 1
    assert manifest.count(folder / "m.csv") == 5000


def test_a_transcript_table_is_no_manifest(folder: Path) -> None:
    (folder / "a.csv").write_text("role,start,end,text\nagent,0,1,您好\n", encoding="utf-8")
    assert not manifest.is_manifest(folder / "a.csv") and not manifest.is_manifest(folder / "a.wav")
