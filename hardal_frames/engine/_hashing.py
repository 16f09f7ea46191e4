"""A number for each key that is the same on every machine, however keys stand together."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Final

import numpy as np
import pyarrow as pa
from pyarrow import compute

from hardal_frames.errors import InvalidInput

if TYPE_CHECKING:
    import numpy.typing as npt

    Hashes = npt.NDArray[np.uint64]

HASH: Final = "64 bits mixed word by word of the key in UTF-8"

_WORD: Final = 8
_LONGEST: Final = 128
_MULTIPLIER: Final = np.uint64(0x9E3779B97F4A7C15)
_OF_NULL: Final = np.uint64(0)
_START: Final = np.uint64(0x243F6A8885A308D3)


def stable_hashes(keys: pa.Array) -> Hashes:
    """Hash keys of any kind as the text that they are written as; of a missing one, 0.

    Examples
    --------
    >>> one = stable_hashes(pa.array(["a", None, "a longer key"]))
    >>> other = stable_hashes(pa.array(["a"]))
    >>> bool(one[0] == other[0]), int(one[1])
    (True, 0)
    """
    if isinstance(keys, pa.ChunkedArray):
        keys = keys.unify_dictionaries().combine_chunks()
    if pa.types.is_dictionary(keys.type):
        hashes = np.append(stable_hashes(keys.dictionary), _OF_NULL)
        codes = keys.indices.cast(pa.int64()).fill_null(len(keys.dictionary)).to_numpy()
        of_each: Hashes = hashes[codes]
        return of_each
    texts = _as_texts(keys)
    missing = texts.is_null().to_numpy(zero_copy_only=False)
    texts = compute.fill_null(texts, "")
    lengths = compute.binary_length(texts).to_numpy().astype(np.int64)
    long = np.flatnonzero(lengths > _LONGEST)
    if len(long):
        short = compute.if_else(pa.array(lengths <= _LONGEST), texts, "")
        hashes = _mixed(short, np.where(lengths <= _LONGEST, lengths, 0))
        # What is longer than an identifier is rare, wherever it stands, and hashed by itself.
        hashes[long] = [_digest(each) for each in texts.take(pa.array(long)).to_pylist()]
    else:
        hashes = _mixed(texts, lengths)
    hashes[hashes == _OF_NULL] = _START
    hashes[missing] = _OF_NULL
    return hashes


def _as_texts(keys: pa.Array) -> pa.Array:
    try:
        if pa.types.is_floating(keys.type):
            keys = compute.add(keys, 0.0)  # 0 and -0 are one key
        return keys.cast(pa.large_string())
    except pa.ArrowException:
        raise InvalidInput(
            f"Values of type {keys.type} cannot name who walks; make them text first."
        ) from None


def _mixed(texts: pa.Array, lengths: npt.NDArray[np.int64]) -> Hashes:
    words = np.maximum(-(-lengths // _WORD), 1)
    width = int(words.max(initial=1)) * _WORD
    filled = compute.ascii_rpad(texts, width=width, padding=b"\0")
    held = np.frombuffer(filled.buffers()[2], dtype="<u8", count=len(texts) * width // _WORD)
    letters = held.reshape(len(texts), width // _WORD)
    hashes = lengths.astype(np.uint64) ^ _START  # an empty text is not a missing one
    for place, column in enumerate(letters.T):
        mixed = (hashes ^ column) * _MULTIPLIER
        mixed ^= mixed >> np.uint64(29)
        hashes = np.where(place < words, mixed, hashes)
    hashes *= _MULTIPLIER
    hashes ^= hashes >> np.uint64(32)
    return hashes


def _digest(text: str) -> int:
    digest = hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=8).digest()
    return int.from_bytes(digest, "little")
