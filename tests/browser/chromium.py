"""Chromium as it is installed, driven to look at pages: their widths, colours, requests, paper."""

from __future__ import annotations

import base64
import importlib
import importlib.resources
import importlib.util
import os
import shutil
import sys
from contextlib import contextmanager

WIDE, NARROW = 1280, 360
HEIGHT = 800

_FLAGS = (
    "--headless",
    "--disable-gpu",
    "--disable-quic",
    "--disable-dev-shm-usage",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    "--hide-scrollbars",
)


def missing():
    """What there is not, so that no page can be looked at; None if all is there."""
    if importlib.util.find_spec("selenium") is None:
        return "selenium is not installed: pip install -e '.[browser]'"
    if importlib.util.find_spec("axe_playwright_python") is None:
        return "axe is not installed: pip install -e '.[browser]'"
    for program in ("chromium", "chromedriver"):
        if shutil.which(program) is None:
            return f"there is no {program}: bash .ci/browser installs it where apt can"
    return None


@contextmanager
def started(folder):
    """Chromium with a new profile in a folder, until the block ends."""
    webdriver = importlib.import_module("selenium.webdriver")
    options = webdriver.ChromeOptions()
    options.binary_location = shutil.which("chromium")
    for flag in (*_FLAGS, f"--user-data-dir={folder}"):
        options.add_argument(flag)
    if sys.platform != "win32" and os.geteuid() == 0:
        options.add_argument("--no-sandbox")  # for root there is none
    options.set_capability("goog:loggingPrefs", {"performance": "ALL", "browser": "ALL"})
    service = webdriver.ChromeService(executable_path=shutil.which("chromedriver"))
    driver = webdriver.Chrome(options=options, service=service)
    try:
        yield driver
    finally:
        driver.quit()


def show(driver, address, *, width=WIDE, scheme="light"):
    """Open a page on a screen of some width, in light or dark."""
    driver.execute_cdp_cmd(
        "Emulation.setDeviceMetricsOverride",
        {"width": width, "height": HEIGHT, "deviceScaleFactor": 1, "mobile": width < WIDE},
    )
    features = [{"name": "prefers-color-scheme", "value": scheme}]
    driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": features})
    driver.get(address)


def axe_findings(driver):
    """All that axe-core finds, each as one line: rule, impact, and where."""
    source = importlib.resources.files("axe_playwright_python").joinpath("axe.min.js")
    driver.execute_script(source.read_text(encoding="utf-8"))
    found = driver.execute_async_script(
        "const done = arguments[arguments.length - 1];"
        "axe.run(document, {resultTypes: ['violations']}).then(done);"
    )
    return [
        f"{rule['id']} ({rule['impact']}): {node['html'][:200]} {node['failureSummary'][:300]}"
        for rule in found["violations"]
        for node in rule["nodes"]
    ]


def picture(driver):
    """The whole page as the bytes of a PNG."""
    taken = driver.execute_cdp_cmd("Page.captureScreenshot", {"captureBeyondViewport": True})
    return base64.b64decode(taken["data"])


def printed(driver):
    """The page as the bytes of a PDF, on A4."""
    size = {"paperWidth": 8.27, "paperHeight": 11.69, "preferCSSPageSize": False}
    return base64.b64decode(driver.execute_cdp_cmd("Page.printToPDF", size)["data"])
