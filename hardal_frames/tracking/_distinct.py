"""The distinct values of a column, so that a text is looked at once however often it comes."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute

from hardal_frames.analysis._encoding import as_arrow_text, decoded, factorized
from hardal_frames.frames.values import to_text

if TYPE_CHECKING:
    import numpy.typing as npt

    Codes = npt.NDArray[np.int32]
    Mask = npt.NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class Distinct:
    """The distinct values of a column as text, and which of them each row has.

    Parameters
    ----------
    codes
        Position of each row's value, -1 where it is missing.
    arrow
        The values as text, each once; what is no text is written as JSON.
    """

    codes: Codes
    arrow: pa.Array

    @cached_property
    def texts(self) -> list[str]:
        """The values as Python's own texts."""
        found: list[str] = self.arrow.to_pylist()
        return found

    @cached_property
    def blank(self) -> Mask:
        """Whether each of the values is empty or nothing but space."""
        return matches(self.arrow, r"^\s*$")

    def where(self, chosen: Mask) -> Mask:
        """Rows that have one of the chosen values."""
        found: Mask = np.append(chosen, np.False_)[self.codes]
        return found

    def rewritten(self, *changes: tuple[str, str]) -> Distinct:
        """Replace what regular expressions find; values that are alike then are one.

        Parameters
        ----------
        changes
            Pattern and replacement of each, in the syntax of RE2.
        """
        texts = self.arrow
        for pattern, replacement in changes:
            texts = pyarrow.compute.replace_substring_regex(
                texts, pattern=pattern, replacement=replacement
            )
        merged = _encoded(pa.chunked_array([texts]))
        return Distinct(np.append(merged.codes, np.int32(-1))[self.codes], merged.arrow)

    def find(self, pattern: str) -> Mask:
        """Whether a regular expression finds anything in each of the values."""
        return matches(self.arrow, pattern)


def matches(texts: pa.Array, pattern: str) -> Mask:
    """Whether a regular expression finds anything in each of the texts.

    Parameters
    ----------
    texts
        Texts, none missing.
    pattern
        In the syntax of RE2: no lookaround.
    """
    found = pyarrow.compute.match_substring_regex(texts, pattern)
    return np.asarray(found.to_numpy(zero_copy_only=False), dtype=bool)


def distinct_values(column: pd.Series[Any]) -> Distinct:
    """Find the distinct values of a column of any type.

    Parameters
    ----------
    column
        Texts, numbers, categoricals, or Python's own objects, lists and dicts among them.
    """
    if isinstance(column.dtype, pd.CategoricalDtype):
        codes = np.asarray(column.cat.codes, dtype=np.int32)
        return _merged(codes, [to_text(_plain(value)) for value in column.cat.categories])
    column = decoded(column)
    if column.dtype == object:
        # Hashing would take True for 1, and refuses lists; what is written apart stays apart.
        written = [to_text(_plain(value)) for value in column.array]
        return _encoded(pa.chunked_array([pa.array(written, type=pa.large_string())]))
    text = as_arrow_text(column)
    if text is not None:
        return _encoded(text)
    found, values = factorized(column)
    return _merged(found.astype(np.int32), [to_text(_plain(value)) for value in values])


def _plain(value: Any) -> Any:  # noqa: ANN401  (any value of a column)
    if isinstance(value, list | dict | tuple | set | np.ndarray):
        return list(value) if isinstance(value, set | np.ndarray) else value
    return None if pd.isna(value) else value.item() if isinstance(value, np.generic) else value


def _encoded(text: pa.ChunkedArray) -> Distinct:
    if not len(text):
        return Distinct(np.empty(0, dtype=np.int32), pa.array([], type=pa.large_string()))
    encoded = pa.chunked_array([text.cast(pa.large_string()).combine_chunks()])
    encoded = encoded.dictionary_encode().chunk(0)
    codes = encoded.indices.fill_null(-1).to_numpy(zero_copy_only=False)
    return Distinct(codes.astype(np.int32, copy=False), encoded.dictionary)


def _merged(codes: Codes, written: list[str | None]) -> Distinct:
    """Merge values that are written alike, and drop those that say nothing."""
    encoded = _encoded(pa.chunked_array([pa.array(written, type=pa.large_string())]))
    return Distinct(np.append(encoded.codes, np.int32(-1))[codes], encoded.arrow)
