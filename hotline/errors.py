"""Every error a user can meet, in one tree.

HotlineError                 exit  what went wrong
├── UserError                2     the caller gave something wrong
│   ├── BadInput             2     a file, line or field cannot be used
│   │   ├── BadRecording     2     a recording cannot be decoded or judged
│   │   └── BadRule          2     a rule set is wrong (file:line: field)
│   ├── NotFound             2     the thing named does not exist
│   └── AccessDenied         4     the role or scope does not allow it
├── MissingPart              3     something is not installed, pulled or reachable
│   └── ModelRefused         3     a model's file could run code and nobody has allowed it
└── CheckFailed              1     a check the user asked for did not pass

Each carries the *thing* (file, line, field), the *problem* and the *mend*, and prints as one line.
"""

from __future__ import annotations

import re

_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]")


class HotlineError(Exception):
    """Base of all errors shown to people: ``thing: problem; mend``."""

    exit_code = 2

    def __init__(self, thing: str, problem: str, mend: str = "") -> None:
        self.thing, self.problem, self.mend = storable(thing), storable(problem), storable(mend)
        super().__init__(str(self))

    def __str__(self) -> str:
        line = f"{self.thing}: {self.problem}"
        return " ".join((f"{line}; {self.mend}" if self.mend else line).split())

    def __reduce__(self) -> tuple[type, tuple[str, str, str]]:
        return type(self), (self.thing, self.problem, self.mend)


def storable(text: str) -> str:
    r"""The text with what a database or a terminal does not take written out: control characters but tab and line ends, and bytes of
    a file's name that are no UTF-8.

    >>> storable("a\0b"), storable("re\udcff.wav")
    ('a\\x00b', 're\\udcff.wav')
    """
    written = _CONTROL.sub(lambda found: f"\\x{ord(found[0]):02x}", text)
    return written.encode("utf-8", "backslashreplace").decode()


class UserError(HotlineError):
    """The caller gave something wrong."""


class BadInput(UserError):
    """A file, line or field cannot be used; ``thing`` is ``file`` or ``file:line: field``."""


class BadRecording(BadInput):
    """A recording cannot be decoded or judged; it goes to quarantine with this line."""


class BadRule(BadInput):
    """A rule set is wrong; ``thing`` is ``file:line: field``."""


class NotFound(UserError):
    """The thing named does not exist."""


class AccessDenied(UserError):
    """The role or scope does not allow it."""

    exit_code = 4


class MissingPart(HotlineError):
    """Something is not installed, pulled or reachable; ``mend`` is the command that helps."""

    exit_code = 3


class ModelRefused(MissingPart):
    """A model's file could run code and nobody has allowed it."""


class CheckFailed(HotlineError):
    """A check the user asked for did not pass."""

    exit_code = 1
