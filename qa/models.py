"""The catalogue of models: what each is for, its licence, where it comes from, and whether it is here and whole.

>>> entry("ge2e").licence
'Apache-2.0'
>>> [e.name for e in members("offline")]
['fsmn-vad-offline', 'pyannote-segmentation', 'ge2e', 'whisper-tiny.en']

A model lies in ``<models>/<name>/``. The entries that come from package indexes have their sha256 pinned here; for
the hubs' repositories the sha256 of what was pulled is written to ``pulled.json`` beside it and compared from then on. Before
anything is loaded, :mod:`qa.model_gate` asks whether its files could run code, and whether somebody allowed that.
"""

from __future__ import annotations

import fcntl
import json
import shutil
import tempfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path

from hotline.errors import BadInput, CheckFailed, MissingPart
from qa.model_catalogue import BUNDLES, CATALOGUE, Entry, entry, members
from qa.model_gate import admit, allow, sha256_of
from qa.model_sources import Hub, SourceFailed, from_folder

__all__ = [
    "BUNDLES",
    "CATALOGUE",
    "Entry",
    "admit",
    "allow",
    "check",
    "entry",
    "is_here",
    "members",
    "pull",
    "sha256_of",
    "where",
]

RECORD = "pulled.json"
"""Beside the files of a model: source, time and sha256 of what was pulled."""


def is_here(name: str, folder: Path) -> bool:
    """Whether all files of the model are in ``folder`` (without computing checksums)."""
    there = folder / name
    return (there / RECORD).is_file() and all((there / path).is_file() for path in entry(name).sha256)


def where(name: str, folder: Path) -> Path:
    """The folder of a model whose files were checked against their sha256 (once a process, while they do not change).

    MissingPart when it has not been pulled; CheckFailed when a file is not what was pulled; ModelRefused when a file could run code
    and is neither pinned in the catalogue nor allowed.
    """
    if not is_here(name, folder):
        raise MissingPart(f"model {name}", f"not in {folder}", f"run `hotline models pull {name}`")
    there = folder / name
    stamps = tuple((str(p), p.stat().st_mtime_ns, p.stat().st_size) for p in _files(there))
    wrong = _wrong_files(name, str(there), stamps)
    if wrong:
        raise CheckFailed(f"model {name}", wrong[0], f"run `hotline models pull {name}` to fetch it anew")
    return admit(there, folder, entry(name).sha256)


@lru_cache(maxsize=64)
def _wrong_files(name: str, there: str, stamps: tuple[tuple[str, int, int], ...]) -> tuple[str, ...]:
    return tuple(check(name, Path(there).parent))


def check(name: str, folder: Path) -> list[str]:
    """One line for every file of the model that is missing or has another sha256; empty when all is well."""
    there = folder / name
    expected = dict(entry(name).sha256)
    record = there / RECORD
    if record.is_file():
        try:
            expected = {**json.loads(record.read_text(encoding="utf-8"))["sha256"], **expected}
        except (ValueError, KeyError, TypeError):
            return [f"{RECORD} cannot be read"]
    elif not expected or not there.is_dir():
        return ["not pulled"]
    problems = []
    for path, digest in sorted(expected.items()):
        if not (there / path).is_file():
            problems.append(f"{path} is missing")
        elif sha256_of(there / path) != digest:
            problems.append(f"{path} has another sha256")
    return problems


def pull(
    name: str,
    folder: Path,
    *,
    source: Path | None = None,
    revision: str | None = None,
    say: Callable[[str], None] = lambda line: None,
) -> Path:
    """Fetch a model into ``folder/name``: sources in order, or only the local folder ``source``.

    ``revision`` is asked of the hubs instead of the catalogue's (a tag or commit; the hub's newest where the catalogue has none).
    Nothing is seen under its final name until every file is there and checked. MissingPart, one line with every
    source tried and what to do instead, when none delivers.
    """
    wanted = entry(name)
    if revision is not None:
        hubs = tuple(replace(s, revision=revision) for s in wanted.sources if isinstance(s, Hub))
        if not hubs:
            raise BadInput(f"model {name}", "comes from no hub, so it has no revisions", "leave --revision out")
        wanted = replace(wanted, sources=hubs)
    cache = folder / ".partial" / name
    cache.mkdir(parents=True, exist_ok=True)
    with _alone(folder / ".partial" / f"{name}.lock"):
        if not is_here(name, folder) or check(name, folder):
            _pull(wanted, folder, cache, source, say)
    return folder / name


def _pull(wanted: Entry, folder: Path, cache: Path, source: Path | None, say: Callable[[str], None]) -> None:
    name = wanted.name
    failures: list[str] = []
    for origin in ["folder"] if source else wanted.sources:
        tree = Path(tempfile.mkdtemp(prefix="tree-", dir=cache))
        try:
            if isinstance(origin, str) or source is not None:
                label = f"folder: {source}"
                from_folder(name, wanted.sources, source or folder, tree)
            else:
                label = origin.label
                origin.fetch(tree, cache, say)
            _install(wanted, tree, folder / name, label)
            shutil.rmtree(cache, ignore_errors=True)
            return
        except SourceFailed as failure:
            failures.append(str(failure))
            say(str(failure))
        finally:
            shutil.rmtree(tree, ignore_errors=True)
    mend = f"pull it on a machine that reaches a source, copy {folder.name}/{name} here and run `hotline models pull {name} --from FOLDER`"
    raise MissingPart(f"model {name}", " | ".join(failures), wanted.note or mend)


@contextmanager
def _alone(lock: Path) -> Iterator[None]:
    """One pull of a model at a time; the lock is released when the process ends, however it ends."""
    with lock.open("w") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield


def _install(wanted: Entry, tree: Path, target: Path, label: str) -> None:
    (tree / RECORD).unlink(missing_ok=True)
    digests = {path.relative_to(tree).as_posix(): sha256_of(path) for path in _files(tree)}
    if not digests:
        raise SourceFailed(f"{label} holds no files")
    for path, digest in wanted.sha256.items():
        if path not in digests:
            raise SourceFailed(f"{label} does not hold {path}")
        if digests[path] != digest:
            raise SourceFailed(f"{label}: {path} has sha256 {digests[path][:12]}…, wanted {digest[:12]}…")
    record = {"name": wanted.name, "source": label, "pulled_at": datetime.now(UTC).isoformat(timespec="seconds"), "sha256": digests}
    (tree / RECORD).write_text(json.dumps(record, ensure_ascii=False, indent=1), encoding="utf-8")
    tree.chmod(0o755)
    if target.exists():  # damaged, or another process was faster; either way ours is whole
        target.rename(tree.parent / f"{tree.name}-old")
    tree.rename(target)


def _files(there: Path) -> Iterable[Path]:
    return (path for path in sorted(there.rglob("*")) if path.is_file() and path.name != RECORD)
