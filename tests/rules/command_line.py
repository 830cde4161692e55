"""``hotline rules …`` as somebody would type it."""

from __future__ import annotations

import pytest

from hotline import cli


def hotline(*arguments: str) -> int:
    """The exit code of ``hotline rules`` with these arguments."""
    with pytest.raises(SystemExit) as caught:
        cli.main(["rules", *arguments])
    return int(caught.value.code or 0)
