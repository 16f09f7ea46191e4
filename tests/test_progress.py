"""What is shown while a long fetch runs, wherever it is shown."""

from __future__ import annotations

import contextlib
import io
import itertools
import os
import subprocess
import sys
import threading
from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hardal_frames import progress as _progress
from hardal_frames.progress import ProgressLine, reporter, seconds_left, spoken_seconds


class Terminal(io.StringIO):
    """A stream that says it is a terminal."""

    def isatty(self):
        """Say so."""
        return True


def screen(written):
    """Show the lines as a terminal does that knows carriage returns."""
    lines, column = [[]], 0
    for letter in written:
        if letter == "\n":
            lines.append([])
            column = 0
        elif letter == "\r":
            column = 0
        else:
            lines[-1][column : column + 1] = letter
            column += 1
    return ["".join(line).rstrip() for line in lines]


def put_in_place(monkeypatch, *, stdout=None, stderr=None, shell=None):
    """Give the module other streams, and an IPython shell; pytest's own lie over those of sys."""
    modules = {"IPython": SimpleNamespace(get_ipython=lambda: shell)}
    seen = SimpleNamespace(stdout=stdout, stderr=stderr, modules=modules)
    monkeypatch.setattr(_progress, "sys", seen)


@pytest.fixture
def clock(monkeypatch):
    """A clock that the test moves."""
    time = SimpleNamespace(now=100.0, monotonic=lambda: time.now)
    monkeypatch.setattr(_progress, "time", time)
    return time


@pytest.fixture
def log(monkeypatch):
    """Standard error as a log file."""
    stream = io.StringIO()
    put_in_place(monkeypatch, stderr=stream)
    return stream


@pytest.fixture
def terminal(monkeypatch):
    """Standard error as a terminal of 80 columns."""
    stream = Terminal()
    put_in_place(monkeypatch, stderr=stream)
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.setenv("TERM", "xterm")
    return stream


@pytest.fixture
def no_tqdm(monkeypatch):
    """A machine without tqdm."""
    for name in ("tqdm", "tqdm.std", "tqdm.notebook"):
        monkeypatch.setitem(sys.modules, name, None)


@pytest.fixture
def notebook(monkeypatch):
    """A notebook: its shell has a kernel, and standard output is where people look."""
    stream = io.StringIO()
    shell = SimpleNamespace(kernel=object())
    put_in_place(monkeypatch, stdout=stream, shell=shell)
    return stream


def test_durations_for_people():
    """Two units at most, and never sixty of one."""
    assert [spoken_seconds(each) for each in (-1, 0, 59.4, 59.6, 3569, 3570, 86400 * 2)] == [
        "0 s", "0 s", "59 s", "1 min", "59 min", "1 h", "2 days",
    ]  # fmt: skip


@given(st.floats(0, 1e7))
def test_durations_are_never_far_off(seconds):
    """What is said is within half of its smallest unit."""
    words = spoken_seconds(seconds).split()
    unit = {"s": 1, "min": 60, "h": 3600, "days": 86400}
    values = [int(each) for each in words[::2]]
    said = sum(value * unit[name] for value, name in zip(values, words[1::2], strict=True))
    assert abs(said - seconds) <= unit["h" if words[-1] == "days" else words[-1]] / 2 + 1e-6
    assert not {("60", "s"), ("60", "min")} & set(itertools.pairwise(words))


def test_the_budget_is_in_the_estimate():
    """A hundred go at once; the others wait for their minute, whatever the pace of the first."""
    assert seconds_left(100, 150, 5.0, per_minute=100) == 55.0
    assert seconds_left(50, 100, 5.0, per_minute=100) == 5.0
    assert seconds_left(0, 1000, 0.0, per_minute=100) == 540.0
    assert seconds_left(1000, 10_098, 600.0, per_minute=100) == 5458.8
    assert seconds_left(500, 1000, 900.0, per_minute=100) == 900.0
    assert seconds_left(900, 1000, 10.0, done_before=890) == 100.0


def test_nothing_done_is_no_estimate():
    """Zero done is no division by zero."""
    assert seconds_left(0, 50, 3.0) is None
    assert seconds_left(0, 50, 3.0, per_minute=100) is None
    assert seconds_left(0, 0, 0.0, per_minute=100) is None


def test_a_log_gets_a_line_every_ten_seconds(log, clock):
    """Whole lines and no carriage return; tqdm is not for logs."""
    with reporter(progress=True, total=100, per_minute=None) as report:
        report.say("100 requests, about 50 s")
        report(0, 100)
        for done in range(1, 101):
            clock.now += 0.5
            report(done, 100)
    assert log.getvalue().splitlines() == [
        "100 requests, about 50 s",
        "20 of 100 sessions, 10 s, about 40 s to go",
        "40 of 100 sessions, 20 s, about 30 s to go",
        "60 of 100 sessions, 30 s, about 20 s to go",
        "80 of 100 sessions, 40 s, about 10 s to go",
        "100 of 100 sessions, 50 s",
    ]
    assert "\r" not in log.getvalue()


@pytest.mark.usefixtures("no_tqdm")
def test_a_terminal_shows_one_line(terminal, clock):
    """The line is overwritten; a line of its own stands above it; the end stays."""
    with reporter(progress=True, total=10_098, per_minute=100) as report:
        report.say("10,098 requests, about 1 h 43 min")
        report(0, 10_098)
        assert screen(terminal.getvalue()) == [
            "10,098 requests, about 1 h 43 min",
            "0 of 10,098 sessions, 0 s, about 1 h 40 min to go",
        ]
        clock.now += 120
        report(200, 10_098)
        report.say("a word")
        clock.now += 0.1
        report(201, 10_098)
        assert screen(terminal.getvalue())[1:] == [
            "a word",
            "200 of 10,098 sessions, 2 min, about 1 h 39 min to go",
        ]
        clock.now += 6000
        report(10_098, 10_098)
    assert screen(terminal.getvalue())[2:] == ["10,098 of 10,098 sessions, 1 h 42 min", ""]


def test_a_bar_shows_the_same(terminal, clock):
    """With tqdm in a terminal: a bar beside the text, and lines above it."""
    with reporter(progress=True, total=200, per_minute=100, unit="requests") as report:
        report.say("a plan")
        report(1, 200)
        clock.now += 30
        report(100, 200)
        report.say("a word")
        top, word, line = screen(terminal.getvalue())
        assert (top, word) == ("a plan", "a word")
        assert line.startswith(" 50%|###")
        assert line.endswith("| 100 of 200 requests, 30 s, about 30 s to go")
        assert len(line) < 80
        clock.now += 30
        report(200, 200)
    *_, line, last = screen(terminal.getvalue())
    assert line.startswith("100%|###")
    assert line.endswith("| 200 of 200 requests, 1 min")
    assert last == ""


@pytest.mark.parametrize("error", [KeyboardInterrupt, ValueError])
@pytest.mark.parametrize("has_tqdm", [True, False])
def test_what_is_interrupted_leaves_a_whole_line(terminal, request, error, has_tqdm):
    """The error goes on; the last state stays, on a line of its own; no thread is left."""
    if not has_tqdm:
        request.getfixturevalue("no_tqdm")
    threads = threading.active_count()

    def work():
        with reporter(progress=True, total=90, per_minute=None) as report:
            report(1, 90)
            report(7, 90)
            raise error

    with pytest.raises(error):
        work()
    *_, line, last = screen(terminal.getvalue())
    assert "7 of 90 sessions" in line
    assert last == ""
    assert threading.active_count() == threads


def test_what_fails_at_once_shows_nothing(terminal):
    """Before the first report there is nothing to see."""
    with pytest.raises(OSError, match="no"), reporter(progress=True, total=90, per_minute=None):
        raise OSError("no")
    assert terminal.getvalue() == ""


@pytest.mark.parametrize("columns", [10, 30, 45, 200])
@pytest.mark.parametrize("has_tqdm", [True, False])
def test_a_line_fits_its_terminal(terminal, clock, monkeypatch, request, columns, has_tqdm):
    """Where lines wrapped, they could not be overwritten."""
    if not has_tqdm:
        request.getfixturevalue("no_tqdm")
    monkeypatch.setenv("COLUMNS", str(columns))
    monkeypatch.setattr("os.get_terminal_size", lambda *_: os.terminal_size((columns, 20)))
    with reporter(progress=True, total=10_098, per_minute=100) as report:
        for done in (1, 2000, 3000):
            clock.now += 10
            report(done, 10_098)
    assert max(map(len, screen(terminal.getvalue()))) < columns
    assert len(screen(terminal.getvalue())) == 2


@pytest.mark.usefixtures("no_tqdm")
def test_what_was_done_before_is_no_pace(terminal, clock):
    """Who begins at 9,000 has not done them in no time."""
    with reporter(progress=True, total=10_000, per_minute=None) as report:
        report(9_000, 10_000)
        clock.now += 100
        report(9_099, 10_000)
        assert screen(terminal.getvalue())[-1].endswith("about 15 min to go")


def test_a_notebook_without_widgets(notebook, clock, monkeypatch, capsys):
    """Our own line in standard output, and no warning of tqdm's."""
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with reporter(progress=True, total=3, per_minute=None) as report:
        report(1, 3)
        clock.now += 1
        report(3, 3)
    assert screen(notebook.getvalue()) == ["3 of 3 sessions, 1 s", ""]
    assert capsys.readouterr().err == ""


def test_a_notebook_with_widgets(notebook, monkeypatch):
    """Tqdm's own bar for notebooks, where ipywidgets is there to draw it."""
    from tqdm.std import tqdm  # noqa: PLC0415  (the fixtures before may hide it)

    monkeypatch.setattr("importlib.util.find_spec", lambda name: object())
    monkeypatch.setitem(sys.modules, "tqdm.notebook", SimpleNamespace(tqdm=tqdm))
    with reporter(progress=True, total=3, per_minute=None) as report:
        report(1, 3)
        report(2, 3)
    assert "67%|" in screen(notebook.getvalue())[0]


@pytest.mark.usefixtures("no_tqdm")
def test_a_shell_without_a_kernel_is_a_terminal(terminal, monkeypatch):
    """IPython in a terminal is no notebook."""
    put_in_place(monkeypatch, stderr=terminal, shell=SimpleNamespace(kernel=None))
    reporter(progress=True, total=3, per_minute=None)(1, 3)
    assert "1 of 3" in terminal.getvalue()


def test_a_terminal_that_cannot_overwrite(terminal, monkeypatch):
    """A dumb terminal is like a log."""
    monkeypatch.setenv("TERM", "dumb")
    with reporter(progress=True, total=3, per_minute=None) as report:
        report(1, 3)
        report(3, 3)
    assert "\r" not in terminal.getvalue()
    assert terminal.getvalue().splitlines() == ["3 of 3 sessions, 0 s"]


def test_short_work_is_not_worth_a_line(log):
    """Unless asked for; and False is never."""
    for progress, total in ((None, 20), (False, 1000)):
        with reporter(progress, total=total, per_minute=100) as report:
            report.say("a plan")
            report(total, total)
    assert log.getvalue() == ""
    with reporter(None, total=21, per_minute=100) as report:
        report(21, 21)
    assert log.getvalue() == "21 of 21 sessions, 0 s\n"


def test_a_function_hears_all(log):
    """A function of the caller's is called as it is, and what it raises comes through."""
    heard = []
    with reporter(lambda done, total: heard.append((done, total)), total=2, per_minute=1) as report:
        report.say("a plan")
        report(1, 2)
        report(2, 2)
    assert heard == [(1, 2), (2, 2)]
    assert log.getvalue() == ""

    def stop(done, total):
        raise LookupError(done, total)

    with pytest.raises(LookupError), reporter(stop, total=2, per_minute=1) as report:
        report(1, 2)


def test_a_program_without_a_window(monkeypatch):
    """Where there is no standard error, nothing is shown and nothing fails."""
    put_in_place(monkeypatch, stderr=None)
    for report in (reporter(progress=True, total=3, per_minute=None), ProgressLine()):
        with report:
            report.say("a plan")
            report(3, 3)


@pytest.mark.parametrize("has_tqdm", [True, False])
def test_a_terminal_that_goes_away(terminal, clock, request, has_tqdm):
    """A fetch goes on when the terminal is closed."""
    if not has_tqdm:
        request.getfixturevalue("no_tqdm")
    with reporter(progress=True, total=90, per_minute=None) as report:
        report(1, 90)
        terminal.close()
        clock.now += 1
        report(2, 90)
        report.say("a word")


def test_a_line_can_be_given_a_stream():
    """The line may be used without a `with`, as any function."""
    stream = Terminal()
    line = ProgressLine(stream, unit="pages")
    line(0, 2)
    line(2, 2)
    assert screen(stream.getvalue()) == ["2 of 2 pages, 0 s", ""]


def test_nothing_shows_up_elsewhere():
    """In a program of its own, with warnings as errors: a log of whole lines, nothing else."""
    code = (
        "from hardal_frames.progress import reporter\n"
        "with reporter(progress=True, total=3, per_minute=100) as report:\n"
        "    report.say('a plan'); report(1, 3); report(3, 3)\n"
    )
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", code], capture_output=True, text=True, check=True
    )
    assert done.stdout == ""
    assert done.stderr == "a plan\n3 of 3 sessions, 0 s\n"


@pytest.mark.skipif(os.name == "nt", reason="there are no pseudo-terminals here")
@pytest.mark.parametrize("has_tqdm", [True, False])
def test_a_real_terminal(has_tqdm):
    """A program in a pseudo-terminal shows one line at a time, and ends with a whole one."""
    code = (
        "import sys\n"
        + ("" if has_tqdm else "sys.modules['tqdm.std'] = None\n")
        + "from hardal_frames.progress import reporter\n"
        "with reporter(True, total=3, per_minute=100) as report:\n"
        "    report.say('a plan'); report(1, 3); report.say('a word'); report(3, 3)\n"
    )
    ours, theirs = os.openpty()
    environment = {**os.environ, "TERM": "xterm"}
    command = [sys.executable, "-W", "error", "-c", code]
    subprocess.run(command, stderr=theirs, check=True, env=environment)
    os.close(theirs)
    written = b""
    with contextlib.suppress(OSError), open(ours, "rb", buffering=0) as stream:  # noqa: PTH123  (a descriptor)
        while part := stream.read(4096):
            written += part
    plan, word, line, last = screen(written.decode())
    assert (plan, word, last) == ("a plan", "a word", "")
    assert line.endswith("3 of 3 sessions, 0 s")
    assert line.startswith("100%|") == has_tqdm
