"""What must not reach the disk: properties that are dropped, or stand there as a keyed hash."""

from __future__ import annotations

import hashlib
import json
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from hardal_frames.errors import InvalidInput, StoreError
from hardal_frames.frames.values import json_text

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from hardal_frames.store._database import Database

    Record = dict[str, Any]

_DIGEST_BYTES: Final = 16
_KEY_BYTES: Final = 32
_KEY_FILE: Final = "hash.key"


@dataclass(frozen=True, slots=True)
class Privacy:
    """Properties to drop or to hash, wherever they stand inside a record's properties or fields.

    Parameters
    ----------
    dropped, hashed
        Names of properties.
    key
        Secret of the hash: without it, nobody can try which e-mail address has a given hash.

    Examples
    --------
    >>> privacy = Privacy(frozenset({"email"}), frozenset({"user_id"}), b"secret")
    >>> kept = privacy.applied({"email": "a@b.c", "user_id": 7, "price": 5})
    >>> sorted(kept), len(kept["user_id"])
    (['price', 'user_id'], 32)
    """

    dropped: frozenset[str]
    hashed: frozenset[str]
    key: bytes = field(repr=False)

    def of_records(self, records: Sequence[Record], name: str) -> list[Record]:
        """Return the records, their object of the given name as it may be kept."""
        if not self.dropped and not self.hashed:
            return list(records)
        return [
            {**record, name: self.applied(_parsed(record[name]))} if name in record else record
            for record in records
        ]

    def applied(self, value: Any) -> Any:  # noqa: ANN401  (any JSON)
        """Copy of a JSON value without what must not be kept."""
        if isinstance(value, Mapping):
            return {
                name: self._hash(inner) if name in self.hashed else self.applied(inner)
                for name, inner in value.items()
                if name not in self.dropped
            }
        if isinstance(value, list):
            return [self.applied(inner) for inner in value]
        return value

    def _hash(self, value: object) -> str | None:
        if value is None:
            return None
        if isinstance(value, float) and value.is_integer():
            value = int(value)
        text = value if isinstance(value, str) else json_text(value)
        digest = hashlib.blake2b(
            text.encode("utf-8", "replace"), digest_size=_DIGEST_BYTES, key=self.key
        )
        return digest.hexdigest()


def _parsed(value: object) -> object:
    """Object that was sent as JSON text: its properties are properties all the same."""
    if not isinstance(value, str):
        return value
    try:
        return json.loads(value)
    except (ValueError, RecursionError):
        return value


def lasting_key(file: Path, connection: sqlite3.Connection) -> bytes:
    """Key of a store's hashes: made at random with the store, and the same for ever.

    Parameters
    ----------
    file
        Where it stands.
    connection
        To the store, in a transaction: it remembers a digest of the key.

    Raises
    ------
    StoreError
        If the file is gone or another one: equal values would have other hashes from now on.
    """
    query = "SELECT value FROM facts WHERE name = 'hash key'"
    known = connection.execute(query).fetchone()
    if known is None and not file.exists():
        aside = file.with_name(f".{file.name}.{secrets.token_hex(4)}")
        aside.touch(mode=0o600)
        aside.write_text(secrets.token_hex(_KEY_BYTES), encoding="ascii")
        aside.replace(file)
    try:
        key = bytes.fromhex(file.read_text(encoding="ascii"))
    except (FileNotFoundError, ValueError):
        key = b""
    digest = hashlib.blake2b(key, digest_size=_DIGEST_BYTES).hexdigest()
    if not key or (known is not None and known[0] != digest):
        raise StoreError(
            f"{file} is not the key that the store was made with. Put the old file back: with "
            "another key, equal values would get other hashes."
        )
    connection.execute("INSERT OR IGNORE INTO facts VALUES ('hash key', ?)", [digest])
    return key


def property_names(names: Iterable[str], argument: str) -> frozenset[str]:
    """Check a list of property names.

    Raises
    ------
    InvalidInput
        If it is one text, or a name carries the prefix of its column.
    """
    if isinstance(names, str):
        raise InvalidInput(f"{argument} is the text {names!r}; a list of properties is needed.")
    checked = frozenset(names)
    given: frozenset[object] = checked
    for name in given:
        if not isinstance(name, str) or name.startswith(("prop_", "field_")):
            raise InvalidInput(
                f"{argument} names {name!r}; it names properties as the tracker sends them, such "
                "as 'email', without the prefix of their columns."
            )
    return checked


def settled_privacy(
    database: Database, folder: Path, dropped: frozenset[str], hashed: frozenset[str]
) -> Privacy:
    """Return what a store was made to drop and to hash; a new one is made to do as asked.

    Raises
    ------
    StoreError
        If an older one was made otherwise.
    """
    asked = {"drop": sorted(dropped), "hash": sorted(hashed)}
    with database.writing() as connection:
        connection.execute("INSERT OR IGNORE INTO facts VALUES ('privacy', ?)", [json.dumps(asked)])
        (text,) = connection.execute("SELECT value FROM facts WHERE name = 'privacy'").fetchone()
        settled = json.loads(text)
        # Inside the transaction, so that two processes cannot both make a key.
        key = b""
        if settled["hash"]:
            key = lasting_key(folder / _KEY_FILE, connection)
    if (dropped or hashed) and settled != asked:
        raise StoreError(
            f"The store {folder} was made with drop_properties={settled['drop']} and "
            f"hash_properties={settled['hash']}; what it holds cannot be changed. Leave the "
            "arguments out, or make a new store."
        )
    return Privacy(frozenset(settled["drop"]), frozenset(settled["hash"]), key)
