"""What is wrong or weak in a rule set: one line, with a level and a kind that programs can rely on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from qa.rules.model import Title

ERROR, WARNING = "error", "warning"

KINDS: Mapping[str, tuple[str, Title]] = {
    "language": (ERROR, Title("文件读不懂：语法、未知名称、数值不对", "cannot be read: syntax, an unknown name, a wrong value")),
    "never-applies": (ERROR, Title("适用条件永远不成立", "its applicability can never hold")),
    "never-fails": (ERROR, Title("永远合格，什么也查不出", "it can never fail")),
    "never-passes": (ERROR, Title("只要适用就必然不合格", "it fails whenever it applies")),
    "unreachable": (ERROR, Title("检测位置永远不成立", "a window or an anchor that can never hold")),
    "voided": (ERROR, Title("短语被自己的排除项抵消", "a phrase that its own exclusion voids")),
    "contradiction": (ERROR, Title("一项要求的正是另一项禁止的", "one item demands what another one forbids")),
    "examples-conflict": (ERROR, Title("同一段对话写了两种结果", "one conversation with two outcomes")),
    "closes-early": (WARNING, Title("检测位置可能还没开始就已结束", "a place that may have ended before it begins")),
    "overlap": (WARNING, Title("同一句话被两项重复扣分", "two items punish the same words")),
    "always-applies": (WARNING, Title("适用条件总是成立，可以删去", "its applicability always holds")),
    "shadowed": (WARNING, Title("部分短语永远命不中", "some phrases can never hit")),
    "short": (WARNING, Title("去掉可选词后只剩一个字", "one letter is left without its optional word")),
    "examples": (WARNING, Title("样例不足", "too few examples")),
    "clause": (WARNING, Title("没有写依据", "no clause")),
    "coaching": (WARNING, Title("没有辅导建议", "no coaching hint")),
    "unused": (WARNING, Title("定义了却没有用到", "defined and never used")),
    "toothless": (WARNING, Title("全部扣完也仍然合格", "all points together cannot fail a call")),
}
"""Every kind of problem with its level and what it means."""


@dataclass(frozen=True, slots=True, order=True)
class Problem:
    """One finding. ``file`` and ``line`` (1-based, 0: the whole file) say where, ``name`` the field, item or condition."""

    file: str
    line: int
    name: str
    kind: str
    zh: str
    en: str

    @property
    def level(self) -> str:
        """``error`` (the rule cannot do what it says) or ``warning`` (it works, but is weak)."""
        return KINDS[self.kind][0]

    @property
    def where(self) -> str:
        """``file:line: name``, which editors jump to."""
        place = f"{self.file}:{self.line}" if self.line else self.file
        return f"{place}: {self.name}" if self.name else place

    def text(self, language: str) -> str:
        """What is wrong and what to do, in ``zh`` or ``en``."""
        return self.en if language == "en" else self.zh
