"""Write the sample centre to a folder, one Parquet or CSV file a table: for a look, or to try another tool on the same numbers.

    python data/make_centre.py /tmp/centre
    python data/make_centre.py /tmp/centre --format csv --seed 7 --until 2026-06-30 --months 12

Every row is invented. ``hotline centre sample`` puts the same tables into the store.
"""

from __future__ import annotations

import argparse
import sys
from datetime import date
from pathlib import Path

import polars as pl

from hotline.errors import HotlineError
from hotline.sample_centre import MONTHS, SEED, UNTIL, build


def main() -> int:
    parser = argparse.ArgumentParser(description="Write the sample centre to a folder.")
    parser.add_argument("folder", type=Path)
    parser.add_argument("--seed", type=int, default=SEED)
    parser.add_argument("--until", type=date.fromisoformat, default=UNTIL, help="last local day, YYYY-MM-DD")
    parser.add_argument("--months", type=int, default=MONTHS)
    parser.add_argument("--format", choices=("parquet", "csv"), default="parquet")
    given = parser.parse_args()
    try:
        centre = build(given.seed, given.until, given.months)
    except HotlineError as error:
        print(error, file=sys.stderr)
        return error.exit_code
    given.folder.mkdir(parents=True, exist_ok=True)
    for name, frame in centre.frames().items():
        file = given.folder / f"{name}.{given.format}"
        if given.format == "csv":
            frame.with_columns(pl.col(c).struct.json_encode() for c, kind in frame.schema.items() if kind == pl.Struct).write_csv(file)
        else:
            frame.write_parquet(file)
        print(f"{file}: {frame.height} rows")
    return 0


if __name__ == "__main__":
    sys.exit(main())
