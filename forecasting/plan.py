"""From a forecast to heads per half-hour, and the target that sets each of them."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

import numpy as np
import polars as pl

from forecasting.staffing import HALF_HOUR_S, Targets, gross_heads, required
from hotline.errors import BadInput

USUAL_SHRINKAGE: Mapping[str, float] = MappingProxyType({"leave": 0.08, "training": 0.03, "break": 0.10})
"""Where a centre has not said what it loses: 19.7 % in all. Each cause is a share of the time the earlier ones left."""


def plan_heads(
    volume: pl.DataFrame,
    aht: pl.DataFrame,
    *,
    targets: Targets | None = None,
    patience_s: float | None = None,
    shrinkage: Mapping[str, float] = USUAL_SHRINKAGE,
    interval_s: float = HALF_HOUR_S,
) -> pl.DataFrame:
    """Heads for every interval of two forecast frames (``start``, ``mean``: calls, and seconds).

    Returns ``start``, ``calls``, ``aht_s``, ``erlangs``, ``net`` (heads on the phone), ``gross`` (heads to roster), ``binding``,
    ``service_level``, ``occupancy``, ``abandonment`` (shares) and ``asa_s``. Heads follow the forecast's mean, not its
    band. Raises BadInput when the frames do not hold the same intervals.
    """
    joined = (
        volume.select("start", calls="mean").join(aht.select("start", aht_s="mean"), on="start", how="full", coalesce=True).sort("start")
    )
    if joined.null_count().row(0) != (0, 0, 0):
        raise BadInput("plan", "calls and handle times are not forecast for the same intervals", "run the forecast again")
    calls, seconds = joined["calls"].to_numpy(), joined["aht_s"].to_numpy()
    need = required(calls, seconds, targets, patience_s, interval_s)
    return joined.with_columns(
        erlangs=pl.Series(calls * seconds / interval_s),
        net=pl.Series(need.net),
        gross=pl.Series(gross_heads(need.net, shrinkage)),
        binding=pl.Series(np.asarray(need.binding).tolist(), dtype=pl.String),
        service_level=pl.Series(need.service_level),
        occupancy=pl.Series(need.occupancy),
        abandonment=pl.Series(need.abandonment),
        asa_s=pl.Series(need.asa_s),
    )
