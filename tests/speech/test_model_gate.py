"""Folders that would run code are refused before anything reads them, and what is allowed is allowed by its checksum."""

from __future__ import annotations

import contextlib
import json
import os
import pickle
import shutil
from pathlib import Path

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner

from hotline.commands.models import app
from hotline.errors import BadInput, ModelRefused
from qa import funasr_model, model_gate, model_pickles, models, torch_compat
from qa.diarization import vad

WEIGHTS = {"encoder.weight": torch.arange(6.0).reshape(2, 3)}


class Evil:
    """Unpickling it makes a file: what an attacker's checkpoint would do, and worse."""

    def __init__(self, trace: Path) -> None:
        self.trace = trace

    def __reduce__(self):
        return os.system, (f"touch '{self.trace}'",)


@pytest.fixture
def trace(tmp_path) -> Path:
    return tmp_path / "it-ran"


@pytest.fixture
def stick(tmp_path) -> Path:
    """A folder as somebody brings it: FunASR's files around good weights."""
    folder = tmp_path / "stick" / "fsmn-vad"
    folder.mkdir(parents=True)
    (folder / "config.yaml").write_text("model: FsmnVADStreaming\nfrontend: WavFrontendOnline\n")
    (folder / "am.mvn").write_text("<Nnet>\n</Nnet>\n")
    torch.save(WEIGHTS, folder / "model.pt")
    return folder


def evil_checkpoints(trace: Path, folder: Path) -> list[Path]:
    """The same attack in every form that a loader reads."""
    made = []
    for name, content in (
        ("zip.pt", None),
        ("protocol0.pt", pickle.dumps(Evil(trace), 0)),
        ("protocol5.pt", pickle.dumps(Evil(trace), 5)),
        ("hand.pt", f"cposix\nsystem\n(S'touch {trace}'\ntR.".encode()),
    ):
        path = folder / name
        if content is None:
            torch.save({"weights": WEIGHTS, "more": Evil(trace)}, path)
        else:
            path.write_bytes(content)
        made.append(path)
    behind = folder / "archive-behind.pt"
    torch.save(WEIGHTS, behind)
    behind.write_bytes(pickle.dumps(Evil(trace), 2) + behind.read_bytes())
    old = folder / "old.pt"
    torch.save({"more": Evil(trace)}, old, _use_new_zipfile_serialization=False)
    return [*made, behind, old]


def test_every_evil_checkpoint_does_run_when_read_as_a_whole_pickle(tmp_path, trace, monkeypatch):
    """So that the tests below mean something."""
    monkeypatch.delenv("TORCH_FORCE_WEIGHTS_ONLY_LOAD", raising=False)
    for path in evil_checkpoints(trace, tmp_path):
        trace.unlink(missing_ok=True)
        with contextlib.suppress(Exception):  # some are no checkpoints; but by then it has run
            torch.load(path, weights_only=False)
        assert trace.exists(), path.name


def test_what_a_pickle_would_import_is_seen_without_reading_it(tmp_path, trace):
    for path in evil_checkpoints(trace, tmp_path):
        assert "posix.system" in model_pickles.unfit(model_pickles.imports(path)), path.name
    assert not trace.exists()


def test_a_name_put_together_on_the_way_is_unknown(tmp_path):
    """The stack machine can hide a name behind POP or the memo; what cannot be followed is never allowed."""
    hidden = b"\x80\x04\x8c\x05posix\x8c\x06system\x8c\x0bcollections\x8c\x0bOrderedDict00\x93."
    path = tmp_path / "hidden.pt"
    path.write_bytes(hidden)
    assert model_pickles.imports(path) == ["?"] and model_pickles.unfit(["?"]) == ["?"]
    memo = b"\x80\x04\x8c\x05posix\x94\x8c\x06system\x94h\x00h\x01\x93."
    path.write_bytes(memo)
    assert model_pickles.imports(path) == ["posix.system"]


@given(st.binary(max_size=300))
def test_any_bytes_are_looked_at_without_an_error(tmp_path_factory, content):
    path = tmp_path_factory.getbasetemp() / "any.pt"
    for head in (b"", b"\x80\x02", b"\x80\x04\x95"):
        path.write_bytes(head + content)
        assert isinstance(model_pickles.imports(path), list)


def test_unknown_weights_are_refused_until_allowed(stick, tmp_path):
    store = tmp_path / "models"
    with pytest.raises(ModelRefused, match=r"fsmn-vad/model\.pt: can carry code.*run `hotline models allow .*fsmn-vad`"):
        models.admit(stick, store)
    rows = models.allow(stick, store)
    assert [row["file"] for row in rows] == ["model.pt"] and "torch._utils._rebuild_tensor_v2" in rows[0]["imports"]
    remembered = json.loads((store / model_gate.ALLOWED).read_text())[rows[0]["sha256"]]
    assert remembered["by"] and remembered["at"].endswith("+00:00") and remembered["file"] == "model.pt"
    assert models.admit(stick, store) == stick
    torch.save({"encoder.weight": torch.zeros(2, 3)}, stick / "model.pt")  # other weights are other weights
    with pytest.raises(ModelRefused, match="can carry code"):
        models.admit(stick, store)


def test_pinned_files_need_nobody(stick, tmp_path):
    pins = {"model.pt": models.sha256_of(stick / "model.pt")}
    assert models.admit(stick, tmp_path / "models", pins) == stick
    with pytest.raises(ModelRefused):
        models.admit(stick, tmp_path / "models", {"other.pt": pins["model.pt"]})


def test_safetensors_need_nobody_and_must_be_some(stick, tmp_path):
    from safetensors.torch import save_file

    (stick / "model.pt").unlink()
    save_file(WEIGHTS, stick / "model.safetensors")
    assert models.admit(stick, tmp_path / "models") == stick
    (stick / "model.safetensors").write_bytes(pickle.dumps({"a": 1}, 2))
    with pytest.raises(ModelRefused, match=r"model\.safetensors"):
        models.admit(stick, tmp_path / "models")


@pytest.mark.parametrize(
    "name", ["model.pt", "weights.bin", "run.py", "lib.so", "pytorch_model.ckpt", "data.pkl", "tokens.json", "notes.txt"]
)
def test_a_pickle_or_code_is_refused_under_every_name(stick, tmp_path, trace, name):
    (stick / "model.pt").unlink()
    (stick / name).write_bytes(b"import os\n" if name == "run.py" else pickle.dumps(Evil(trace), 4))
    with pytest.raises(ModelRefused, match=name):
        models.admit(stick, tmp_path / "models")
    assert not trace.exists()


def test_nobody_can_allow_a_pickle_that_asks_for_more_than_weights(stick, tmp_path, trace):
    for path in evil_checkpoints(trace, tmp_path):
        shutil.copy(path, stick / "model.pt")
        with pytest.raises(ModelRefused, match=r"asks for (posix|nt)\.system, which no weights need"):
            models.allow(stick, tmp_path / "models")
    assert not trace.exists() and not (tmp_path / "models" / model_gate.ALLOWED).exists()


@pytest.mark.parametrize(
    ("file", "content", "problem"),
    [
        ("config.yaml", "trust_remote_code: true\nmodel: X\n", "trust_remote_code would run code"),
        ("config.yaml", "model: X\nmodel_conf:\n  remote_code: ./model.py\n", "remote_code would run code"),
        ("configuration.json", '{"file_path_metas": {"init_param": "../../elsewhere.pt"}}', "outside the folder"),
        ("configuration.json", '{"file_path_metas": {"config": "/etc/config.yaml"}}', "outside the folder"),
        ("configuration.json", '{"file_path_metas": {"init_param": "notes.txt"}}', "holds no weights"),
        ("config.yaml", "pipeline:\n  name: os.system\n  params:\n    command: touch x\n", "names the class os.system"),
        ("config.yaml", "preprocessors:\n  audio:\n    name: subprocess.Popen\n    params: {}\n", "names the class subprocess.Popen"),
        ("config.yaml", "encoder:\n  _target_: builtins.exec\n", "_target_ names builtins.exec"),
        ("config.yaml", "model: !!python/object/apply:os.system ['touch x']\n", "cannot be read"),
        (
            "configuration.json",
            '{"file_path_metas": {"config": "settings.txt"}}',
            "settings.txt, whose ending is none of a configuration's",
        ),
        ("configuration.json", '{"file_path_metas": {"config": ["settings.yaml"]}}', "whose ending is none of a configuration's"),
        ("requirements.txt", "./a-package\n", "asks for packages to be installed"),
    ],
)
def test_settings_that_run_other_code_are_refused_whoever_allowed_the_files(stick, tmp_path, file, content, problem):
    models.allow(stick, tmp_path / "models")
    (stick / file).write_text(content)
    for ask in (models.admit, models.allow):
        with pytest.raises(ModelRefused, match=problem):
            ask(stick, tmp_path / "models")


@pytest.mark.parametrize("content", ["model: X\ntrust_remote_code: true\n", '{"model": "X", "trust_remote_code": true}'])
def test_a_configuration_named_json_is_read_as_yaml_and_so_looked_at_as_both(stick, tmp_path, content):
    """FunASR reads whatever configuration.json names as YAML; what is no JSON may still be settings."""
    models.allow(stick, tmp_path / "models")
    (stick / "configuration.json").write_text('{"file_path_metas": {"init_param": "model.pt", "config": "settings.json"}}')
    (stick / "settings.json").write_text(content)
    with pytest.raises(ModelRefused, match=r"settings\.json: (cannot be read|trust_remote_code would run code)"):
        models.admit(stick, tmp_path / "models")


def test_links_are_refused_for_what_lies_behind_is_loaded_unseen(stick, tmp_path, trace):
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "weights.pt").write_bytes(pickle.dumps(Evil(trace)))
    (stick / "model.pt").unlink()
    (stick / "config.yaml").write_text("model: X\ninit_param: below/weights.pt\n")
    for link, target in (("below", outside), ("weights.pt", outside / "weights.pt"), ("gone.yaml", outside / "none")):
        (stick / link).symlink_to(target)
        for ask in (models.admit, models.allow):
            with pytest.raises(ModelRefused, match=f"{link}: is a link"):
                ask(stick, tmp_path / "models")
        (stick / link).unlink()


@pytest.mark.parametrize("beside", ["", "vad_model: {folder}\nspk_model: {folder}\npunc_model: {folder}\n"])
def test_loading_runs_no_remote_code_even_behind_the_gate(models_ready, tmp_path, trace, beside):
    """What the call says outweighs a configuration that the gate did not see."""
    folder = tmp_path / "vad"
    shutil.copytree(models_ready / "fsmn-vad-offline", folder)
    (folder / "run_it.py").write_text(f"open({str(trace)!r}, 'w').close()\n")
    (folder / "requirements.txt").write_text("./a-package\n")
    settings = folder / "config.yaml"
    more = f"trust_remote_code: true\nremote_code: {folder / 'run_it.py'}\n" + beside.format(folder=folder)
    settings.write_text(settings.read_text() + "\n" + more)
    model = funasr_model.load(folder)
    assert model.kwargs["trust_remote_code"] is False and not trace.exists()
    assert (model.vad_model, model.punc_model, model.spk_model) == (None, None, None)


def test_the_pipelines_that_pyannote_and_we_name_pass(tmp_path):
    folder = tmp_path / "pipeline"
    folder.mkdir()
    (folder / "config.yaml").write_text(
        "pipeline:\n  name: pyannote.audio.pipelines.SpeakerDiarization\n  params:\n    segmentation: $model/s\n"
    )
    assert models.admit(folder, tmp_path) == folder
    ours = Path(torch_compat.__file__).parent / "diarization" / "offline"
    assert models.admit(ours, tmp_path) == ours


def test_a_pulled_folder_passes_the_same_gate(stick, tmp_path, trace):
    """``--from FOLDER`` brings a malicious checkpoint under a name of the catalogue; loading it through AutoModel runs nothing."""
    torch.save({"more": Evil(trace)}, stick / "model.pt")
    store = tmp_path / "models"
    models.pull("fsmn-vad", store, source=stick.parent)
    with pytest.raises(ModelRefused, match=r"fsmn-vad/model\.pt"):
        models.where("fsmn-vad", store)
    with pytest.raises(ModelRefused):
        vad.model_folder(store)
    assert not trace.exists()


def test_libraries_read_weights_only_even_behind_the_gate(models_ready, tmp_path, trace):
    """The second lock: FunASR's AutoModel and pyannote's from_pretrained on the folder itself."""
    torch_compat.prepare()
    folder = tmp_path / "vad"
    shutil.copytree(models_ready / "fsmn-vad-offline", folder)
    torch.save({"state_dict": {}, "more": Evil(trace)}, folder / "model.pt")
    with torch_compat.quiet():
        from funasr import AutoModel
        from pyannote.audio import Model

        with pytest.raises(Exception, match=r"(?i)weights.only|unsupported global"):
            AutoModel(model=str(folder), device="cpu", disable_update=True, disable_pbar=True, log_level="ERROR")
        with pytest.raises(Exception, match=r"(?i)weights.only|unsupported global"):
            Model.from_pretrained(folder / "model.pt")
        with pytest.raises(Exception, match=r"(?i)weights.only|unsupported global"):
            torch.load(folder / "model.pt", weights_only=False)
    assert not trace.exists()


def test_pyannotes_checkpoint_is_read_as_weights(models_ready):
    torch_compat.prepare()
    folder = models.where("pyannote-segmentation", models_ready)
    torch_compat.trust_classes_of(folder)
    loaded = torch.load(folder / "pytorch_model.bin", weights_only=True, map_location="cpu")
    assert "state_dict" in loaded and "pyannote.audio" in loaded


def test_command(stick, tmp_path, monkeypatch):
    monkeypatch.setenv("HOTLINE_MODELS", str(tmp_path / "models"))
    run = CliRunner().invoke
    pulled = run(app, ["pull", "fsmn-vad", "--from", str(stick.parent), "--json"])
    assert json.loads(pulled.stdout)[0]["name"] == "fsmn-vad" and isinstance(pulled.exception, ModelRefused)
    assert "hotline models allow" in str(pulled.exception)
    refused = run(app, ["check", "fsmn-vad", "--json"])
    assert "can carry code" in json.loads(refused.stdout)[0]["problems"][0] and refused.exit_code != 0
    allowed = run(app, ["allow", "fsmn-vad", "--json"])
    assert allowed.exit_code == 0 and json.loads(allowed.stdout)[0]["file"] == "model.pt"
    assert run(app, ["check", "fsmn-vad"]).exit_code == 0
    assert "nothing here needs" in run(app, ["allow", str(Path(torch_compat.__file__).parent / "diarization" / "offline")]).stdout
    assert isinstance(run(app, ["pull", "ge2e", "--revision", "v1"]).exception, BadInput)
