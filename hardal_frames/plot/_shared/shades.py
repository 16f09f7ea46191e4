"""One hue from the ground to the ink, every step looking equally large; also in grey.

The steps are equal in the lightness of OKLab (Ottosson 2020), which the eye calls equal too.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from hardal_frames.plot._shared.colours import Rgb

    Floats = NDArray[np.float64]

_STEPS: Final = 256
_HUE: Final = np.deg2rad(250.0)
_ON_LIGHT: Final = (0.95, 0.30)
_ON_DARK: Final = (0.27, 0.95)
_CHROMA: Final = 0.135
_MIDDLE: Final = 0.5

_TO_LMS: Final = np.array(
    [[1.0, 0.3963377774, 0.2158037573], [1.0, -0.1055613458, -0.0638541728],
     [1.0, -0.0894841775, -1.2914855480]]
)  # fmt: skip
_TO_LINEAR: Final = np.array(
    [[4.0767416621, -3.3077115913, 0.2309699292], [-1.2684380046, 2.6097574011, -0.3413193965],
     [-0.0041960863, -0.7034186147, 1.7076147010]]
)  # fmt: skip


def linear_light(colours: Floats) -> Floats:
    """Light that colours of a screen (0 to 1) give, channel by channel."""
    colours = np.asarray(colours, dtype=np.float64)
    return np.where(colours <= 0.04045, colours / 12.92, ((colours + 0.055) / 1.055) ** 2.4)  # noqa: PLR2004  (the constants of sRGB)


def brightness(colours: Floats) -> Floats:
    """Relative luminance, of which contrast is made (WCAG 2).

    Examples
    --------
    >>> brightness(np.array([[1.0, 1.0, 1.0], [0.0, 0.0, 0.0]])).round(3).tolist()
    [1.0, 0.0]
    """
    weights = np.array([0.2126, 0.7152, 0.0722])
    light: Floats = linear_light(colours) @ weights
    return light


def contrast(first: Rgb, second: Rgb) -> float:
    """Contrast of two colours, from 1 to 21; letters need 4.5, lines 3 (WCAG 2).

    Examples
    --------
    >>> round(contrast((1.0, 1.0, 1.0), (0.0, 0.0, 0.0)))
    21
    """
    low, high = np.sort(brightness(np.array([first, second])))
    return float((high + 0.05) / (low + 0.05))


def shades(ground: Rgb) -> Floats:
    """Colours from next to nothing to all, on this ground: darker on light, lighter on dark.

    Examples
    --------
    >>> colours = shades((1.0, 1.0, 1.0))
    >>> colours.shape, bool((np.diff(brightness(colours)) < 0).all())
    ((256, 3), True)
    """
    is_light = brightness(np.array([ground]))[0] > 0.18  # noqa: PLR2004  (the middle grey)
    first, last = _ON_LIGHT if is_light else _ON_DARK
    share = np.linspace(0, 1, _STEPS)
    lightness = first + (last - first) * share
    # Most colourful where a screen has most of this hue, and nearly grey at both ends.
    chroma = _CHROMA * np.clip(1 - (np.abs(lightness - 0.58) / 0.46) ** 1.6, 0.02, 1)
    lab = np.stack([lightness, chroma * np.cos(_HUE), chroma * np.sin(_HUE)], axis=-1)
    light = np.clip((lab @ _TO_LMS.T) ** 3 @ _TO_LINEAR.T, 0, 1)
    on_screen: Floats = np.where(
        light <= 0.0031308,  # noqa: PLR2004  (the constants of sRGB)
        12.92 * light,
        1.055 * light ** (1 / 2.4) - 0.055,
    )
    return on_screen


def letters_on(colours: Floats) -> Floats:
    """Black or white for letters on each of the colours, whichever is read more easily."""
    light = brightness(colours)
    on_white = 1.05 / (light + 0.05)
    white = on_white >= (light + 0.05) / 0.05
    return np.repeat(white[:, np.newaxis], 3, axis=1).astype(np.float64)
