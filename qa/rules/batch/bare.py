"""The single executor without evidence: verdicts and counts alone, for the calls that columns cannot settle."""

from __future__ import annotations

from typing import Any

from qa.calls import Call
from qa.rules.evidence import Account
from qa.rules.plan import Plan
from qa.rules.single import Run
from qa.rules.verdict import Evidence


class Bare(Run):
    """A run that explains nothing."""

    def __init__(self, plan: Plan, call: Call) -> None:
        super().__init__(plan, call)
        self.account = _Silent(self)


class _Silent(Account):
    def of(self, *args: Any) -> tuple[list[Evidence], list[str]]:
        return [], []

    def unsure_applies(self, *args: Any) -> str:
        return ""
