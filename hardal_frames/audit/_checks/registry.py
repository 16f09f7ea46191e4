"""Every check by its name, in the order in which they are done."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from hardal_frames.audit._checks.duplicates import duplicate_event, repeated_transaction

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from hardal_frames.audit._log import Log
    from hardal_frames.audit.finding import Finding

CHECKS: Final[dict[str, Callable[[Log], Iterable[Finding]]]] = {
    check.__name__: check for check in (duplicate_event, repeated_transaction)
}
