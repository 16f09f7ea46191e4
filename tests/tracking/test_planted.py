"""Faults planted at known places are all found, and what is found was planted."""

from __future__ import annotations

import functools

import pytest

from hardal_frames.errors import InvalidInput, UnknownName
from hardal_frames.sandbox import plant, simulate
from hardal_frames.sandbox.faults import FAULTS
from hardal_frames.tracking._checks.registry import CHECKS, OF_ALL_ROWS
from hardal_frames.tracking.audit import audit
from tests.tracking.cases import flagged, frames_of

PRECISION = 0.95
EVERY_KIND_FROM = 2_000

simulated = functools.cache(simulate)


@functools.cache
def found_in_clean(sessions, seed):
    """What is found where nothing was planted: the addresses of the newsletter form."""
    return flagged(simulated(sessions, seed=seed))


def check_figures(sessions, seed, kinds=None, share=0.01):
    """Recall is 1, and precision high enough, for each kind that was planted."""
    recording, planted = plant(simulated(sessions, seed=seed), seed=seed, faults=kinds, share=share)
    by_check = flagged(recording)
    clean = found_in_clean(sessions, seed)
    for check in {*planted, *by_check}:
        truth = planted.get(check, frozenset()) | clean.get(check, set())
        named = by_check.get(check, set())
        assert truth <= named, (check, sorted(truth - named)[:5])
        assert len(truth) >= PRECISION * len(named), (check, sorted(named - truth)[:5])
        if sessions >= EVERY_KIND_FROM:
            assert planted.get(check, truth), check


def test_every_check_has_a_fault():
    """The simulator plants a fault for each check there is."""
    assert set(FAULTS) == {*OF_ALL_ROWS, *CHECKS}


@pytest.mark.parametrize("kind", FAULTS)
@pytest.mark.parametrize(("sessions", "seed"), [(300, 5), (2_000, 1)])
def test_each_kind_alone(kind, sessions, seed):
    """One kind of fault: all found, and no other check says anything."""
    check_figures(sessions, seed, [kind])


@pytest.mark.parametrize(
    ("sessions", "seed"), [(200, 1), (200, 2), (700, 3), (2_000, 4), (2_000, 11)]
)
def test_all_kinds_at_once(sessions, seed):
    """All kinds in one recording: each found, none takes another's place."""
    check_figures(sessions, seed)


def test_changes_of_many_sessions():
    """An event that stops and another that multiplies, where there are enough of both."""
    check_figures(6_000, 2, ["changed_volume"])


@pytest.mark.parametrize("sessions", [400, 600])
def test_a_fill_that_ends(sessions):
    """A property that is missing for two days is found, be it in hundreds of events of few."""
    for seed in (1, 4, 7):
        recording, planted = plant(simulated(sessions, seed=seed), faults=["changed_fill"])
        assert planted["changed_fill"]
        assert flagged(recording).get("changed_fill") == planted["changed_fill"], seed


def test_too_short_for_changes():
    """In three days nothing can be told from the days before, and nothing is planted."""
    kinds = ["changed_volume", "changed_fill", "type_change"]
    planted = plant(simulate(200, days=3), faults=kinds)[1]
    assert not planted["changed_volume"] | planted["changed_fill"]


@pytest.mark.parametrize("share", [0.002, 0.02])
def test_rare_and_frequent_faults(share):
    """One in five hundred sessions, or one in fifty."""
    check_figures(2_000, 6, share=share)


@pytest.mark.nightly
@pytest.mark.parametrize("seed", range(3))
def test_many_sessions(seed):
    """All kinds among 20,000 sessions."""
    check_figures(20_000, seed)


@pytest.mark.nightly
@pytest.mark.parametrize("seed", range(20, 40))
def test_many_seeds(seed):
    """All kinds, by twenty other seeds."""
    check_figures(700, seed)
    check_figures(2_000, seed)


@pytest.mark.parametrize(
    ("sessions", "seeds"),
    [
        (20, range(8)),
        (200, range(8)),
        (2_000, range(3)),
        pytest.param(20_000, range(3), marks=pytest.mark.nightly),
    ],
)
def test_clean_data(sessions, seeds):
    """On clean data nothing is found but the addresses that people give the newsletter."""
    for seed in seeds:
        events, rows = frames_of(simulated(sessions, seed=seed))
        table = audit(events, rows)
        told = set(zip(table["check"], table["severity"], table["property"], strict=True))
        assert told <= {("personal_data", "medium", "email")}, (seed, told)


def test_the_recording_is_not_changed():
    """Planting leaves the recording as it was, and the same seed plants the same."""
    recording = simulate(300, seed=3)
    faulty, planted = plant(recording, seed=3)
    assert recording == simulate(300, seed=3)
    assert faulty != recording
    again, at = plant(recording, seed=3)
    assert (again, at) == (faulty, planted)
    assert plant(recording, seed=4)[1] != planted


def test_chosen_faults():
    """Only what was chosen is planted; unknown kinds and impossible shares are refused."""
    recording = simulate(20, seed=1)
    assert plant(recording, faults=[])[1] == {}
    assert list(plant(recording, faults=("out_of_order", "bad_number"))[1]) == [
        "bad_number",
        "out_of_order",
    ]
    with pytest.raises(UnknownName, match="Did you mean 'bad_number'"):
        plant(recording, faults=["bad_numbers"])
    for share in (0, 1.5, True, "1", None):
        with pytest.raises(InvalidInput, match="share is"):
            plant(recording, share=share)
    for faults in ("self_referral", 3):
        with pytest.raises(InvalidInput, match="faults is .*; a list of names"):
            plant(recording, faults=faults)
    with pytest.raises(UnknownName, match=r"no fault called \[\]"):
        plant(recording, faults=[[]])
    with pytest.raises(InvalidInput, match="recording is a DataFrame; a Recording"):
        plant(frames_of(recording)[0])


def test_no_messages_hold_what_was_found():
    """Neither messages nor examples hold addresses, numbers or queries."""
    events, rows = frames_of(plant(simulated(2_000, seed=1), seed=1)[0])
    table = audit(events, rows)
    text = " ".join(table["message"]) + str(table[["example_ids", "example_sessions"]].to_dict())
    for secret in ("posta.example", "532 111", "0532 ", "tckn=", "eposta=", "kart 4"):
        assert secret not in text
