"""Page views that do not say which page."""

from __future__ import annotations

import unicodedata
from typing import TYPE_CHECKING, Final
from urllib.parse import unquote, urlsplit

import numpy as np

from hardal_frames.tracking.finding import Finding

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hardal_frames.tracking._log import Log
    from hardal_frames.tracking.finding import Severity

WITHOUT: Final[dict[str, tuple[Severity, str]]] = {
    "path": ("medium", "journeys and funnels over pages leave it out"),
    "title": ("low", "reports by title leave it out"),
}


def incomplete_pageview(log: Log) -> Iterator[Finding]:
    """Find views of pages without title or path."""
    views = np.flatnonzero(log.is_pageview)
    for column, (severity, consequence) in WITHOUT.items():
        if not log.has(column):
            continue
        without = views[~log.filled(column)[views]]
        if len(without) == len(views):
            yield Finding(
                severity,
                f"No view of a page has a {column}: {consequence}. Look whether the tracker is "
                "told to send it.",
                without,
                of=len(views),
                property=column,
            )
            continue
        for name, rows in log.split_by_name(without):
            yield Finding(
                severity,
                f"{name!r} without {column}: {consequence}. Look whether it is sent before the "
                "page has one.",
                rows,
                of=len(views),
                name=name,
                property=column,
            )


def contradicting_path(log: Log) -> Iterator[Finding]:
    """Find events whose path is not that of their url.

    Percent-encoding, case, a trailing slash, a query or fragment in the path, a path without its
    first slash, and the path that a router keeps in the fragment are no contradiction.
    """
    if not log.has("url", "path"):
        return
    urls, paths = log.pages, log.distinct("path")
    rows = np.flatnonzero((urls.codes >= 0) & (paths.codes >= 0))
    pairs = urls.codes[rows].astype(np.int64) * (len(paths.arrow) + 1) + paths.codes[rows]
    distinct, pair_of = np.unique(pairs, return_inverse=True)
    url_of, path_of = distinct // (len(paths.arrow) + 1), distinct % (len(paths.arrow) + 1)
    contradict = np.array(
        [
            is_contradiction(url, path)
            for url, path in zip(
                urls.arrow.take(url_of).to_pylist(),
                paths.arrow.take(path_of).to_pylist(),
                strict=True,
            )
        ],
        dtype=bool,
    )
    for name, own in log.split_by_name(rows[contradict[pair_of.reshape(-1)]]):
        yield Finding(
            "medium",
            f"path of {name!r} is not that of its url; journeys over pages and the pages' own "
            "figures disagree. Look whether one is taken before and one after the route changes.",
            own,
            of=len(log.named(name)),
            name=name,
            property="path",
        )


def is_contradiction(url: str, path: str) -> bool:
    """Whether a path cannot be that of a url.

    Examples
    --------
    >>> is_contradiction("https://a.example/sepet/?x=1", "/sepet")
    False
    >>> is_contradiction("https://a.example/%C3%B6deme", "/ödeme")
    False
    >>> is_contradiction("https://a.example/#/sepet", "/sepet")
    False
    >>> is_contradiction("https://a.example/odeme", "/sepet")
    True
    """
    if not path.strip() or not url.strip():
        return False
    # Nearly every pair is decided here, without taking it apart: two slashes before the host.
    if path[0] == "/" and url.endswith(path) and url.count("/", 0, len(url) - len(path)) == 2:  # noqa: PLR2004
        return False
    try:
        parts, said = urlsplit(url.strip()), urlsplit(_rooted(path.strip()))
    except ValueError:
        return False
    if parts.scheme not in {"http", "https", ""} or (parts.scheme and not parts.netloc):
        return False
    routes = {_bare(parts.path)}
    if parts.fragment.startswith(("/", "!")):
        routes.add(_bare(parts.fragment.removeprefix("!").partition("?")[0]))
    if said.fragment.startswith(("/", "!")):
        return _bare(said.fragment.removeprefix("!").partition("?")[0]) not in routes
    return _bare(said.path) not in routes


def _rooted(path: str) -> str:
    """Make a path begin with one slash, so that nothing in it is taken for a host."""
    if path.startswith(("http://", "https://")):
        return path
    return "/" + path.lstrip("/")


def _bare(path: str) -> str:
    for _ in range(3):  # some trackers encode what is encoded already
        plain = unquote(path)
        if plain == path:
            break
        path = plain
    return unicodedata.normalize("NFC", path).strip("/").casefold()
