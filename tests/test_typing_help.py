"""A misspelt option is an error in mypy and in pyright, whatever public function it is given to.

One file of calls is made from the signatures, so that a new function is covered without a word
here, and each checker reads it once. A checker that is not installed is skipped; `[lint]` has both.
"""

from __future__ import annotations

import inspect
import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

import hardal_frames as hf

ROOT = Path(__file__).parents[1]

HEAD = """\
from typing import Any

import pandas as pd

import hardal_frames as hf

anything: Any = None
client: hf.Client = anything
store: hf.Store = anything
"""

# Options with a text as default that may be any text. Of all others a word that is not meant is an
# error.
FREE = {
    "by", "counted", "duplicate_within", "duration_within", "fastest", "key", "purchase", "state",
    "timeout", "timezone", "visitor",
}  # fmt: skip

# What no signature tells: names, results, and words that an option without a default takes.
RIGHT = [
    "frame: pd.DataFrame = hf.funnel(anything, ['view_item', 'purchase'], within='1h')",
    "hf.plot.journey(hf.journey_flows(hf.sample_events()), title='First five').set_title('Five')",
    "hf.funnel(anything, ['view_item', hf.optional('add_to_cart')], trend='week', preset='ga4')",
    "client.sessions(timeframe='yesterday', start=None)['visitor_id'].nunique()",
    "store.events(['ses_1'], types={'price': 'float'}).groupby('name').size()",
    "hf.IncompleteSession, hf.__version__, hf.plot, client.pull(store).fetched",
]
WRONG = [
    "hf.funel(anything, ['view_item'])",
    "hf.plot.jurney(anything)",
    "hf.Cliend()",
    "hf.IncompletSession",
    "client.activitys(['ses_1'])",
    "client.pull(store).fetchd",
    "client.sessions(timeframe='yesterdy')",
    "store.event()",
    "store.events(types={'price': 'flot'})",
    "hf.funnel(anything, ['view_item'], trend='weak')",
    "hf.funnel(anything, ['view_item'], preset='ga5')",
    "hf.funnel(anything, ['view_item']).jurney()",
    "hf.plot.funnel(anything).set_titel('Funnel')",
]


def callables():
    """Give each public function, class, method and chart: how one writes it, and itself."""
    for name in hf.__all__:
        thing = getattr(hf, name)
        if inspect.isfunction(thing):
            yield f"hf.{name}", thing
        elif inspect.isclass(thing) and not issubclass(thing, hf.HardalError | Warning):
            if not inspect.isabstract(thing):
                yield f"hf.{name}", thing
            for member, function in vars(thing).items():
                if inspect.isfunction(function) and not member.startswith("_"):
                    yield f"made_{name}.{member}", function
    for name in hf.plot.__all__:
        yield f"hf.plot.{name}", getattr(hf.plot, name)


def call(written, given):
    """Write a call with the given arguments, all by name."""
    return f"{written}({', '.join(f'{name}={value}' for name, value in given.items())})"


def lines():
    """Give each line of the file after its head, and whether it is right."""
    for name in hf.__all__:
        if inspect.isclass(getattr(hf, name)):
            yield f"made_{name}: hf.{name} = anything", True
    for written, thing in callables():
        parameters = inspect.signature(thing).parameters
        given = {name: "anything" for name in parameters if name != "self"}
        yield call(written, given), True
        for name in given:
            misspelt = {(f"{other}x" if other == name else other): "anything" for other in given}
            yield call(written, misspelt), False
            default = parameters[name].default
            if isinstance(default, str):
                yield call(written, given | {name: repr(default)}), True
                yield call(written, given | {name: repr(f"{default}x")}), name in FREE
    yield from ((line, True) for line in RIGHT)
    yield from ((line, False) for line in WRONG)


def mypy(file):
    """Give the numbers of the lines in which mypy finds an error, and what it says."""
    command = ["mypy", "--no-error-summary", "--no-pretty", str(file)]
    told = run(command)
    found = re.findall(r"^.*\.py:(\d+): error: (.*)$", told, flags=re.MULTILINE)
    assert len(found) == told.count(" error: "), told
    return [(int(number), said) for number, said in found]


def pyright(file):
    """The same of pyright."""
    told = run(["pyright", "--outputjson", "--pythonpath", sys.executable, str(file)])
    return [
        (each["range"]["start"]["line"] + 1, each["message"])
        for each in json.loads(told)["generalDiagnostics"]
        if each["severity"] == "error"
    ]


def run(command):
    """Give what a module prints that ends with status 0, or 1 for errors in what it read."""
    done = subprocess.run(
        [sys.executable, "-m", *command], capture_output=True, text=True, cwd=ROOT, check=False
    )
    assert done.returncode in {0, 1}, done.stdout + done.stderr
    return done.stdout


@pytest.mark.parametrize("checker", [mypy, pyright])
def test_each_wrong_line_is_an_error_and_no_right_one(checker, tmp_path):
    """Options of every function, misspelt and right; a word that an option does not know."""
    pytest.importorskip(checker.__name__)
    written = list(lines())
    assert sum(not is_right for _, is_right in written) > 200
    file = tmp_path / "calls.py"
    file.write_text(HEAD + "".join(f"{line}\n" for line, _ in written), encoding="utf-8")
    found = {}
    for number, said in checker(file):
        found.setdefault(number, said)
    first = HEAD.count("\n") + 1
    assert min(found) >= first, found
    wrong = [
        f"{line}\n    {'right, but: ' if is_right else 'wrong, but passes'}{found.get(number, '')}"
        for number, (line, is_right) in enumerate(written, start=first)
        if is_right == (number in found)
    ]
    assert not wrong, "\n".join(wrong)
