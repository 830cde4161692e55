"""ISO weeks: Monday to Sunday, week 1 holds the year's first Thursday.

>>> week = IsoWeek.parse("2026-W46")
>>> week.first, week.last
(datetime.date(2026, 11, 9), datetime.date(2026, 11, 15))
>>> str(week.previous), str(IsoWeek.of(date(2027, 1, 1)))
('2026-W45', '2026-W53')
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, timedelta

from hotline.errors import BadInput

_PATTERN = re.compile(r"(\d{4})-?[Ww](\d{1,2})")


@dataclass(frozen=True, slots=True, order=True)
class IsoWeek:
    """A week of a board or report; raises BadInput when the year has no such week."""

    year: int
    number: int

    def __post_init__(self) -> None:
        try:
            date.fromisocalendar(self.year, self.number, 7)
        except ValueError:
            raise BadInput(
                f"week {self.year}-W{self.number:02d}", "this year has no such week", "weeks run from W01 to W52 or W53"
            ) from None

    @classmethod
    def parse(cls, text: str) -> IsoWeek:
        """``2026-W46`` (also ``2026W46``) as a week. Raises BadInput."""
        found = _PATTERN.fullmatch(text.strip())
        if not found:
            raise BadInput(f"week '{text}'", "not an ISO week", "write year and week, e.g. 2026-W46")
        return cls(int(found[1]), int(found[2]))

    @classmethod
    def of(cls, day: date) -> IsoWeek:
        """The week a day lies in."""
        year, number, _ = day.isocalendar()
        return cls(year, number)

    @property
    def first(self) -> date:
        """Monday."""
        return date.fromisocalendar(self.year, self.number, 1)

    @property
    def last(self) -> date:
        """Sunday."""
        return date.fromisocalendar(self.year, self.number, 7)

    @property
    def days(self) -> tuple[date, ...]:
        """The seven days, Monday first."""
        return tuple(self.first + timedelta(days=i) for i in range(7))

    @property
    def previous(self) -> IsoWeek:
        return IsoWeek.of(self.first - timedelta(days=1))

    def __str__(self) -> str:
        return f"{self.year}-W{self.number:02d}"
