"""The public names, and what importing them costs."""

from __future__ import annotations

import inspect
import re
import subprocess
import sys
from pathlib import Path
from types import FunctionType

import pytest

import hardal_frames as hf
from hardal_frames import sandbox
from hardal_frames.engine.spark import scan_spark

ROOT = Path(__file__).parents[1]

EXPECTED = {
    "ActivityPage", "AuthenticationError", "BadResponse", "CheckReport", "Client",
    "ConnectionFailed", "DataWarning", "Finding", "HardalError", "IncompleteSession", "audit",
    "IncompleteSessionList", "InvalidInput", "NotFound", "PaginationStalled", "PullReport",
    "RateLimited", "RequestRefused", "Store", "StoreError", "StoreStatus", "UnknownName",
    "__version__", "activity_by_hour", "conversion_time", "transition_times",
    "compare_transitions",
    "events_from_records", "expand", "funnel", "funnel_sessions", "journey_flows",
    "optional", "paths", "plot", "read_events", "sample_events", "session_summary", "time_between",
    "attribution", "purchases", "retention", "revenue", "split_sessions", "touches",
    "transitions", "with_sessions", "write_events",
    "Explanation", "Plan", "explain", "plan_from", "read_plan",
    "EventScan", "partition_events", "scan_events",
    "simulate_events",
}  # fmt: skip


def test_public_names():
    """The list of public names is this one, and each can be had."""
    assert set(hf.__all__) == EXPECTED
    assert set(dir(hf)) == EXPECTED
    for name in EXPECTED:
        assert getattr(hf, name) is not None


def test_unknown_name():
    """A misspelt function is an AttributeError, as of any module."""
    with pytest.raises(AttributeError, match="no attribute 'funel'"):
        _ = hf.funel


def test_type_checkers_see_every_name():
    """What is loaded lazily stands in the part that type checkers read."""
    source = (ROOT / "hardal_frames" / "__init__.py").read_text(encoding="utf-8")
    for name in EXPECTED - {"__version__"}:
        assert f" as {name}\n" in source, name


def test_public_functions_have_docstrings_with_examples():
    """Every public function says its parameters, what it returns, and shows itself."""
    for name in EXPECTED:
        thing = getattr(hf, name)
        if inspect.isfunction(thing):
            parts = ["Parameters\n", "Examples\n"]
            if name not in {"write_events", "partition_events", "simulate_events"}:
                parts.append("Returns\n")
            for part in parts:
                assert part in thing.__doc__, (name, part)


def test_everything_public_shows_an_example():
    """Each class, function, method and chart has one: of its own, or, of a table, its class's."""
    things = {name: getattr(hf, name) for name in EXPECTED - {"__version__", "plot"}}
    things |= {f"plot.{name}": getattr(hf.plot, name) for name in hf.plot.__all__}
    things |= {f"sandbox.{name}": getattr(sandbox, name) for name in sandbox.__all__}
    things["scan_spark"] = scan_spark
    for name, thing in things.items():
        assert ">>> " in thing.__doc__, name
        for member, function in vars(thing).items() if inspect.isclass(thing) else ():
            if member.startswith("_") or not isinstance(function, FunctionType | property):
                continue
            assert function.__doc__, (name, member)
            shown = ">>> " in function.__doc__
            if name not in OWN_EXAMPLES:
                shown = shown or re.search(rf"\.{member}\b", examples(thing))
            assert shown or (name, member) in NOT_SHOWN, (name, member)


# Of these, each method has its own: one looks at the help of a method, not of its class.
OWN_EXAMPLES = {"Client", "Store", "Explanation", "Plan"}

# What never ends.
NOT_SHOWN = {("sandbox.Sandbox", "serve_forever")}


def examples(thing):
    """Give the lines of code in a docstring."""
    lines = inspect.getdoc(thing).splitlines()
    return "\n".join(line for line in lines if line.startswith((">>> ", "... ")))


def run(code):
    """Run code in an interpreter of its own."""
    done = subprocess.run(
        [sys.executable, "-c", code], check=True, capture_output=True, text=True, cwd=ROOT
    )
    return done.stdout.strip()


def test_import_loads_nothing_heavy():
    """The import alone, and an analysis, load neither requests nor matplotlib nor FastAPI."""
    heavy = "{'requests', 'urllib3', 'matplotlib', 'fastapi', 'uvicorn', 'pydantic'}"
    code = f"""
import sys
import hardal_frames as hf
assert not {heavy} & set(sys.modules), sorted({heavy} & set(sys.modules))
hf.transitions(hf.sample_events(sessions=5))
assert not {heavy} & set(sys.modules), sorted({heavy} & set(sys.modules))
import hardal_frames.plot, hardal_frames.sandbox
print(sorted({heavy} & set(sys.modules)))
"""
    assert run(code) == "[]"


def test_audit_is_the_function():
    """Whatever of the folder audit was imported before, the public name is the function."""
    code = """
import inspect
from hardal_frames.tracking.finding import Finding
import hardal_frames as hf
assert inspect.isfunction(hf.audit), hf.audit
from hardal_frames import audit
print(audit is hf.audit and hf.Finding is Finding)
"""
    assert run(code) == "True"


def test_import_is_quick():
    """Importing adds next to nothing to pandas: no module of ours but the root and its list."""
    code = """
import sys
import pandas
before = set(sys.modules)
import hardal_frames
print(*sorted(name for name in set(sys.modules) - before if name.startswith("hardal_frames")))
"""
    assert run(code) == "hardal_frames hardal_frames.errors"


def test_every_file_is_in_the_architecture_page():
    """The one-page architecture has a line for each module."""
    text = (ROOT / "ARCHITECTURE.md").read_text(encoding="utf-8")
    for path in (ROOT / "hardal_frames").rglob("*.py"):
        if path.name != "__init__.py":
            names = (path.name, f"{path.parent.name}/{path.name}")
            assert any(f"`{name}`" in text for name in names), path


def test_modules_are_small():
    """No module grows beyond 400 lines."""
    for path in (ROOT / "hardal_frames").rglob("*.py"):
        assert len(path.read_text(encoding="utf-8").splitlines()) <= 400, path
