"""The roll-ups that boards read: sums a day of each agent, queue, kind of work order and clock.

Every measure can be added up over days and units; ratios are made when they are shown.
"""

from __future__ import annotations

import sqlalchemy as sa

from hotline.store.schema.base import metadata

agent_days = sa.Table(
    "agent_days",
    metadata,
    sa.Column("agent_id", sa.String(40), sa.ForeignKey("agents.id"), primary_key=True),
    sa.Column("day", sa.Date, primary_key=True),
    sa.Column("unit_path", sa.String(200), nullable=False),
    sa.Column("calls", sa.Integer, nullable=False),  # inbound
    sa.Column("handle_s", sa.Float, nullable=False),
    sa.Column("surveys_asked", sa.Integer, nullable=False),
    sa.Column("surveys_answered", sa.Integer, nullable=False),
    sa.Column("surveys_satisfied", sa.Integer, nullable=False),
    sa.Column("fcr_closed", sa.Integer, nullable=False),  # calls whose repeat window has ended
    sa.Column("fcr_resolved", sa.Integer, nullable=False),  # … without the caller coming back
    sa.Column("scored", sa.Integer, nullable=False),
    sa.Column("score_low_sum", sa.Float, nullable=False),
    sa.Column("score_high_sum", sa.Float, nullable=False),
    sa.Column("score_high_sq", sa.Float, nullable=False),  # sum of squares, for the sampling interval
    sa.Column("fatal_certain", sa.Integer, nullable=False),
    sa.Column("fatal_possible", sa.Integer, nullable=False),
    sa.Column("talk_s", sa.Float, nullable=False, server_default="0"),
    sa.Column("hold_s", sa.Float, nullable=False, server_default="0"),
    sa.Column("acw_s", sa.Float, nullable=False, server_default="0"),
    sa.Column("transferred", sa.Integer, nullable=False, server_default="0"),
    sa.Column(
        "resolved_known", sa.Integer, nullable=False, server_default="0"
    ),  # calls whose disposition says whether the matter was settled
    sa.Column("resolved_yes", sa.Integer, nullable=False, server_default="0"),
    sa.Column(
        "outbound_calls", sa.Integer, nullable=False, server_default="0"
    ),  # call-backs: their own volume and scheme, in none of the columns above
    sa.Column("outbound_s", sa.Float, nullable=False, server_default="0"),
    sa.Column("outbound_scored", sa.Integer, nullable=False, server_default="0"),
    sa.Column("outbound_high_sum", sa.Float, nullable=False, server_default="0"),
    sa.Column("outbound_high_sq", sa.Float, nullable=False, server_default="0"),
    sa.Column("passed", sa.Integer, nullable=False, server_default="0"),
    sa.Column("failed", sa.Integer, nullable=False, server_default="0"),
    sa.Column("doubtful", sa.Integer, nullable=False, server_default="0"),
    sa.Column("fatal_calls", sa.Integer, nullable=False, server_default="0"),  # calls with a certain fatal item
    sa.Column("fatal_calls_possible", sa.Integer, nullable=False, server_default="0"),  # … with a certain or a doubtful one
    sa.Column("login_s", sa.Float, nullable=False, server_default="0"),  # in any state
    sa.Column("busy_s", sa.Float, nullable=False, server_default="0"),  # talk, hold, after-call work
    sa.Column("available_s", sa.Float, nullable=False, server_default="0"),  # waiting for a call
    sa.Column("break_s", sa.Float, nullable=False, server_default="0"),
    sa.Column("away_s", sa.Float, nullable=False, server_default="0"),  # meetings and training
    sa.Column("scheduled_s", sa.Float, nullable=False, server_default="0"),  # what the schedule says, all activities
    sa.Column("adherent_s", sa.Float, nullable=False, server_default="0"),  # … and was done in that half-hour
    sa.Column("scheduled_phone_s", sa.Float, nullable=False, server_default="0"),
    sa.Column("worked_s", sa.Float, nullable=False, server_default="0"),  # at the phone, whenever it was, on days with a schedule
    sa.Index("ix_agent_days_day", "day"),
)

queue_days = sa.Table(
    "queue_days",
    metadata,
    sa.Column("queue_id", sa.String(40), sa.ForeignKey("queues.id"), primary_key=True),
    sa.Column("day", sa.Date, primary_key=True),
    sa.Column("offered", sa.Integer, nullable=False),
    sa.Column("answered", sa.Integer, nullable=False),
    sa.Column("abandoned", sa.Integer, nullable=False),
    sa.Column("abandoned_short", sa.Integer, nullable=False),
    sa.Column("answered_20s", sa.Integer, nullable=False),
    sa.Column("answered_15s", sa.Integer, nullable=False),
    sa.Column("offered_15s", sa.Integer, nullable=False),  # offered in half-hours whose answered_15s is known
    sa.Column("answered_30s", sa.Integer, nullable=False),
    sa.Column("offered_30s", sa.Integer, nullable=False),
    sa.Column("wait_s", sa.Float, nullable=False),  # of answered calls
    sa.Column("handle_s", sa.Float, nullable=False),
    sa.Index("ix_queue_days_day", "day"),
)

ticket_days = sa.Table(
    "ticket_days",
    metadata,
    sa.Column("queue_id", sa.String(40), sa.ForeignKey("queues.id"), primary_key=True),
    sa.Column("type", sa.String(40), primary_key=True),
    sa.Column("unit_path", sa.String(200), primary_key=True),  # of the call; of the queue where no call is known
    sa.Column("day", sa.Date, primary_key=True),
    sa.Column("dispatched", sa.Integer, nullable=False, server_default="0"),  # on this day
    sa.Column("misdirected", sa.Integer, nullable=False, server_default="0"),  # … and sent back or sent on
    sa.Column("checked", sa.Integer, nullable=False, server_default="0"),  # … and checked by somebody
    sa.Column("wrong", sa.Integer, nullable=False, server_default="0"),  # … and found wrong
    sa.Column("complaints_closed", sa.Integer, nullable=False, server_default="0"),  # on this day
    sa.Column("closure_s", sa.Float, nullable=False, server_default="0"),  # … from taking them to closing them
    sa.Index("ix_ticket_days_day", "day"),
)

clock_days = sa.Table(
    "clock_days",
    metadata,
    sa.Column("clock", sa.String(40), primary_key=True),
    sa.Column("queue_id", sa.String(40), sa.ForeignKey("queues.id"), primary_key=True),
    sa.Column("type", sa.String(40), primary_key=True),
    sa.Column("unit_path", sa.String(200), primary_key=True),  # as in ticket_days
    sa.Column("party", sa.String(40), primary_key=True),  # the unit outside that had to keep it; "": the centre itself
    sa.Column("day", sa.Date, primary_key=True),  # the day the time ran out, so that nothing later changes it
    sa.Column("due", sa.Integer, nullable=False),
    sa.Column("kept", sa.Integer, nullable=False),
    sa.Column("breached", sa.Integer, nullable=False),
    sa.Index("ix_clock_days_day", "day"),
)
