"""How the documentation site is built: python -m sphinx --fail-on-warning docs docs/_build/html."""

from __future__ import annotations

import os
import shutil
from importlib.metadata import version as version_of
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from docutils.nodes import Element
    from sphinx.application import Sphinx
    from sphinx.environment import BuildEnvironment

HERE = Path(__file__).parent
ROOT = HERE.parent

project = "hardal_frames"
author = "the authors of hardal_frames"
version = release = version_of("hardal-frames")
copyright = author  # noqa: A001  (Sphinx names it so)
html_title = f"{project} {release}"

extensions = ["myst_nb", "numpydoc", "sphinx.ext.autodoc", "sphinx.ext.autosummary"]
exclude_patterns = ["_build"]

# The notebooks are pages as well, with the outputs that they hold; git has them once.
NOTEBOOKS = HERE / "notebooks"
NOTEBOOKS.mkdir(exist_ok=True)
for notebook in sorted((ROOT / "notebooks").glob("*.ipynb")):
    copy = NOTEBOOKS / notebook.name
    if not copy.exists() or copy.read_bytes() != notebook.read_bytes():
        shutil.copyfile(notebook, copy)

# The pages' kernels do not read what the builder has set up for his own, and warn of nothing.
IPYTHON = HERE / "_build" / "ipython"
(IPYTHON / "profile_default").mkdir(parents=True, exist_ok=True)
settings = IPYTHON / "profile_default" / "ipython_kernel_config.py"
settings.write_text('c.IPKernelApp.log_level = "ERROR"\n', encoding="utf-8")
os.environ["IPYTHONDIR"] = str(IPYTHON)

# Every example on a page is run with each build, so that it is true; one that fails, fails it.
nb_execution_mode = "force"
nb_execution_raise_on_error = True
nb_execution_show_tb = True
nb_execution_timeout = 120
nb_execution_in_temp = True
nb_execution_excludepatterns = ["notebooks/*"]
nb_merge_streams = True
nb_mime_priority_overrides = [("html", "text/html", 0)]

myst_enable_extensions = ["colon_fence", "deflist"]
myst_heading_anchors = 3

# What a name refers to must be there: misspelt references fail the build.
nitpicky = True
default_role = "py:obj"
nitpick_ignore = [
    ("py:obj", name)
    for name in (
        # Parameters, values and fields, which docstrings write in the same way.
        *("checks", "kind", "labels", "limit", "percent", "start", "steps", "top"),
        *("add_to_cart", "page_view", "purchase", "view_item", "id", "sessionId", "startedAt"),
        "record_sessions",
        # What belongs to other libraries, whose sites are not asked.
        "concurrent.futures",
        "dask.distributed.Client",
        'pd.StringDtype("pyarrow")',
        "pyspark.sql.DataFrame",
    )
]

autodoc_typehints = "none"  # allowed values stand in the descriptions, without a screen of types
autodoc_member_order = "bysource"
autosummary_generate = False
numpydoc_show_class_members = False
maximum_signature_line_length = 72
add_module_names = False
toc_object_entries_show_parents = "hide"

html_theme = "furo"
html_static_path = ["_static"]
html_css_files = ["site.css"]
html_show_sphinx = False
html_show_copyright = False
html_copy_source = False
pygments_style = "friendly"
pygments_dark_style = "monokai"


def setup(app: Sphinx) -> None:
    """Tell Sphinx what is special here."""
    app.connect("missing-reference", find_at_the_root)


def find_at_the_root(
    app: Sphinx, env: BuildEnvironment, node: Element, shown: Element
) -> Element | None:
    """Look a name up among those of `import hardal_frames`, from wherever it is written."""
    if node.get("reftype") != "obj":
        return None
    name = f"hardal_frames.{node['reftarget']}"
    domain: Any = env.get_domain("py")
    found: Element | None = domain.resolve_xref(
        env, node["refdoc"], app.builder, "obj", name, node, shown
    )
    return found
