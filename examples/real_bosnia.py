"""Real records of Bosnia and Herzegovina, from raw files to report and map.

The data are not part of landrelease. Set LANDRELEASE_REAL_DATA to the folder that holds `bih/`; without it the example
says so and ends.
"""

import os
import shutil
import tempfile
from pathlib import Path

import landrelease as lr

here = Path(__file__).resolve().parent
data = Path(os.environ.get("LANDRELEASE_REAL_DATA", here.parent.parent / "shared" / "data")) / "bih"

if not data.is_dir():
    print("Skipped: the Bosnian data are not here. Set LANDRELEASE_REAL_DATA to the folder that holds bih/.")
else:
    with tempfile.TemporaryDirectory() as folder:
        # a programme file names its inputs relative to itself: put it beside the data, without touching them
        for name in ("bosnia.toml", "bosnia-scheme.toml"):
            shutil.copy(here / name, folder)
        for file in data.iterdir():
            shutil.copy(file, folder)
        products = lr.run(Path(folder) / "bosnia.toml", out=here / "out" / "bosnia")
    print(products.headline)
    print("Open", products.map)
