"""What a first user met: files that change, copies inside of folders, workspaces that vanish."""

from __future__ import annotations

import os
import shutil
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pandas as pd
import pytest

import hardal_frames as hf
from hardal_frames.analysis._spread import GroupedDurations, Ranks, spread_of
from hardal_frames.analysis._statistics import MEDIAN
from hardal_frames.analysis._tally import Tally
from hardal_frames.engine import scan as scan_module
from tests.engine.made import made_frame

STEPS = ["A", "B"]


@pytest.fixture
def frame():
    """Events with a visitor each session."""
    return made_frame(400, lacking=False, whole_visits=True)


@pytest.fixture
def split(frame, tmp_path):
    """Files over which sessions are split."""
    (tmp_path / "in").mkdir()
    for number in range(3):
        frame.iloc[number::3].to_parquet(tmp_path / "in" / f"{number}.parquet")
    return tmp_path / "in"


def test_copies_inside_of_a_folder_are_not_counted_again(split, tmp_path):
    """Neither a workspace there nor a folder of ours that was put there."""
    with pytest.raises(hf.InvalidInput, match="is inside of"):
        hf.funnel(hf.scan_events(split, workspace=split / "work"), STEPS)
    with pytest.raises(hf.InvalidInput, match="is inside of"):
        hf.partition_events(split, split / "cut")
    hf.partition_events(split, tmp_path / "cut")
    shutil.copytree(tmp_path / "cut", split / "cut")
    with pytest.raises(hf.StoreError, match="a folder that we wrote"):
        hf.scan_events(split)


@pytest.mark.parametrize("change", ["shorter", "as long"])
def test_a_file_that_changes_before_the_cut_is_told(change, split, frame, tmp_path):
    """And nothing of it stays for the next scan."""
    scan = hf.scan_events(split, workspace=tmp_path / "work")
    kept = tmp_path / "kept.parquet"
    shutil.copy2(split / "0.parquet", kept)
    other = frame.iloc[1::3] if change == "as long" else frame.iloc[:5]
    other.to_parquet(split / "0.parquet")
    with pytest.raises(hf.StoreError, match="is not what it was"):
        hf.funnel(scan, STEPS)
    shutil.copy2(kept, split / "0.parquet")
    again = hf.scan_events(split, workspace=tmp_path / "work")
    pd.testing.assert_frame_equal(hf.funnel(again, STEPS), hf.funnel(frame, STEPS))


def test_a_file_without_the_key_or_the_name(frame, tmp_path):
    """Its events have none; others are counted."""
    (tmp_path / "in").mkdir()
    frame.iloc[::2].to_parquet(tmp_path / "in" / "0.parquet")
    frame.iloc[1::2].drop(columns="visitor_id").to_parquet(tmp_path / "in" / "1.parquet")
    whole = frame.copy()
    whole.loc[whole.index[1::2], "visitor_id"] = pd.NA
    scan = hf.scan_events(tmp_path / "in", workspace=tmp_path / "work")
    with pytest.warns(hf.DataWarning):
        found = hf.retention(scan)
    with pytest.warns(hf.DataWarning):
        expected = hf.retention(whole)
    pd.testing.assert_frame_equal(found, expected)


@pytest.mark.parametrize("damage", ["all", "a part", "the manifest"])
def test_a_workspace_that_vanishes_is_made_again(damage, split, frame, tmp_path):
    """For the scan that used it, and for the next one."""
    scan = hf.scan_events(split, workspace=tmp_path / "work")
    expected = hf.funnel(frame, STEPS)
    pd.testing.assert_frame_equal(hf.funnel(scan, STEPS), expected)
    [folder] = [each for each in (tmp_path / "work").iterdir() if each.is_dir()]
    if damage == "all":
        shutil.rmtree(folder)
    else:
        file = {"a part": "events/part-00000.parquet", "the manifest": "manifest.json"}[damage]
        (folder / file).unlink()
        scan = hf.scan_events(split, workspace=tmp_path / "work")
    pd.testing.assert_frame_equal(hf.funnel(scan, STEPS), expected)


def test_two_that_need_the_same_cut_share_it(split, frame, tmp_path):
    """Whoever is later waits, and cuts nothing."""
    scans = [hf.scan_events(split, workspace=tmp_path / "work") for _ in range(4)]
    with ThreadPoolExecutor(4) as threads:
        found = list(threads.map(lambda scan: hf.funnel(scan, STEPS), scans))
    for table in found:
        pd.testing.assert_frame_equal(table, hf.funnel(frame, STEPS))
    assert len([each for each in (tmp_path / "work").iterdir() if each.is_dir()]) == 1


def test_a_file_larger_than_a_part_is_cut(frame, tmp_path, monkeypatch):
    """A single file, which holds every session whole, as well."""
    monkeypatch.setattr(scan_module, "_LARGEST", 100)
    frame.to_parquet(tmp_path / "events.parquet")
    scan = hf.scan_events(tmp_path / "events.parquet", workspace=tmp_path / "work")
    pd.testing.assert_frame_equal(hf.funnel(scan, STEPS), hf.funnel(frame, STEPS))
    assert len(list((tmp_path / "work").glob("*/events/*.parquet"))) == 1


def test_groups_far_apart_keep_their_durations():
    """Their codes and the bins together once took more bits than there are."""
    keys = np.array([[0], [2**46]])
    tally = Tally((), keys, keys[:, :0])
    groups = np.array([0] * 5 + [1] * 19)
    grouped = GroupedDurations(np.array([100] * 14 + [200] * 10), groups, tally)
    ranks = Ranks.of(spread_of(grouped), [MEDIAN])
    [medians] = ranks.read_off(ranks.collected(grouped))
    assert medians.view(np.int64).tolist() == [100, 200]


def test_bad_arguments(tmp_path):
    """What is no path, no executor and no zone is told."""
    made_frame(20).to_parquet(tmp_path / "events.parquet")
    for call, said in (
        (lambda: hf.scan_events([tmp_path]), "path is a list"),
        (lambda: hf.scan_events(tmp_path, executor=5), "executor is a int"),
        (lambda: hf.partition_events(tmp_path, tmp_path.parent / "o", timezone="Mars"), "'Mars'"),
    ):
        with pytest.raises(hf.InvalidInput, match=said):
            call()
    assert os.listdir(tmp_path) == ["events.parquet"]  # noqa: PTH208  (nothing was written)
