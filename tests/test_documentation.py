"""What the site must hold, read from its pages; the site itself is built by `.ci/run`."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import hardal_frames as hf
from hardal_frames import sandbox
from hardal_frames.shell import cli

DOCS = Path(__file__).parents[1] / "docs"
PAGES = sorted(
    path
    for path in DOCS.rglob("*.md")
    if not {"_build", "notebooks"} & set(path.relative_to(DOCS).parts)
)


def documented():
    """Give what the reference pages document, with its module."""
    names = set()
    for page in (DOCS / "reference").glob("*.md"):
        module = ""
        for line in page.read_text(encoding="utf-8").splitlines():
            if found := re.match(r"\.\. currentmodule:: (\S+)", line):
                module = found[1]
            elif found := re.match(r"\.\. auto(?:function|class|exception):: (\S+)", line):
                assert f"{module}.{found[1]}" not in names, line
                names.add(f"{module}.{found[1]}")
    return names


def test_reference_has_every_public_name():
    """Each public name is documented, once, and nothing else is."""
    expected = {f"hardal_frames.{name}" for name in hf.__all__} - {
        "hardal_frames.__version__",
        "hardal_frames.plot",
    }
    expected |= {f"hardal_frames.plot.{name}" for name in hf.plot.__all__}
    expected |= {f"hardal_frames.sandbox.{name}" for name in sandbox.__all__}
    expected.add("hardal_frames.engine.spark.scan_spark")
    assert documented() == expected


def test_every_command_has_its_help():
    """Each command of the shell is on its page."""
    page = (DOCS / "reference" / "command-line.md").read_text(encoding="utf-8")
    shown = re.findall(r'^show_help\("([a-z]+)"\)$', page, flags=re.MULTILINE)
    [commands] = cli._parser()._subparsers._group_actions
    assert sorted(shown) == sorted(commands.choices)


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.relative_to(DOCS).as_posix())
def test_pictures_have_words(path):
    """Each cell that draws has an alternative text, each page with cells is a notebook."""
    text = path.read_text(encoding="utf-8")
    cells = re.findall(r"^```\{code-cell\} python3\n(.*?)^```$", text, re.DOTALL | re.MULTILINE)
    assert not cells or text.startswith("---\nfile_format: mystnb\n")
    for cell in cells:
        if re.search(r"hf\.plot\.(?!describe)", cell):
            assert re.search(r"^    alt: \S.{30,}", cell, flags=re.MULTILINE), cell
