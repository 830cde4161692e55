"""How many heads an interval needs, and which target says so.

For every interval the smallest whole number of agents that meets each target is found (all measures are
monotone in agents, so bisection over all intervals at once); the largest of them is the requirement
and its target is the one that *binds*. With a patience the queue is Erlang A, without one Erlang C.

>>> need = required(calls=100, aht_s=180, targets=Targets(service_level=0.8, within_s=20, occupancy=0.85))
>>> int(need.net), str(need.binding)
(14, 'service_level')
>>> busy = required(calls=9000, aht_s=240, targets=Targets())      # 1,200 Erlangs: occupancy, not 80/20
>>> int(busy.net), str(busy.binding), int(busy.by_target["service_level"])
(1412, 'occupancy', 1214)
>>> int(gross_heads(14, {"leave": 0.3}))
20
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from forecasting.erlang import ErlangA, ErlangC, Floats
from hotline.errors import BadInput

Heads = NDArray[np.int64]

HALF_HOUR_S = 1800.0
_EPSILON = 1e-9  # 85 % of 100 agents carries exactly 85 Erlangs: rounding must not ask for one more


@dataclass(frozen=True, slots=True)
class Targets:
    """What the centre promises; None switches a target off.

    ``service_level`` is the share of calls answered within ``within_s`` seconds (of offered calls; with
    ``denominator="answered"`` of answered ones, Erlang A only). ``occupancy`` is the most an agent may be
    busy, ``asa_s`` the longest mean wait, ``abandonment`` the largest share that hangs up (needs a
    patience), ``minimum`` the heads kept even when no call is expected.
    """

    service_level: float | None = 0.8
    within_s: float = 20.0
    occupancy: float | None = 0.85
    asa_s: float | None = None
    abandonment: float | None = None
    minimum: int = 0
    denominator: str = "offered"

    def __post_init__(self) -> None:
        for name, low_open in (("service_level", False), ("occupancy", True), ("abandonment", True)):
            value = getattr(self, name)
            if value is None:
                continue
            top_open = name == "service_level"  # 100 % would need infinitely many agents
            if not (value > 0 if low_open else value >= 0) or not (value < 1 if top_open else value <= 1):
                raise BadInput(name, f"{value} is not a usable share", "give a number between 0 and 1, such as 0.8")
        if not np.isfinite(self.within_s) or self.within_s < 0:
            raise BadInput("within_s", f"{self.within_s} is not a number of seconds", "give zero or more")
        if self.asa_s is not None and not (np.isfinite(self.asa_s) and self.asa_s > 0):
            raise BadInput("asa_s", f"{self.asa_s} is not a number of seconds", "give a number above zero")
        if self.minimum < 0:
            raise BadInput("minimum", f"{self.minimum} is not a number of heads", "give zero or more")
        if self.denominator not in ("offered", "answered"):
            raise BadInput("denominator", f"'{self.denominator}' is not known", "use offered or answered")


@dataclass(frozen=True, slots=True)
class Requirement:
    """Heads on the phone per interval and what they achieve; arrays share the shape of the input.

    ``binding`` names the target that set ``net``: the first in the order of ``by_target`` where two agree,
    ``minimum`` where only that did, ``none`` where nobody is needed. ``by_target`` is the requirement of
    each target alone; ``stability`` (more agents than Erlangs) joins when no target bounds the waits.
    """

    net: Heads
    binding: NDArray[np.str_]
    by_target: dict[str, Heads]
    service_level: Floats
    occupancy: Floats
    abandonment: Floats
    asa_s: Floats


def required(
    calls: ArrayLike, aht_s: ArrayLike, targets: Targets | None = None, patience_s: float | None = None, interval_s: float = HALF_HOUR_S
) -> Requirement:
    """Heads needed for ``calls`` offered in an interval of ``interval_s`` seconds at ``aht_s`` seconds each.

    ``calls`` and ``aht_s`` broadcast. Raises BadInput for negative or non-finite input, for a load with no
    handle time, and for an abandonment target without ``patience_s``.
    """
    targets = targets or Targets()
    offered, handle = np.broadcast_arrays(np.asarray(calls, dtype=np.float64), np.asarray(aht_s, dtype=np.float64))
    for name, array in (("calls", offered), ("aht_s", handle)):
        if np.any(~np.isfinite(array)) or np.any(array < 0):
            raise BadInput(name, "must be numbers of zero or more", "check the value")
    if np.any((offered > 0) & (handle <= 0)):
        raise BadInput("aht_s", "is zero although there are calls", "give the mean handle time in seconds")
    if not np.isfinite(interval_s) or interval_s <= 0:
        raise BadInput("interval_s", f"{interval_s} is not a length", "give seconds, such as 1800")
    if patience_s is None and targets.abandonment is not None:
        raise BadInput("abandonment", "nobody hangs up without a patience", "give the mean patience in seconds too")
    if patience_s is None and targets.denominator == "answered":
        raise BadInput("denominator", "offered and answered are the same without a patience", "give the mean patience in seconds too")

    load = offered * handle / interval_s

    def queue(agents: ArrayLike) -> ErlangC | ErlangA:
        return ErlangC(agents, load, handle) if patience_s is None else ErlangA(agents, load, handle, patience_s)

    by_target: dict[str, Heads] = {}
    if targets.service_level is not None:
        goal = targets.service_level
        by_target["service_level"] = _smallest(lambda n: _service_level(queue(n), targets) >= goal, load, patience_s)
    if targets.asa_s is not None:
        longest = targets.asa_s
        by_target["asa"] = _smallest(lambda n: (queue(n).asa_s <= longest) & ((n > 0) | (load == 0)), load, patience_s)
    if targets.abandonment is not None:
        share = targets.abandonment
        by_target["abandonment"] = _smallest(lambda n: queue(n).abandonment <= share, load, patience_s)
    if targets.occupancy is not None:
        cap = targets.occupancy
        if patience_s is None:
            by_target["occupancy"] = np.ceil(load / cap - _EPSILON).astype(np.int64)
        else:
            by_target["occupancy"] = _smallest(lambda n: (queue(n).occupancy <= cap + _EPSILON) & ((n > 0) | (load == 0)), load, patience_s)
    if patience_s is None and targets.service_level is None and targets.asa_s is None:  # a queue that never empties is no plan
        by_target["stability"] = np.where(load > 0, np.floor(load).astype(np.int64) + 1, 0)

    net = np.full(load.shape, targets.minimum, dtype=np.int64)
    binding = np.full(load.shape, "minimum", dtype="<U20")
    for name, heads in by_target.items():
        binding = np.where(heads > net, name, binding)
        net = np.maximum(net, heads)
    binding = np.where(net == 0, "none", binding)
    result = queue(net)
    return Requirement(
        net, binding, by_target, _service_level(result, targets), result.occupancy, result.abandonment, np.asarray(result.asa_s)
    )


def _service_level(queue: ErlangC | ErlangA, targets: Targets) -> Floats:
    if isinstance(queue, ErlangA):
        return queue.service_level(targets.within_s, targets.denominator)
    return queue.service_level(targets.within_s)


def _smallest(met: Callable[[Heads], NDArray[np.bool_]], load: Floats, patience_s: float | None) -> Heads:
    """The smallest whole numbers of agents for which ``met`` holds; it must be monotone. Zero where nobody calls."""
    busy = load > 0
    low = np.where(busy, 0 if patience_s is not None else np.floor(load), 0).astype(np.int64) - 1  # never enough
    reach = np.ceil(3 * np.sqrt(load) + 3).astype(np.int64)
    high = np.where(busy, np.ceil(load).astype(np.int64) + reach, 0)
    while not np.all(enough := met(high) | ~busy):
        low = np.where(enough, low, high)
        reach = reach * 2
        high = np.where(enough, high, np.ceil(load).astype(np.int64) + reach)
        if np.any(reach > 10**9):
            raise BadInput("targets", "no number of agents reaches them", "loosen the target")
    while np.any(high - low > 1):
        middle = (low + high) // 2
        enough = met(np.maximum(middle, 0)) & (middle >= 0)
        high, low = np.where(enough, middle, high), np.where(enough, low, middle)
    return np.where(busy, high, 0)


def total_shrinkage(causes: Mapping[str, float]) -> float:
    """``1 - ∏(1 - s_i)``: each cause takes its share of what the earlier ones left, 0 ≤ s < 1.

    >>> round(total_shrinkage({"leave": 0.08, "training": 0.03, "breaks": 0.10}), 5)
    0.19684
    """
    left = 1.0
    for name, share in causes.items():
        if not 0 <= share < 1:
            raise BadInput(f"shrinkage {name}", f"{share} is not a share", "give a number from 0 to below 1")
        left *= 1 - share
    return 1 - left


def gross_heads(net: ArrayLike, causes: Mapping[str, float]) -> Heads:
    """Heads to roster so that ``net`` are on the phone: ``net / (1 - shrinkage)``, rounded up."""
    present = 1 - total_shrinkage(causes)
    return np.ceil(np.asarray(net, dtype=np.float64) / present - _EPSILON).astype(np.int64)
