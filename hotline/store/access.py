"""Who may see what. Every read function of the store takes a :class:`Viewer` and applies its scope here.

A viewer has a role (what) and a scope, a path in the organisation tree (where). ``MATRIX`` is the whole
policy on one page; tests check it cell by cell.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

import sqlalchemy as sa

from hotline.errors import AccessDenied
from hotline.store.schema import calls, org_units


class UserRole(StrEnum):
    AGENT = "agent"
    TEAM_LEAD = "team_lead"
    QA = "qa"
    QA_LEAD = "qa_lead"
    MANAGER = "manager"
    PLANNER = "planner"
    ADMIN = "admin"
    OPERATOR = "operator"  # the command line on the server itself; never an account


class Permission(StrEnum):
    OPEN_CALLS = "open_calls"  # list, read and hear calls in scope
    EXPORT_CALLS = "export_calls"
    CORRECT = "correct"  # mend words and roles of a call in scope
    SEE_BOARD = "see_board"  # the weekly board, agents by name
    SEE_TEAM_BOARD = "see_team_board"  # the weekly board, teams only
    SEE_REPORTS = "see_reports"
    SEE_RULES = "see_rules"
    REVIEW_ITEMS = "review_items"  # say of a lost or doubtful item whether the rules were right
    DRAFT_RULES = "draft_rules"  # try changed rules on stored calls
    PUBLISH_RULES = "publish_rules"  # make a version of a rule set the one that judges
    RESCORE = "rescore"  # judge stored calls again; the earlier result stays
    PUBLISH_WEEK = "publish_week"  # close a week of the boards: its figures no longer change
    SEE_FORECAST = "see_forecast"
    PLAN = "plan"  # run and publish forecasts and staffing
    MANAGE_USERS = "manage_users"
    SEE_AUDIT = "see_audit"
    IMPORT = "import"  # bring in recordings and feeds
    ENROL_VOICES = "enrol_voices"  # keep and forget voiceprints of agents
    ERASE = "erase"  # erase what is known of a caller


_P = Permission
MATRIX: dict[UserRole, frozenset[Permission]] = {
    UserRole.AGENT: frozenset({_P.OPEN_CALLS, _P.SEE_BOARD, _P.SEE_RULES}),
    UserRole.TEAM_LEAD: frozenset({_P.OPEN_CALLS, _P.SEE_BOARD, _P.SEE_TEAM_BOARD, _P.SEE_REPORTS, _P.SEE_RULES, _P.SEE_FORECAST}),
    UserRole.QA: frozenset(
        {_P.OPEN_CALLS, _P.EXPORT_CALLS, _P.CORRECT, _P.SEE_BOARD, _P.SEE_TEAM_BOARD, _P.SEE_RULES, _P.REVIEW_ITEMS, _P.DRAFT_RULES}
    ),
    UserRole.QA_LEAD: frozenset(
        {_P.OPEN_CALLS, _P.EXPORT_CALLS, _P.CORRECT, _P.SEE_BOARD, _P.SEE_TEAM_BOARD, _P.SEE_REPORTS, _P.SEE_RULES}
        | {_P.REVIEW_ITEMS, _P.DRAFT_RULES, _P.PUBLISH_RULES, _P.RESCORE, _P.PUBLISH_WEEK}
    ),
    UserRole.MANAGER: frozenset(
        {_P.OPEN_CALLS, _P.EXPORT_CALLS, _P.SEE_BOARD, _P.SEE_TEAM_BOARD, _P.SEE_REPORTS, _P.SEE_RULES, _P.SEE_FORECAST, _P.PUBLISH_WEEK}
    ),
    UserRole.PLANNER: frozenset({_P.SEE_TEAM_BOARD, _P.SEE_FORECAST, _P.PLAN}),
    UserRole.ADMIN: frozenset({_P.SEE_RULES, _P.MANAGE_USERS, _P.SEE_AUDIT, _P.IMPORT, _P.ENROL_VOICES, _P.ERASE}),
    UserRole.OPERATOR: frozenset(Permission),
}


@dataclass(frozen=True, slots=True)
class Viewer:
    """Someone who reads: account name, role, scope (unit path such as ``/c/0/``) and, for agents, who they are."""

    name: str
    role: UserRole
    scope: str = "/"
    agent_id: str | None = None

    def __post_init__(self) -> None:
        # Without the closing slash the scope /c/1 would also hold /c/10/.
        if not (self.scope.startswith("/") and self.scope.endswith("/")):
            raise ValueError(f"a scope begins and ends with '/', not {self.scope!r}")

    def may(self, permission: Permission) -> bool:
        return permission in MATRIX[self.role]

    def require(self, permission: Permission, what: str) -> None:
        """Raise AccessDenied unless the role has ``permission``."""
        if not self.may(permission):
            raise AccessDenied(what, f"the role {self.role.value} may not do this", "ask an administrator")

    def sees_unit(self, path: str) -> bool:
        """Is the unit with this path inside the scope? (``/c/0/`` sees ``/c/0/team-1/``.)"""
        return path.startswith(self.scope)

    def calls_clause(self) -> sa.ColumnElement[bool]:
        """The condition on ``calls`` that holds exactly for the calls this viewer may open."""
        self.require(Permission.OPEN_CALLS, "calls")
        if self.role is UserRole.AGENT:
            return calls.c.agent_id == self.agent_id if self.agent_id else sa.false()
        return self.covers(calls.c.unit_path)

    def sees_all(self, connection: sa.Connection) -> bool:
        """Is the scope the whole centre? (``/``, or the unit below which all others lie.)"""
        if self.scope == "/":
            return True
        inside = self.covers(org_units.c.path)
        known, outside = connection.execute(sa.select(sa.func.count(), sa.func.count(sa.case((~inside, 1)))).select_from(org_units)).one()
        return bool(known) and not outside

    def covers(self, path: sa.ColumnElement[str]) -> sa.ColumnElement[bool]:
        """The condition that a unit path lies in the scope.

        The prefix is compared letter by letter: LIKE is blind to case on SQLite, and ranges follow the collation on PostgreSQL.
        """
        if self.scope == "/":
            return sa.true()
        return sa.func.substr(path, 1, len(self.scope)) == self.scope


OPERATOR = Viewer("operator", UserRole.OPERATOR)
