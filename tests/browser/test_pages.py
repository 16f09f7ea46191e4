"""The pages in a real browser: what a reader of any kind meets, on screens and on paper."""

from __future__ import annotations

import json
import re
from itertools import pairwise

import pytest

from tests.browser import chromium

# The font of an older matplotlib has no picture of a shopping trolley.
pytestmark = pytest.mark.filterwarnings("ignore:Glyph .* missing from:UserWarning")

PAGES = ["report", "report of faults", "report of one event", "audit", "demo"]
LOOKS = [(chromium.WIDE, "light"), (chromium.WIDE, "dark"), (chromium.NARROW, "dark")]


def requests_of(browser):
    """Addresses asked for since the log was last read, and those that a policy stopped."""
    told = [json.loads(entry["message"])["message"] for entry in browser.get_log("performance")]
    asked = {
        each["params"]["requestId"]: each["params"]["request"]["url"]
        for each in told
        if each["method"] == "Network.requestWillBeSent"
    }
    stopped = [
        asked.get(each["params"]["requestId"])
        for each in told
        if each["method"] == "Network.loadingFailed"
        and each["params"].get("blockedReason") == "csp"
    ]
    return list(asked.values()), stopped


def value(browser, script):
    """What JavaScript makes of a page that has none of its own."""
    return browser.execute_script(f"return {script}")


@pytest.mark.parametrize(("width", "scheme"), LOOKS)
@pytest.mark.parametrize("name", PAGES)
def test_axe_finds_nothing(browser, pages, name, width, scheme):
    """Not a single finding of any rule, with all tables unfolded."""
    chromium.show(browser, pages[name].as_uri(), width=width, scheme=scheme)
    browser.execute_script("document.querySelectorAll('details').forEach(each => each.open = true)")
    assert chromium.axe_findings(browser) == []
    ground = value(browser, "getComputedStyle(document.body).backgroundColor")
    assert (ground == "rgb(255, 255, 255)") == (scheme == "light")


def test_axe_finds_what_is_wrong(browser, tmp_path):
    """The check can fail: a page with faults is not passed."""
    page = tmp_path / "bad.html"
    page.write_text("<html><body><p style='color:#ccc'>pale</p><img src='data:,'></body></html>")
    chromium.show(browser, page.as_uri())
    found = " ".join(chromium.axe_findings(browser))
    assert {"color-contrast", "image-alt", "html-has-lang"} <= set(re.findall(r"[a-z-]+", found))


@pytest.mark.parametrize("width", [320, chromium.NARROW, 768, chromium.WIDE])
@pytest.mark.parametrize("name", PAGES)
def test_nothing_sticks_out(browser, pages, name, width):
    """No screen scrolls sideways; what is too wide scrolls by itself, and by the keyboard."""
    chromium.show(browser, pages[name].as_uri(), width=width)
    browser.execute_script("document.querySelectorAll('details').forEach(each => each.open = true)")
    assert value(browser, "document.scrollingElement.scrollWidth") == width
    unreachable = value(
        browser,
        "[...document.querySelectorAll('body *')].filter(each => each.scrollWidth > "
        "each.clientWidth + 1 && getComputedStyle(each).overflowX == 'auto' && each.tabIndex < 0)"
        ".length",
    )
    assert unreachable == 0


@pytest.mark.parametrize("name", PAGES)
def test_nothing_runs_and_nothing_is_loaded(browser, pages, name):
    """No script, no request but for the page, no complaint of the browser's."""
    address = pages[name].as_uri()
    browser.get("about:blank")
    requests_of(browser)
    browser.get_log("browser")
    chromium.show(browser, address)
    assert requests_of(browser) == ([address], [])
    assert browser.get_log("browser") == []
    assert value(browser, "document.scripts.length") == 0
    assert browser.title != "1"
    policy = "meta[http-equiv=Content-Security-Policy]"
    assert value(browser, f"document.querySelectorAll('{policy}').length") == 1


def test_policy_stops_what_slips_in(browser, pages, tmp_path):
    """Were a script or a picture from elsewhere in the page, it would do nothing."""
    text = pages["report"].read_text(encoding="utf-8")
    page = tmp_path / "slipped.html"
    slipped = "<script>document.title = 'run'</script><img alt='' src='https://hardal.invalid/a'>"
    page.write_text(text.replace("</main>", f"{slipped}</main>"), encoding="utf-8")
    browser.get("about:blank")
    requests_of(browser)
    chromium.show(browser, page.as_uri())
    assert browser.title != "run"
    asked, stopped = requests_of(browser)
    assert set(asked) - set(stopped) == {page.as_uri()}
    complaints = " ".join(entry["message"] for entry in browser.get_log("browser"))
    assert "inline script" in complaints
    assert "hardal.invalid" in complaints


@pytest.mark.parametrize("name", PAGES)
def test_keyboard_and_outline(browser, pages, name):
    """The first stop is the link to the content; headings do not skip a level."""
    chromium.show(browser, pages[name].as_uri())
    first = value(browser, "document.querySelector('a, button, summary, [tabindex]').className")
    assert first == "skip"
    levels = value(
        browser, "[...document.querySelectorAll('h1, h2, h3, h4')].map(each => +each.tagName[1])"
    )
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(after <= before + 1 for before, after in pairwise(levels))


@pytest.mark.parametrize("name", PAGES)
def test_paper(browser, pages, name):
    """It prints on a few pages, and nothing on them is wider than the paper."""
    chromium.show(browser, pages[name].as_uri())
    paper = chromium.printed(browser)
    assert paper.startswith(b"%PDF")
    count = len(re.findall(rb"/Type\s*/Page\b", paper))
    drawings = value(browser, "document.querySelectorAll('figure').length")
    # A session that is told event by event takes up to four pages.
    assert max(1, drawings // 3) <= count <= 3 + 4 * drawings
    # Paper of A4 between margins of 15 mm, in light, whatever the screen is.
    chromium.show(browser, pages[name].as_uri(), width=680, scheme="dark")
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": "print"})
    assert value(browser, "document.scrollingElement.scrollWidth") == 680
    assert (
        value(
            browser,
            "getComputedStyle(document.querySelector('nav') || document.querySelector"
            "('.skip')).display",
        )
        == "none"
    )
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": ""})
