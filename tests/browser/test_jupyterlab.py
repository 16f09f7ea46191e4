"""The notebooks as a reader meets them: in JupyterLab, cell by cell."""

from __future__ import annotations

import importlib.util
import json
import os
import re
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from contextlib import contextmanager
from pathlib import Path

import nbformat
import pytest

from tests.browser import chromium

pytestmark = pytest.mark.nightly

ROOT = Path(__file__).parents[2]
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))
SECONDS = 300
# All cells in the page, also those out of sight, and no question about news.
SETTINGS = {
    "notebook-extension/tracker": {"windowingMode": "none"},
    "apputils-extension/notification": {"fetchNews": "false", "checkForUpdates": False},
}
DRAWS = re.compile(r"hf\.plot\.(?!describe)")

OPENED = """
const done = arguments[arguments.length - 1];
(async () => {
  const app = window.jupyterapp;
  await app.restored;
  const panel = app.shell.currentWidget;
  await panel.context.ready;
  await panel.sessionContext.ready;
  await app.commands.execute('notebook:clear-all-cell-outputs');
  return panel.context.path;
})().then(done, error => done('failed: ' + error));
"""

RUN = """
const done = arguments[arguments.length - 1];
(async () => {
  const app = window.jupyterapp;
  const panel = app.shell.currentWidget;
  window.seenTexts = [];
  const look = () => panel.node.querySelectorAll('.jp-OutputArea-output pre').forEach(each => {
    if (/ of [0-9,]+ (sessions|parts)/.test(each.textContent)) {
      window.seenTexts.push(each.textContent);
    }
  });
  const watch = new MutationObserver(look);
  watch.observe(panel.node, {childList: true, subtree: true, characterData: true});
  await app.commands.execute('notebook:run-all-cells');
  const kernel = panel.sessionContext.session.kernel;
  while (kernel.status !== 'idle') await new Promise(after => setTimeout(after, 100));
  const asked = kernel.requestExecute({
    code: '', store_history: false,
    user_expressions: {widgets: "'ipywidgets' in __import__('sys').modules"},
  });
  const reply = await asked.done;
  // What is drawn is on the page a moment later.
  await new Promise(after => setTimeout(after, 500));
  look();
  watch.disconnect();
  await panel.context.save();
  return reply.content.user_expressions.widgets.data['text/plain'];
})().then(done, error => done('failed: ' + error));
"""

SHOWN = """
return [...window.jupyterapp.shell.currentWidget.node.querySelectorAll('.jp-CodeCell')].map(
  cell => ({
    pictures: [...cell.querySelectorAll('.jp-OutputArea-output img')].map(
      each => [each.naturalWidth, each.clientWidth]),
    errors: cell.querySelectorAll(
      '[data-mime-type$="stderr"], [data-mime-type$="jupyter.error"]').length,
    texts: [...cell.querySelectorAll('.jp-OutputArea-output pre')].map(each => each.textContent),
    tables: cell.querySelectorAll('.jp-OutputArea-output table').length,
    told: [...cell.querySelectorAll('.session-told td.changes')].map(
      each => getComputedStyle(each).textAlign),
  }));
"""

CLOSED = """
const done = arguments[arguments.length - 1];
window.jupyterapp.shell.currentWidget.sessionContext.shutdown().then(() => done(''), done);
"""

PROGRESS = (
    """\
import tempfile

import hardal_frames as hf
from hardal_frames.sandbox import Sandbox, read_recording

here = tempfile.mkdtemp()
hardal = Sandbox(read_recording("../data/shop.jsonl.gz")).start()
client = hf.Client(**hardal.access)
hf.simulate_events(here + "/shop", events=60_000, rows_per_part=5_000, seed=1, progress=False)""",
    'client.pull(hf.Store(here + "/store"))',
    'hf.funnel(hf.scan_events(here + "/shop", progress=True), ["view_item", "purchase"])',
    "client.close()\nhardal.stop()",
)


@contextmanager
def serving(folder, token):
    """JupyterLab over a folder, its files apart from the user's own; gives its address."""
    own = folder.parent / "jupyter"
    for name, values in SETTINGS.items():
        path = own / "settings/@jupyterlab" / f"{name}.jupyterlab-settings"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(values), encoding="utf-8")
    places = {
        "JUPYTER_CONFIG_DIR": "config",
        "JUPYTER_DATA_DIR": "data",
        "JUPYTER_RUNTIME_DIR": "runtime",
        "JUPYTERLAB_SETTINGS_DIR": "settings",
        "JUPYTERLAB_WORKSPACES_DIR": "workspaces",
        "IPYTHONDIR": "ipython",
    }
    environment = os.environ | {name: str(own / place) for name, place in places.items()}
    environment |= {"JUPYTER_TOKEN": token, "PYTHONPATH": str(ROOT)}
    environment.pop("MPLBACKEND", None)  # would keep the charts out of the notebook
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    command = [
        *(sys.executable, "-m", "jupyterlab", "--no-browser", "--allow-root"),
        *("--ServerApp.ip=127.0.0.1", f"--ServerApp.port={port}", "--ServerApp.port_retries=0"),
        *(f"--ServerApp.root_dir={folder}", "--LabApp.expose_app_in_browser=True"),
    ]
    own_group = (
        {"creationflags": subprocess.CREATE_NEW_PROCESS_GROUP}
        if sys.platform == "win32"
        else {"start_new_session": True}
    )
    log = own / "log.txt"
    with log.open("wb") as written:
        server = subprocess.Popen(
            command, env=environment, stdout=written, stderr=subprocess.STDOUT, **own_group
        )
        try:
            _wait_for(f"http://127.0.0.1:{port}/api", server, log)
            yield f"http://127.0.0.1:{port}"
        finally:
            _end(server)


def _wait_for(address, server, log):
    until = time.monotonic() + 60
    while server.poll() is None and time.monotonic() < until:
        try:
            with urllib.request.urlopen(address, timeout=5):  # noqa: S310  (of this machine)
                return
        except OSError:
            time.sleep(0.2)
    pytest.fail(f"JupyterLab did not start:\n{log.read_text(encoding='utf-8')[-3000:]}")


def _end(server):
    """End the server; asked kindly, it ends its kernels first."""
    if sys.platform == "win32":
        taskkill = shutil.which("taskkill")
        subprocess.run([taskkill, "/T", "/F", "/PID", str(server.pid)], check=False)
        server.wait(timeout=30)
        return
    for number in (signal.SIGTERM, signal.SIGKILL):
        try:
            os.killpg(server.pid, number)
        except ProcessLookupError:
            break
        try:
            server.wait(timeout=30)
        except subprocess.TimeoutExpired:
            continue
        break


@pytest.fixture(scope="module")
def lab(tmp_path_factory):
    """Address and token of JupyterLab, and the folder with the notebooks that it serves."""
    if why := chromium.missing():
        pytest.skip(why)
    if importlib.util.find_spec("jupyterlab") is None:
        pytest.skip("jupyterlab is not installed: pip install -e '.[jupyterlab]'")
    folder = tmp_path_factory.mktemp("lab") / "served"
    for name in ("notebooks", "data"):
        shutil.copytree(ROOT / name, folder / name)
    cells = [nbformat.v4.new_code_cell(source) for source in PROGRESS]
    notebook = nbformat.v4.new_notebook(cells=cells)
    notebook.metadata["kernelspec"] = nbformat.read(NOTEBOOKS[0], as_version=4).metadata.kernelspec
    nbformat.write(notebook, folder / "notebooks/progress.ipynb")
    token = secrets.token_hex(16)
    with serving(folder, token) as address:
        yield address, token, folder / "notebooks"


def run_in_lab(browser, lab, name):
    """Run a notebook; gives its cells as shown, its cells as saved, and if widgets were loaded."""
    address, token, folder = lab
    browser.set_script_timeout(SECONDS)
    browser.set_page_load_timeout(SECONDS)
    chromium.show(browser, f"{address}/lab/tree/notebooks/{name}?reset&token={token}")
    until = time.monotonic() + 60
    ready = "const app = window.jupyterapp; return !!(app && app.shell.currentWidget?.context)"
    while not browser.execute_script(ready):
        assert time.monotonic() < until, "JupyterLab does not open the notebook"
        time.sleep(0.2)
    assert browser.execute_async_script(OPENED) == f"notebooks/{name}"
    try:
        widgets = browser.execute_async_script(RUN)
        shown = browser.execute_script(SHOWN)
    finally:
        browser.execute_async_script(CLOSED)
    saved = nbformat.read(folder / name, as_version=4)
    return shown, [cell for cell in saved.cells if cell.cell_type == "code"], widgets


@pytest.mark.parametrize("name", [path.name for path in NOTEBOOKS])
def test_notebook_in_jupyterlab(browser, lab, name):
    """Nothing fails or is painted red, each chart is one picture that fits, tables are tables."""
    shown, saved, widgets = run_in_lab(browser, lab, name)
    assert widgets == "False"
    assert len(shown) == len(saved) > 5
    for seen, cell in zip(shown, saved, strict=True):
        assert cell.execution_count, cell.source
        kinds = [output.get("name", output.output_type) for output in cell.outputs]
        assert not {"error", "stderr"} & set(kinds), cell.outputs
        assert seen["errors"] == 0, cell.source
        drawn = DRAWS.search(cell.source) is not None
        kept = [output for output in cell.outputs if "image/png" in output.get("data", {})]
        assert len(seen["pictures"]) == len(kept) == drawn, cell.source
        assert all(0 < width <= natural for natural, width in seen["pictures"])
        framed = [output for output in cell.outputs if "text/html" in output.get("data", {})]
        assert seen["tables"] >= len(framed), cell.source
        assert bool(seen["told"]) == ("hf.explain(" in cell.source)
        assert set(seen["told"]) <= {"left"}, "the styles of JupyterLab are stronger than ours"


@pytest.mark.skipif(
    importlib.util.find_spec("ipywidgets") is not None, reason="shows a bar of ipywidgets instead"
)
def test_progress_in_jupyterlab(browser, lab):
    """A pull and a scan show one line each, which is written over, and no box of stderr."""
    shown, saved, widgets = run_in_lab(browser, lab, "progress.ipynb")
    assert widgets == "False"
    assert [cell["errors"] for cell in shown] == [0, 0, 0, 0]
    for place, unit in ((1, "sessions"), (2, "parts")):
        assert all(output.get("name") != "stderr" for output in saved[place].outputs)
        states = re.compile(rf"[\d,]+ of [\d,]+ {unit}, .*")
        progress = [text for text in shown[place]["texts"] if states.search(text)]
        lines = [states.findall(text) for text in progress]
        assert sum(len(each) for each in lines[:1]) == 1, shown[place]["texts"]
        last = lines[0][0]
        done, total = re.match(r"([\d,]+) of ([\d,]+)", last).groups()
        assert done == total
    texts = browser.execute_script("return window.seenTexts")
    states = [re.findall(r"[\d,]+ of [\d,]+ sessions, .*", text) for text in texts]
    assert max(len(each) for each in states) == 1
    assert len({each[0] for each in states if each}) > 1, "it was not seen to move"
