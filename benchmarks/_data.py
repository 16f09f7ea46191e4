"""Events of a made-up shop for the benchmarks: seeded, realistic in shape, ten million in seconds.

    python benchmarks/_data.py --folder FOLDER [--events 10000000] [--shuffled] [--ids]

writes them to parquet, as `hardal_frames.sandbox.crowd` makes them: each session in one piece,
inside it by (timestamp, sequence).
"""

from __future__ import annotations

import argparse
import os
import time
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from hardal_frames.sandbox.crowd import events_table

SEED = 20260301
VARIANTS = ("canonical", "categorical", "shuffled")


def prepare(folder, events, *, shuffled=False, **options):
    """Write the events into the folder unless they are there, and return the file.

    Parameters
    ----------
    folder
        Where to.
    events
        How many.
    shuffled
        Whether the rows are permuted.
    options
        Of events_table.
    """
    told = "".join(f"_{name}{value:d}" for name, value in sorted(options.items()))
    file = Path(folder, f"events_{events}{told}{'_shuffled' if shuffled else ''}.parquet")
    if not file.exists():
        if shuffled:
            table = pq.read_table(prepare(folder, events, **options))
            table = table.take(np.random.default_rng(SEED).permutation(len(table)))
        else:
            table = events_table(events, **{"seed": SEED, **options})
        aside = file.with_suffix(f".part{os.getpid()}")
        pq.write_table(table, aside, compression="lz4")
        aside.replace(file)
    return file


def load(folder, events, variant, columns, **options):
    """Read the columns of a variant into the frame that every peer is given.

    The columns are what `hf.read_events` gives, each in one piece: strings of Arrow, or
    categoricals, nullable numbers for properties.
    """
    file = prepare(folder, events, shuffled=variant == "shuffled", **options)
    coded = [name for name in ("type", "name") if name in columns and variant == "categorical"]
    table = pq.read_table(file, columns=columns, read_dictionary=coded).combine_chunks()
    types = {pa.large_string(): pd.StringDtype("pyarrow")}
    numbers = {pa.float64(): pd.Float64Dtype(), pa.int64(): pd.Int64Dtype()}
    properties = [name for name in columns if name.startswith("prop_")]
    others = [name for name in columns if name not in properties]
    parts = [
        table.select(others).to_pandas(types_mapper=types.get),
        table.select(properties).to_pandas(types_mapper=(types | numbers).get),
    ]
    return pd.concat(parts, axis="columns")[columns]


def main():
    """Write the files and tell how long it took."""
    options = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    options.add_argument("--folder", type=Path, required=True)
    options.add_argument("--events", type=int, default=10_000_000)
    options.add_argument("--shuffled", action="store_true", help="a second file, rows permuted")
    options.add_argument("--ids", action="store_true", help="with an id for each event")
    asked = options.parse_args()
    asked.folder.mkdir(parents=True, exist_ok=True)
    more = {"ids": True} if asked.ids else {}
    for shuffled in (False, True)[: 1 + asked.shuffled]:
        begin = time.perf_counter()
        file = prepare(asked.folder, asked.events, shuffled=shuffled, **more)
        print(f"{file} ({time.perf_counter() - begin:.1f} s)")


if __name__ == "__main__":
    main()
