"""What people say and how it is written, both ways; every rewriting keeps the way back to the original characters.

    spoken    四十五分钟  ◄── spoken() ── 45分钟   written()  ──►  45分钟
    fillers() / without_fillers()     simplified()     half_width()

The store keeps what was said. These are for matching, reading and comparing, and load no speech library.
"""

from __future__ import annotations

from qa.text.fillers import fillers, without_fillers
from qa.text.mapped import Edit, Mapped, rewrite, unchanged
from qa.text.script import half_width, simplified
from qa.text.spoken import spoken
from qa.text.written import written

__all__ = ["Edit", "Mapped", "fillers", "half_width", "rewrite", "simplified", "spoken", "unchanged", "without_fillers", "written"]
