"""Erlang B, C and A in closed form, for arrays of any shape and loads from 0 to 10⁵ Erlangs and beyond.

Everything rests on two numbers computed in log space, so that nothing overflows and no loop runs over agents:

* the Poisson term ``a(x, y) = e^{-y} y^x / Γ(x+1)``, by Loader's saddle-point form (2000), which keeps
  its relative accuracy where the textbook ``x log y - y - lgamma(x+1)`` cancels;
* Palm's function ``G(x, y) = γ(x, y) x e^y / y^x = 1F1(1; x+1; y) = Σ_j y^j / ((x+1)…(x+j))``.

Sources: A. K. Erlang (1917) for B and C; C. Palm (1957), A. Mandelbaum and S. Zeltyn, "The Palm/Erlang-A
queue" (2005), for A. ``load`` is offered load in Erlangs (calls per second × handle time in seconds);
times are seconds; agents may be any non-negative number, whole or not.

>>> q = ErlangC(agents=13, load=10, aht_s=180)
>>> round(float(q.wait_probability), 4), round(float(q.service_level(20)), 4), round(float(q.asa_s), 2)
(0.2853, 0.7956, 17.12)
>>> a = ErlangA(agents=13, load=10, aht_s=180, patience_s=300)
>>> round(float(a.abandonment), 5), round(float(a.service_level(20)), 4), round(float(a.occupancy), 4)
(0.02496, 0.8582, 0.75)
"""

from __future__ import annotations

from functools import cached_property

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import special

from hotline.errors import BadInput

Floats = NDArray[np.float64]

_HALF_LOG_2PI = 0.5 * np.log(2 * np.pi)
_TINY = 1e-250  # below this an incomplete gamma value has lost, or may lose, its digits


def _stirling_error(x: Floats) -> Floats:
    """``log Γ(x+1) - [(x + ½) log x - x + ½ log 2π]`` for x > 0."""
    small = np.minimum(x, 16.0)
    exact = special.gammaln(small + 1) - (small + 0.5) * np.log(small) + small - _HALF_LOG_2PI
    large = np.maximum(x, 16.0)
    inverse = 1 / (large * large)
    series = (1 / 12 - inverse * (1 / 360 - inverse * (1 / 1260 - inverse * (1 / 1680 - inverse / 1188)))) / large
    return np.where(x < 16.0, exact, series)


def log_poisson(x: Floats, y: Floats) -> Floats:
    """``log(e^{-y} y^x / Γ(x+1))`` for x ≥ 0 and y > 0."""
    safe = np.where(x > 0, x, 1.0)
    d = (safe - y) / y
    deviance = y * ((1 + d) * np.log1p(d) - d)
    return np.where(x > 0, -deviance - _stirling_error(safe) - _HALF_LOG_2PI - 0.5 * np.log(safe), -y)


def _blocking_overloaded(agents: Floats, load: Floats) -> Floats:
    """Erlang B for loads so far above ``agents`` that ``Γ(n+1, A)`` underflows: the continued fraction of 1/B."""
    tiny = 1e-300
    b = load - agents
    c = np.full_like(b, 1 / tiny)
    d = 1 / b
    h = d.copy()
    for i in range(1, 100_000):
        an = -i * (i - agents - 1)
        b = b + 2
        d = an * d + b
        d = 1 / np.where(np.abs(d) < tiny, tiny, d)
        c = b + an / c
        c = np.where(np.abs(c) < tiny, tiny, c)
        change = d * c
        h = h * change
        if np.all(np.abs(change - 1) < 1e-15):
            break
    return 1 / (load * h)


def erlang_b(agents: ArrayLike, load: ArrayLike) -> Floats:
    """Share of calls lost when ``agents`` lines carry ``load`` Erlangs and nobody waits (broadcast over both)."""
    n, a = _positive("agents", agents), _positive("load", load)
    n, a = np.broadcast_arrays(n, a)
    safe = np.where(a > 0, a, 1.0)
    upper = special.gammaincc(n + 1, safe)
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        blocking = np.exp(log_poisson(n, safe)) / upper
    lost = upper < _TINY
    if np.any(lost):
        blocking = np.where(lost, 0.0, blocking)
        blocking[lost] = _blocking_overloaded(n[lost], safe[lost])
    return np.where(a > 0, blocking, np.where(n > 0, 0.0, 1.0))


def _palm_sums(x: Floats, y: Floats) -> tuple[Floats, Floats]:
    """``Σ_{j≥0} r_j`` and ``Σ_{j≥1} j r_j`` with ``r_j = y^j / ((x+1)…(x+j))``, term by term; for y < x."""
    total, weighted, term = np.ones_like(x), np.zeros_like(x), np.ones_like(x)
    for j in range(1, 200_000):
        term = term * (y / (x + j))
        total = total + term
        weighted = weighted + j * term
        if np.all(j * term <= 1e-17 * np.maximum(weighted, 1e-300)):
            break
    return total, weighted


def log_palm(x: Floats, y: Floats) -> Floats:
    """``log G(x, y)``, G being Palm's function, for x ≥ 0 and y > 0."""
    lower = special.gammainc(x, y)
    with np.errstate(divide="ignore"):
        result = np.asarray(np.log(lower) - log_poisson(x, y))
    lost = lower < _TINY
    if np.any(lost):
        result[lost] = np.log(_palm_sums(x[lost], y[lost])[0])
    return result


class ErlangC:
    """M/M/n: callers wait for ever. With ``agents <= load`` the queue grows without end: nothing is in time.

    ``agents``, ``load`` (Erlangs) and ``aht_s`` broadcast; every result has their common shape.
    """

    def __init__(self, agents: ArrayLike, load: ArrayLike, aht_s: ArrayLike) -> None:
        self.agents, self.load, self.aht_s = np.broadcast_arrays(
            _positive("agents", agents), _positive("load", load), _positive("aht_s", aht_s)
        )
        self.stable = (self.agents > self.load) | (self.load == 0)

    @cached_property
    def wait_probability(self) -> Floats:
        """Share of callers who wait at all: Erlang C."""
        blocking = erlang_b(self.agents, self.load)
        spare = self.agents - self.load * (1 - blocking)
        with np.errstate(divide="ignore", invalid="ignore"):
            waiting = self.agents * blocking / spare
        return np.where(self.load == 0, 0.0, np.where(self.stable, waiting, 1.0))

    def service_level(self, within_s: ArrayLike) -> Floats:
        """Share of offered calls answered within ``within_s`` seconds."""
        within = _positive("within_s", within_s)
        with np.errstate(all="ignore"):  # unstable queues are replaced below
            late = self.wait_probability * np.exp(-(self.agents - self.load) * within / self.aht_s)
        return np.where(self.load == 0, 1.0, np.where(self.stable, 1 - late, 0.0))

    @cached_property
    def asa_s(self) -> Floats:
        """Mean wait of answered calls, seconds; infinite when unstable."""
        with np.errstate(divide="ignore", invalid="ignore"):
            wait = self.wait_probability * self.aht_s / (self.agents - self.load)
        return np.where(self.load == 0, 0.0, np.where(self.stable, wait, np.inf))

    @cached_property
    def abandonment(self) -> Floats:
        """Nobody hangs up in this model."""
        return np.zeros_like(self.load)

    @cached_property
    def occupancy(self) -> Floats:
        """Share of time an agent is on a call or its after-call work."""
        with np.errstate(divide="ignore", invalid="ignore"):
            busy = self.load / self.agents
        return np.where(self.load == 0, 0.0, np.minimum(busy, 1.0))


class ErlangA:
    """M/M/n+M: a caller hangs up after an exponential time with mean ``patience_s``. Always stable.

    With ``x = n·patience/aht`` and ``y = A·patience/aht`` (Mandelbaum and Zeltyn 2005, §4):
    ``P(wait) = B·G / (1 + B·(G - 1))``, ``P(abandon | wait) = 1/(ρG) + 1 - 1/ρ``, and the offered wait V of those
    who wait has ``P(V > t) = e^{-nμt + y(1 - e^{-θt})} G(x, y e^{-θt}) / G(x, y)``.
    """

    def __init__(self, agents: ArrayLike, load: ArrayLike, aht_s: ArrayLike, patience_s: ArrayLike) -> None:
        self.agents, self.load, self.aht_s, self.patience_s = np.broadcast_arrays(
            _positive("agents", agents), _positive("load", load), _positive("aht_s", aht_s), _positive("patience_s", patience_s)
        )
        if np.any(self.patience_s == 0):
            raise BadInput("patience_s", "must be above zero", "give the mean patience in seconds")
        ratio = self.patience_s / np.where(self.aht_s > 0, self.aht_s, 1.0)
        self._x = self.agents * ratio
        self._y = np.where(self.load > 0, self.load, 1.0) * ratio

    @cached_property
    def _log_palm(self) -> Floats:
        return log_palm(self._x, self._y)

    @cached_property
    def wait_probability(self) -> Floats:
        """Share of callers who find every agent busy."""
        blocking = erlang_b(self.agents, self.load)
        with np.errstate(over="ignore", divide="ignore"):
            # B·G/(1 + B(G-1)) written so that a huge G gives 1, not inf/inf
            waiting = 1 / (1 + (1 - blocking) / blocking * np.exp(-self._log_palm))
        return np.where((self.load == 0) | (blocking == 0), 0.0, waiting)

    @cached_property
    def _abandon_if_waiting(self) -> Floats:
        x, y = self._x, self._y
        queue = x * np.exp(-self._log_palm) + (y - x)  # mean queue of those states where callers wait
        # With patient callers the two terms nearly cancel; the sum of the series does not.
        risky = (y < x) & (queue < 1e-4 * x)
        if np.any(risky):
            total, weighted = _palm_sums(x[risky], y[risky])
            queue = np.array(queue)
            queue[risky] = weighted / total
        return queue / y

    @cached_property
    def abandonment(self) -> Floats:
        """Share of offered calls that hang up before an agent answers."""
        return np.where(self.load == 0, 0.0, self.wait_probability * self._abandon_if_waiting)

    def service_level(self, within_s: ArrayLike, denominator: str = "offered") -> Floats:
        """Share answered within ``within_s`` seconds, of ``offered`` or of ``answered`` calls."""
        if denominator not in ("offered", "answered"):
            raise BadInput("denominator", f"'{denominator}' is not known", "use offered or answered")
        within, x, y, theta = _positive("within_s", within_s), self._x, self._y, 1 / self.patience_s
        aged = y * np.exp(-theta * within)
        exponent = -x * theta * within - y * np.expm1(-theta * within)
        x1, aged = np.broadcast_arrays(x + 1, aged)
        ratio = np.exp(exponent - theta * within + log_palm(x1, aged) - self._log_palm)
        late = self.wait_probability * x / (x + 1) * ratio  # answered, but after within_s
        in_time = np.where(self.load == 0, 1.0, 1 - self.abandonment - late)
        in_time = np.clip(in_time, 0.0, 1.0)
        if denominator == "offered":
            return in_time
        answered = 1 - self.abandonment
        return np.where(answered > 0, in_time / np.where(answered > 0, answered, 1.0), 0.0)

    @cached_property
    def asa_s(self) -> Floats:
        """Mean wait of answered calls, seconds.

        The Laplace transform of V gives ``E[V | answered, waited] = -(1/θ) d/da (log G(a, y) - log a)`` at
        ``a = x + 1``; the derivative is a five-point difference (relative error about 1e-9).
        """
        a, y = self._x + 1, self._y
        step = 0.005 * np.maximum(np.maximum(a - y, np.sqrt(a)), 1.0)
        step = np.minimum(step, 0.4 * a)

        def value(shift: float) -> Floats:
            return log_palm(a + shift * step, y) - np.log(a + shift * step)

        slope = (value(-2) - 8 * value(-1) + 8 * value(1) - value(2)) / (12 * step)
        answered = 1 - self.abandonment
        answered_after_wait = self.wait_probability * (1 - self._abandon_if_waiting)
        with np.errstate(divide="ignore", invalid="ignore"):
            wait = -self.patience_s * slope * answered_after_wait / answered
        return np.where((self.load == 0) | (self.agents == 0) | (answered <= 0), 0.0, np.maximum(wait, 0.0))

    @cached_property
    def occupancy(self) -> Floats:
        """Share of time an agent is on a call or its after-call work."""
        with np.errstate(divide="ignore", invalid="ignore"):
            busy = self.load * (1 - self.abandonment) / self.agents
        return np.where((self.load == 0) | (self.agents == 0), 0.0, np.minimum(busy, 1.0))


def _positive(name: str, value: ArrayLike) -> Floats:
    array = np.asarray(value, dtype=np.float64)
    if np.any(~np.isfinite(array)) or np.any(array < 0):
        raise BadInput(name, "must be numbers of zero or more", "check the value")
    return array
