"""The makers of the sample calls are scripts, not a package: put their folders where imports find them."""

import sys
from pathlib import Path

DATA = Path(__file__).resolve().parents[2] / "data"
for folder in (DATA, DATA / "calls"):
    if str(folder) not in sys.path:
        sys.path.append(str(folder))
