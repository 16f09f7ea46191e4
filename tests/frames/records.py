"""Random records, as odd as an API may send them."""

from __future__ import annotations

from hypothesis import strategies as st

INSTANTS = st.one_of(
    st.datetimes().map(lambda moment: moment.isoformat() + "Z"),
    st.datetimes().map(lambda moment: moment.isoformat(" ")),
    st.datetimes(timezones=st.timezones()).map(lambda moment: moment.isoformat()),
    st.datetimes().map(lambda moment: moment.isoformat(timespec="milliseconds") + "-03:30"),
    st.from_regex(
        r"[0-9]{4}-[01][0-9]-[0-3][0-9][T ][0-2][0-9]:[0-6][0-9]:[0-6][0-9](\.[0-9]{1,8})?"
        r"(Z|[+-][0-2][0-9]:?[0-9]{2})?",
        fullmatch=True,
    ),
    st.integers(0, 10**17),
    st.integers(0, 10**17).map(str),
    st.floats(),
    st.sampled_from(
        [
            *["", "soon", " 2026-03-02T07:00:00Z ", "2026-03-02T07:00:00Z\n", "\ud800", None],
            *["2026-02-30T00:00:00Z", "2026-03-02", "0000-01-01T00:00:00Z"],
            *["9999-12-31T23:59:59+00:00", "2026-03-02T23:59:60Z", "2026-03-02T24:00:00Z"],
            "٢٠٢٦-03-02T07:00:00Z",
        ]
    ),
)
"""Timestamps of every kind, most of them readable."""

VALUES = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-3, 3),
    st.sampled_from([2**53, 2**53 + 1, 2**63, -(2**63), 10**400, "\ud800", "٣", "/", ":", "-"]),
    st.floats(),
    st.one_of(st.integers(-20, 20), st.floats(-9, 9)).map(str),
    st.text(max_size=3),
    st.lists(st.integers(0, 3), max_size=2),
    st.dictionaries(st.text(max_size=1), st.integers(0, 3), max_size=2),
)
"""Values of properties."""

RECORDS = st.fixed_dictionaries(
    {"timestamp": INSTANTS},
    optional={
        "id": st.sampled_from(["e1", "e2", "e3", "", None]),
        "name": st.sampled_from(["page_view", "ödeme", None]),
        "title": st.one_of(st.text(max_size=3), st.integers()),
        "properties": st.one_of(
            st.none(),
            st.integers(0, 3),
            st.dictionaries(
                st.sampled_from(["a", "b", "c", "\ud800", "\udbff"]), VALUES, max_size=3
            ),
        ),
    },
)
"""Records of events, as `json.loads` gives them."""

SESSIONS = st.lists(st.lists(RECORDS, max_size=4), max_size=6)
"""Feeds of sessions."""
