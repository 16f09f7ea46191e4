"""The command `hardal-frames simulate`."""

from __future__ import annotations

import re

import pytest

import hardal_frames as hf
from hardal_frames.shell.cli import main


def test_simulate(tmp_path, capsys):
    """It writes what simulate_events writes, and says how much."""
    folder, other = tmp_path / "by command", tmp_path / "by function"
    assert main(["simulate", str(folder), "--events", "2000", "--seed", "7"]) == 0
    assert capsys.readouterr().out == f"2,000 events in 1 part are in {folder}.\n"
    hf.simulate_events(other, events=2000, seed=7)
    assert (folder / "manifest.json").read_bytes() == (other / "manifest.json").read_bytes()


@pytest.mark.parametrize("option", ["--events", "--processes"])
def test_simulate_tells_mistakes(tmp_path, option, capsys):
    """A number that cannot be is told in one line, and nothing is written."""
    assert main(["simulate", str(tmp_path / "events"), option, "0"]) == 1
    printed = capsys.readouterr().err
    assert re.fullmatch(
        rf"hardal-frames: {option[2:]} is 0; a whole number from 1 is needed\.\n", printed
    )
    assert not list(tmp_path.iterdir())


def test_simulate_into_a_folder_of_something_else(tmp_path, capsys):
    """What is not ours is left alone."""
    (tmp_path / "notes.txt").write_text("mine")
    assert main(["simulate", str(tmp_path), "--events", "10"]) == 1
    assert "holds something else" in capsys.readouterr().err
    assert [each.name for each in tmp_path.iterdir()] == ["notes.txt"]
