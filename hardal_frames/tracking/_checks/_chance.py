"""What chance alone does not do."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np

from hardal_frames.analysis._statistics import wilson_interval

if TYPE_CHECKING:
    import numpy.typing as npt

    Mask = npt.NDArray[np.bool_]

SLACK: Final = 3
"""The interval of a share may leave out so many times what the share itself may."""

UNLIKELY: Final = 4.5
"""Standard deviations that chance exceeds 3 times in a million: a log asks thousands of times."""


def nearly_all(having: Any, of: Any, share: float) -> Mask:  # noqa: ANN401  (counts, or arrays of them)
    """Whether nearly all have something, in so many that it is no chance.

    The share itself must reach the one that is asked for, and the lower end of its 95 % interval
    must leave out no more than three times as much: 33 of 34 are nearly all, 19 of 20 are not.

    Parameters
    ----------
    having
        How many have it.
    of
        Of how many.
    share
        The share that is asked for.

    Examples
    --------
    >>> nearly_all(33, 34, 0.95), nearly_all(19, 20, 0.95), nearly_all(90, 100, 0.95)
    (array(True), array(False), array(False))
    """
    having, of = np.broadcast_arrays(np.asarray(having), np.asarray(of))
    low, _ = wilson_interval(having, of)
    found: Mask = (having >= share * of) & (low >= 1 - SLACK * (1 - share)) & (of > 0)
    return np.asarray(found)
