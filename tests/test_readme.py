"""What the README shows is run."""

from __future__ import annotations

import re
from pathlib import Path

import hardal_frames as hf
from hardal_frames.sandbox import Sandbox, read_recording

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")


def test_python_runs_against_the_sandbox(tmp_path, monkeypatch):
    """From key to chart in at most twelve lines, as written."""
    [code] = re.findall(r"```python\n(.*?)```", README, flags=re.DOTALL)
    assert len([line for line in code.splitlines() if line.strip()]) <= 12
    monkeypatch.chdir(tmp_path)
    with Sandbox(read_recording(ROOT / "data" / "shop.jsonl.gz")) as hardal:
        monkeypatch.setenv("HARDAL_API_KEY", hardal.api_key)
        monkeypatch.setenv("HARDAL_SIGNAL_ID", hardal.signal_id)
        monkeypatch.setenv("HARDAL_API_BASE_URL", hardal.base_url)
        names = {}
        exec(compile(code, "README.md", "exec"), names)  # noqa: S102  (that is the test)
    assert names["events"]["session_id"].nunique() == 25
    names["store"].close()
    assert names["checkout"]["sessions"].iloc[0] > names["checkout"]["sessions"].iloc[-1] > 0
    assert (tmp_path / "hardal-store" / ".gitignore").exists()


def test_two_commands():
    """There are exactly two commands for a new machine, beside the one that serves records."""
    commands = re.findall(r"```shell\n(.*?)\n```", README, flags=re.DOTALL)
    assert len(commands) == 3
    assert commands[0].endswith("hardal-frames demo")
    assert commands[1].endswith("python -m pytest")


def test_every_dependency_is_argued_for():
    """Each declared package has its line."""
    project = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    [declared] = re.findall(r"^dependencies = \[(.*?)\]", project, flags=re.DOTALL | re.MULTILINE)
    for name in re.findall(r'"([\w-]+)>=', declared):
        assert f"\n| {name} |" in README, name


def test_named_functions_exist():
    """Every function of the table is there."""
    [table] = re.findall(r"## What it does\n(.*?)\n\n", README.replace("\n\n|", "\n|"), re.DOTALL)
    for name in re.findall(r"`\.?([A-Za-z_.]+)`", table):
        owner = hf.Client if name in {"activity", "activities", "activity_page"} else hf
        for part in name.split("."):
            owner = getattr(owner, part)
