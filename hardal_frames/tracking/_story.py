"""Which events of a session are told one by one, and which are folded into one line."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd

if TYPE_CHECKING:
    import numpy.typing as npt

    Integers = npt.NDArray[np.int64]
    Mask = npt.NDArray[np.bool_]

_MOST: Final = 200
"""So many events are told at most, unless more are of the highest rank."""

_SHORTEST_RUN: Final = 3
_LONG_PAUSE: Final = pd.Timedelta("5min")
_OF_EACH_FINDING: Final = 5
_NAMED: Final = 4
_CHAPTERS: Final = 50
_RARE: Final = 2
_MOST_RARE: Final = 100
_HIGHEST: Final = 4


@dataclass(frozen=True)
class Stretch:
    """Events that follow each other: told one by one if they are one, else folded.

    Parameters
    ----------
    first, end
        Place of the first one, and of the one after the last.
    """

    first: int
    end: int

    @property
    def is_folded(self) -> bool:
        """Whether it is told in one line."""
        return self.end - self.first > 1


def story_of(frame: pd.DataFrame) -> list[Stretch]:
    """Fold what says little, all the more the longer a session is.

    Parameters
    ----------
    frame
        That of an explanation.

    Returns
    -------
    list
        Every event is in one of the stretches, in order.
    """
    rank = _ranks(frame)
    level = 1
    while level < _HIGHEST and (rank >= level).sum() > _MOST:
        level += 1
    shown = rank >= level
    starts = shown | np.append(True, shown[:-1])[: len(shown)]
    if level > 1:
        # In chapters, so that no line stands for most of what happened.
        starts[:: len(frame) // _CHAPTERS] = True
    begins = np.flatnonzero(starts)
    ends = np.append(begins[1:], len(frame))[: len(begins)]
    found: list[Stretch] = []
    for first, end in zip(begins.tolist(), ends.tolist(), strict=True):
        if level == 1 and end - first < _SHORTEST_RUN:
            found += [Stretch(place, place + 1) for place in range(first, end)]
        else:
            found.append(Stretch(first, end))
    return found


def folded_text(frame: pd.DataFrame, stretch: Stretch) -> str:
    """Tell what the events of a folded stretch were.

    Examples
    --------
    >>> frame = pd.DataFrame({"name": ["scroll"] * 9, "findings": [()] * 9})
    >>> folded_text(frame, Stretch(2, 9))
    '7 more: scroll ×7'
    """
    part = frame.iloc[stretch.first : stretch.end]
    names = Counter(part["name"].astype(str)).most_common()
    told = ", ".join(f"{name} ×{count}" for name, count in names[:_NAMED])
    if len(names) > _NAMED:
        told += f" and {len(names) - _NAMED} other names"
    found = Counter(check for checks in part["findings"] for check in checks).most_common()
    concerned = "".join(f"; {check} ×{count}" for check, count in found)
    return f"{len(part):,} more: {told}{concerned}"


def _ranks(frame: pd.DataFrame) -> Integers:
    """Rank from 0 of each event: the higher, the later it is folded."""
    names = frame["name"].astype(str).to_numpy()
    goes_on = np.append(False, names[1:] == names[:-1])[: len(names)]
    rank = np.full(len(frame), 2, dtype=np.int64)
    rank[goes_on] = 1
    rank[goes_on & frame["changes"].isna().to_numpy(dtype=bool)] = 0
    notable = frame["page_changed"].to_numpy(dtype=bool) | ~pd.Series(names).duplicated().to_numpy()
    notable |= frame["origin"].notna().to_numpy(dtype=bool)
    notable |= (frame["gap"] >= _LONG_PAUSE).to_numpy(dtype=bool)
    rank[notable] = 3
    rank[frame["step"].notna().to_numpy(dtype=bool) | _early_findings(frame)] = _HIGHEST
    # What happens once or twice may decide a session, unless most of it is such.
    counts = pd.Series(names).map(Counter(names)).to_numpy()
    if (counts <= _RARE).sum() <= _MOST_RARE:
        rank[counts <= _RARE] = _HIGHEST
    rank[:1] = rank[-1:] = _HIGHEST
    return rank


def _early_findings(frame: pd.DataFrame) -> Mask:
    """Events that are among the first of a check's."""
    found = frame["findings"].reset_index(drop=True).explode().dropna()
    early = found.groupby(found.to_numpy(dtype=object)).cumcount() < _OF_EACH_FINDING
    marked = np.zeros(len(frame), dtype=bool)
    marked[found.index[early].to_numpy()] = True
    return marked
