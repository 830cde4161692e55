"""Forecasts of call volume and handle time, and the heads they need.

    interval counts ─► series ─► models (calendar regression, day profile) ─► produce ─► plan (erlang, staffing)
                       calendar, events ─► features ──┘                          └─► backtest

Knows nothing of audio, rules or screens: frames and settings in, frames out.
"""

from forecasting.calendar import Calendar
from forecasting.events import EventTable, load_events
from forecasting.produce import Forecast, produce
from forecasting.staffing import Targets, gross_heads, required, total_shrinkage

__all__ = ["Calendar", "EventTable", "Forecast", "Targets", "gross_heads", "load_events", "produce", "required", "total_shrinkage"]
