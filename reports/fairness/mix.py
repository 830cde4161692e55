"""Scores at the centre's mix of calls: what agents would have scored, had all had the same topics, queues and hours.

    score of a call = agent + topic + queue + hour + rest

The effects of the mix are estimated *within* agents (fixed effects of agents, Frisch–Waugh–Lovell; Wooldridge 2010, §10.5): from how
the same agent does on different topics. So hard topics are not taken for weak agents, nor weak agents for hard topics, however the two
go together; a mixed model with random agents would confound them where they do. An agent's value is the mean score less what the own
mix is harder or easier than everybody's (direct standardisation; Kitagawa 1955).

Agents are absorbed by cross tables instead of dummies: 4,000 agents and half a million calls take less than a second.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray
from scipy import special
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

Floats = NDArray[np.float64]
Codes = NDArray[np.int64]

_ROUNDING = 1e-9


@dataclass(frozen=True)
class Adjusted:
    """One entry an agent, by code. An agent without a call has NaN.

    ``plain`` is the mean score, ``value`` that at everybody's mix, ``variance`` of the value with ``freedom`` degrees of freedom.
    ``component`` numbers groups of agents who share topics, queues or hours, directly or through others: across groups nothing
    can be told apart, so values are at the group's mix. ``comparable`` is False where even within the group an effect cannot be told.
    ``effects`` are the effects of each factor's levels, ``rest`` the variance of calls within agents and mix, pooled.
    """

    calls: Floats
    plain: Floats
    value: Floats
    variance: Floats
    freedom: Floats
    component: Codes
    comparable: NDArray[np.bool_]
    effects: tuple[Floats, ...]
    rest: float


def adjust(agent: Codes, score: Floats, factors: Sequence[Codes] = (), agents: int | None = None) -> Adjusted:
    """Adjust scores to everybody's mix.

    ``agent`` and each of ``factors`` are codes from 0 up, ``score`` numbers, one entry a call. Variances are
    σ²ₐ (1/n + d′S⁺d) with d the agent's shares of levels less everybody's and S the cross products within agents. σ²ₐ is the variance of
    all agents' calls, or where topics, queues or hours are shown to spread differently, what the agent's mix makes of it
    (:func:`spread_by_level`). It is never the agent's own: where scores fall far at times, who had no such call by luck would have a high
    mean and a narrow interval about it, and be named.
    """
    many = int(agent.max()) + 1 if agents is None and len(agent) else (agents or 0)
    sizes = [int(codes.max()) + 1 if len(codes) else 0 for codes in factors]
    starts = np.concatenate([[0], np.cumsum(sizes)]).astype(int)
    calls = np.bincount(agent, minlength=many).astype(float)
    seen = calls > 0
    centre = float(score.mean()) if len(score) else 0.0
    y = np.asarray(score, float) - centre  # keeps digits where scores lie near 100
    inverse = np.divide(1, calls, out=np.zeros(many), where=seen)
    plain = np.bincount(agent, y, many) * inverse
    tables = [_cross(agent, codes, many, size) for codes, size in zip(factors, sizes, strict=True)]
    counts = np.hstack(tables) if tables else np.zeros((many, 0))
    products = _products(factors, sizes, starts)
    within = products - counts.T @ (counts * inverse[:, None])
    right = np.concatenate([np.zeros(0), *(np.bincount(codes, y - plain[agent], size) for codes, size in zip(factors, sizes, strict=True))])
    pseudo, rank, spanned = pseudo_inverse(within, len(score))
    beta = pseudo @ right
    component = _components(tables, seen)
    shares = counts * inverse[:, None] - _reference(counts, calls, component)
    effects = tuple(beta[a:b] for a, b in pairwise(starts))
    rest = y - sum((effect[codes] for effect, codes in zip(effects, factors, strict=True)), np.zeros(len(y)))
    means = np.bincount(agent, rest, many) * inverse
    squares = np.asarray(np.bincount(agent, (rest - means[agent]) ** 2, many), float)
    freedom = max(float(calls.sum() - seen.sum() - rank), 0.0)
    pooled = float(squares.sum() / freedom) if freedom and squares.sum() > _ROUNDING * len(y) else np.nan
    spread = np.full(many, pooled)
    if factors and np.isfinite(pooled):
        spread = spread_by_level((rest - means[agent]) ** 2, factors, counts * inverse[:, None], products) * pooled
    unknown = np.where(seen, 1.0, np.nan)
    return Adjusted(
        calls=calls,
        plain=(plain + centre) * unknown,
        value=(plain - shares @ beta + centre) * unknown,
        variance=spread * (inverse + np.einsum("ap,pq,aq->a", shares, pseudo, shares, optimize=True)) * unknown,
        freedom=np.where(seen, freedom, 0.0),
        component=component,
        comparable=seen & (np.abs(shares - shares @ spanned).max(axis=1, initial=0) < 1e-6),
        effects=effects,
        rest=pooled,
    )


def spread_by_level(squares: Floats, factors: Sequence[Codes], shares: Floats, products: Floats) -> Floats:
    """How much wider or narrower than all calls each agent's calls spread by their mix: a factor of the variance, one entry an agent.

    Squared residuals are regressed on the levels (Breusch & Pagan 1979, studentised by Koenker 1981); where N·R² is not significant at
    1 %, all factors are 1. They are kept between ¼ and 4. ``shares`` are agents' shares of levels, ``products`` is X′X of the levels.
    """
    mean = float(squares.mean())
    sizes = [int(codes.max()) + 1 for codes in factors]
    right = np.concatenate([np.bincount(codes, squares - mean, size) for codes, size in zip(factors, sizes, strict=True)])
    pseudo, rank, _ = pseudo_inverse(products, len(squares))
    slopes = pseudo @ right
    total = float(((squares - mean) ** 2).sum())
    if rank < 2 or total <= 0 or special.chdtrc(rank - 1, len(squares) * float(slopes @ right) / total) > 0.01:
        return np.ones(len(shares))
    return np.clip(1 + shares @ slopes / mean, 0.25, 4.0)


def _cross(first: Codes, second: Codes, rows: int, columns: int) -> Floats:
    return np.bincount(first * columns + second, minlength=rows * columns).reshape(rows, columns).astype(float)


def _products(factors: Sequence[Codes], sizes: Sequence[int], starts: NDArray[np.int_]) -> Floats:
    """X′X of all levels' indicators, from the cross tables of each two factors."""
    whole = np.zeros((starts[-1], starts[-1]))
    for i, first in enumerate(factors):
        for j in range(i, len(factors)):
            block = _cross(first, factors[j], sizes[i], sizes[j])
            whole[starts[i] : starts[i + 1], starts[j] : starts[j + 1]] = block
            whole[starts[j] : starts[j + 1], starts[i] : starts[i + 1]] = block.T
    return whole


def pseudo_inverse(matrix: Floats, scale: float) -> tuple[Floats, int, Floats]:
    """Moore–Penrose inverse of a symmetric matrix, its rank, and the projection on what it spans."""
    if not len(matrix):
        return matrix, 0, matrix
    values, vectors = np.linalg.eigh(matrix)
    kept = values > _ROUNDING * max(scale, 1)
    basis = vectors[:, kept]
    return (basis / values[kept]) @ basis.T, int(kept.sum()), basis @ basis.T


def _components(tables: Sequence[Floats], seen: NDArray[np.bool_]) -> Codes:
    """Groups of agents joined by common levels, in each factor: agents are one group if a chain of shared levels joins them in all."""
    group = np.zeros(len(seen), dtype=np.int64)
    for counts in tables:
        agents, levels = np.nonzero(counts)
        many = sum(counts.shape)
        edges = coo_array((np.ones(len(agents)), (agents, levels + len(seen))), shape=(many, many))
        one = connected_components(edges, directed=False)[1][: len(seen)].astype(np.int64)
        group = np.unique(group * (int(one.max(initial=0)) + 1) + one, return_inverse=True)[1].astype(np.int64)
    return group


def _reference(counts: Floats, calls: Floats, component: Codes) -> Floats:
    """Everybody's shares of levels within each agent's group, agents × levels."""
    groups = int(component.max(initial=0)) + 1
    total = np.zeros((groups, counts.shape[1]))
    np.add.at(total, component, counts)
    size = np.bincount(component, calls, groups)
    return np.asarray(total / np.maximum(size, 1)[:, None])[component]
