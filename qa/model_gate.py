"""Which model folders may be loaded. A checkpoint is a program: whoever wrote it decides what runs when it is opened.

A file passes when one of these holds:

    its sha256 is pinned (the catalogue, or code that brings its own model)
    it cannot carry code: safetensors, text, JSON, YAML, a sentencepiece or ONNX file
    somebody looked at it and said so: ``hotline models allow FOLDER``, which writes ``allowed.json`` beside the models

Settings that would make a library run other code are refused, whoever allowed the files: FunASR's ``trust_remote_code``, a path
that leaves the folder, a class that is none of pyannote's or ours, a configuration under an ending that is not looked into,
requirements that would be installed; and links, behind which anything may lie. Whatever passes is still loaded without remote
code (:mod:`qa.funasr_model`) and read by torch as weights only (:mod:`qa.torch_compat`). Who may write the folder of models decides
what is loaded: give it to the administrator alone.
"""

from __future__ import annotations

import getpass
import hashlib
import json
import os
import struct
import tempfile
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path
from typing import Any

import yaml

from hotline.errors import BadInput, ModelRefused
from qa import model_pickles

ALLOWED = "allowed.json"
"""In the folder of models: sha256 → file, folder, who, when."""
_TEXT = {".json", ".yaml", ".yml", ".txt", ".mvn", ".md", ".csv", ".tsv", ".vocab", ".cfg", ".jinja", ".rttm", ""}
_PLAIN = {".model", ".onnx", ".wav", ".mp3", ".flac", ".png", ".jpg", ".jpeg", ".svg", ".gif", ".pdf", ".spm", ".npz", ".fst", ".far"}
"""Read by parsers that know no code; numpy refuses objects in .npz unless told otherwise."""
_CONFIGS = {".json", ".yaml", ".yml"}
_OUR_CLASSES = ("pyannote.audio.", "pyannote.pipeline.", "qa.diarization.")
_LARGEST_CONFIG = 32 << 20
_CLASS_KEYS = ("pipeline", "preprocessors")


def admit(folder: Path, models: Path, pins: Mapping[str, str] | None = None) -> Path:
    """The folder itself, when every file in it may be loaded; ``pins`` maps paths in it to sha256 that are known.

    Raises ModelRefused naming the first file that may not, and how to allow it; BadInput when there is no such folder.
    """
    if not folder.is_dir():
        raise BadInput(str(folder), "no such folder of a model", "name the folder that holds its files")
    linked = _linked(folder)
    if linked is not None:
        raise ModelRefused(*linked)
    stamps = tuple((str(p), p.stat().st_mtime_ns, p.stat().st_size) for p in files(folder))
    problem = _refused(str(folder), stamps, tuple(sorted((pins or {}).items())), _allowed_stamp(models))
    if problem is not None:
        raise ModelRefused(*problem)
    return folder


def files(folder: Path) -> Iterator[Path]:
    """The files of a model, in order; without what the package indexes' and hubs' clients leave."""
    return (path for path in sorted(folder.rglob("*")) if path.is_file() and path.name != "pulled.json")


def allow(folder: Path, models: Path) -> list[dict[str, Any]]:
    """Remember the checksums of what is in ``folder`` and would be refused; one row a file with what its pickle imports.

    Raises ModelRefused, and remembers nothing, when a pickle asks for what no weights need, or a setting would run other code.
    """
    problem = _linked(folder) or _bad_setting(folder)
    if problem is not None:
        raise ModelRefused(*problem)
    rows: list[dict[str, Any]] = []
    for path in files(folder):
        if _is_inert(path):
            continue
        names = model_pickles.imports(path)
        unfit = model_pickles.unfit(names)
        if unfit:
            what = ", ".join("something that cannot be told" if name == "?" else name for name in unfit[:3])
            raise ModelRefused(_name(folder, path), f"asks for {what}, which no weights need", "do not use it; get the model elsewhere")
        rows.append({"file": path.relative_to(folder).as_posix(), "sha256": sha256_of(path), "imports": names})
    known = _read_allowed(models)
    at, by = datetime.now(UTC).isoformat(timespec="seconds"), _who()
    for row in rows:
        known[row["sha256"]] = {"file": row["file"], "folder": str(folder), "by": by, "at": at}
    _write_allowed(models, known)
    return rows


def sha256_of(path: Path) -> str:
    """Checksum of a file, read in pieces."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


@lru_cache(maxsize=64)
def _refused(
    folder: str, stamps: tuple[tuple[str, int, int], ...], pins: tuple[tuple[str, str], ...], allowed: tuple[str, int]
) -> tuple[str, str, str] | None:
    """Thing, problem and mend of the first file that may not be loaded; computed anew when a file or the list changes."""
    root, pinned = Path(folder), dict(pins)
    settings = _bad_setting(root, pinned)
    if settings is not None:
        return settings
    known: Mapping[str, Any] | None = None
    for name, _, _ in stamps:
        path = Path(name)
        if _is_inert(path):
            continue
        digest = sha256_of(path)
        if pinned.get(path.relative_to(root).as_posix()) == digest:
            continue
        known = _read_allowed(Path(allowed[0])) if known is None else known
        if digest not in known:
            why = "can carry code, and nobody has allowed it"
            return _name(root, path), why, f"if you trust where it comes from, run `hotline models allow {root}`"
    return None


def _linked(folder: Path) -> tuple[str, str, str] | None:
    """The first link in a folder: what lies behind one would be loaded unseen, and may be another thing tomorrow."""
    for at, folders, names in os.walk(folder):
        for name in sorted(folders + names):
            if Path(at, name).is_symlink():
                return _name(folder, Path(at, name)), "is a link", "put the file itself there (`cp -RL` follows links)"
    return None


def _is_inert(path: Path) -> bool:
    """Whether a file cannot carry code, going by its ending and by what is in it."""
    ending = path.suffix.lower()
    if ending == ".safetensors":
        return _is_safetensors(path)
    if ending in _PLAIN:
        return not _starts_as_pickle(path)
    if ending in _TEXT or path.name in ("seg_dict", "jieba_usr_dict", "LICENSE", "README"):
        return not _starts_as_pickle(path) and _is_text(path)
    return False


def _is_safetensors(path: Path) -> bool:
    with path.open("rb") as file:
        head = file.read(9)
    return len(head) == 9 and head[8:] == b"{" and struct.unpack("<Q", head[:8])[0] < path.stat().st_size


def _starts_as_pickle(path: Path) -> bool:
    with path.open("rb") as file:
        return file.read(2)[:1] == b"\x80"


def _is_text(path: Path) -> bool:
    try:
        with path.open(encoding="utf-8") as file:
            while file.read(1 << 20):
                pass
    except UnicodeDecodeError:
        return False
    return True


# --- settings that run code --------------------------------------------------------------------------


def _bad_setting(folder: Path, pins: Mapping[str, str] | None = None) -> tuple[str, str, str] | None:
    named = {path.resolve() for path in _named_configurations(folder)}
    for path in files(folder):
        if path.name.lower() == "requirements.txt":
            return _name(folder, path), "asks for packages to be installed", "delete it: a model needs none here"
        if path.suffix.lower() not in _CONFIGS:
            continue
        if pins and path.relative_to(folder).as_posix() in pins and pins[path.relative_to(folder).as_posix()] == sha256_of(path):
            continue
        must_be_read = path.name.startswith("config") or path.resolve() in named
        try:
            problem = _look(_parsed(path), "")
            if problem is None and path.resolve() in named and path.suffix.lower() == ".json":
                problem = _look(_as_yaml(path), "")
        except (ValueError, yaml.YAMLError, RecursionError):
            problem = "cannot be read as what its ending says" if must_be_read else None
        if problem is not None:
            return _name(folder, path), problem, "take the setting out, or get the model elsewhere"
    return None


def _named_configurations(folder: Path) -> Iterator[Path]:
    """The files that FunASR reads as YAML, whatever their ending, because ``configuration.json`` names them."""
    path = folder / "configuration.json"
    try:
        metas = json.loads(path.read_text(encoding="utf-8"))["file_path_metas"]
        yield folder / metas["config"]
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        return  # it names none, or is refused below because it cannot be read


def _parsed(path: Path) -> Any:
    if path.stat().st_size > _LARGEST_CONFIG:
        raise ValueError("too large")
    return json.loads(path.read_text(encoding="utf-8")) if path.suffix.lower() == ".json" else _as_yaml(path)


def _as_yaml(path: Path) -> Any:
    return yaml.load(path.read_text(encoding="utf-8"), Loader=yaml.CSafeLoader)


def _look(value: Any, key: str) -> str | None:
    """The first setting in a configuration that would make a library run code from elsewhere."""
    if isinstance(value, list):
        return next((found for item in value if (found := _look(item, key))), None)
    if not isinstance(value, dict):
        return None
    for name, inner in value.items():
        name = str(name)
        if name in ("trust_remote_code", "remote_code") and inner not in (None, False, "", 0):
            return f"{name} would run code that comes with the model"
        if name == "_target_" and not str(inner).startswith(_OUR_CLASSES):
            return f"_target_ names {str(inner)[:60]}, which is no part of a model"
        if key in _CLASS_KEYS and name == "name" and not _is_our_class(inner):
            return f"{key} names the class {str(inner)[:60]}, which is no part of pyannote"
        if (name == "init_param" or key == "file_path_metas") and isinstance(inner, str) and _leaves(inner):
            return f"{name} names {inner[:60]}, outside the folder"
        if key == "file_path_metas" and name == "config" and (not isinstance(inner, str) or Path(inner).suffix.lower() not in _CONFIGS):
            return f"{name} names {str(inner)[:60]}, whose ending is none of a configuration's"
        if name == "init_param" and isinstance(inner, str) and Path(inner).suffix.lower() in _TEXT | _PLAIN:
            return f"{name} names {inner[:60]}, which holds no weights"
        # The entries of "preprocessors" are named freely; what they hold is looked at as theirs.
        found = _look(inner, key if key in ("file_path_metas", "preprocessors") else name)
        if found:
            return found
    return None


def _is_our_class(name: Any) -> bool:
    """Dotted names of ours, or a bare one, which pyannote looks up in its own module."""
    return isinstance(name, str) and (name.startswith(_OUR_CLASSES) or name.isidentifier())


def _leaves(name: str) -> bool:
    parts = name.replace("\\", "/").split("/")
    return name.startswith(("/", "\\", "~")) or ".." in parts or ":" in name


# --- what was allowed --------------------------------------------------------------------------------


def _allowed_stamp(models: Path) -> tuple[str, int]:
    path = models / ALLOWED
    return str(models), path.stat().st_mtime_ns if path.is_file() else 0


def _read_allowed(models: Path) -> dict[str, Any]:
    path = models / ALLOWED
    if not path.is_file():
        return {}
    try:
        known = json.loads(path.read_text(encoding="utf-8"))
    except (ValueError, OSError):
        known = None
    if not isinstance(known, dict):
        raise BadInput(str(path), "is not the list of allowed models", "remove it and run `hotline models allow FOLDER` again")
    return known


def _write_allowed(models: Path, known: Mapping[str, Any]) -> None:
    models.mkdir(parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile("w", dir=models, prefix=".allowed-", delete=False, encoding="utf-8") as file:
        json.dump(known, file, ensure_ascii=False, indent=1)
    Path(file.name).replace(models / ALLOWED)


def _name(folder: Path, path: Path) -> str:
    return f"{folder.name}/{path.relative_to(folder).as_posix()}"


def _who() -> str:
    try:
        return getpass.getuser()
    except (OSError, KeyError):
        return f"uid {os.getuid()}"
