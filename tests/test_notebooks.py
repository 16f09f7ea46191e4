"""The notebooks run from top to bottom, and keep their outputs."""

from __future__ import annotations

import re
from pathlib import Path

import nbformat
import pytest

from notebooks.execute import execute

NOTEBOOKS = sorted((Path(__file__).parents[1] / "notebooks").glob("*.ipynb"))


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.name)
# nbclient and zmq leave these for their own futures.
@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::ResourceWarning")
def test_notebook_runs(path):
    """No cell fails or writes to stderr, and each chart is one picture."""
    for cell in execute(path).cells:
        outputs = cell.get("outputs", [])
        assert not [output for output in outputs if output.get("name") == "stderr"], cell.source
        pictures = [output for output in outputs if "image/png" in output.get("data", {})]
        drawn = re.search(r"hf\.plot\.(?!describe)", cell.source) is not None
        assert len(pictures) == drawn, cell.source


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.name)
def test_outputs_are_kept(path):
    """What is committed shows its results, and no machine's own paths."""
    notebook = nbformat.read(path, as_version=4)
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    assert all(cell.execution_count for cell in code)
    assert sum(bool(cell.outputs) for cell in code) > len(code) / 2
    assert "site-packages" not in path.read_text(encoding="utf-8")
