"""The pages of a SENCO's year, walked by whoever uses them: with the keyboard alone, on paper, and
without JavaScript. A row for each page.
"""

import io

import pytest
from conftest import ROOT
from pypdf import PdfReader

from browser.test_keyboard import FOCUS

PAGES = {
    "senco": (
        "/",
        "/register/",
        "/census/",
        "/census-return/",
        "/census-figures/",
        "/provision-map/",
        "/provision-costs/",
        "/adult-weeks/",
        "/programmes-worked/",
        "/programme/",
        "/sessions/",
        "/review-week/",
        "{Asked}review/",
        "/review-week/{S2.key}/",
        "/my-plan-review/new/?pupil={S2.key}",
        "/ehcp-year/",
        "/next-phase/",
        "{Case}request/",
        "/educational-advice/new/?pupil={Case.key}",
        "/consultation-answer/new/?pupil={Case.key}",
        "/agencies-waiting/",
        "/recommendations/",
        "/measure/",
        "/import-measures/",
        "/leavers/",
        "/starting-register/",
        "/prints/",
        "/setting/",
    ),
    "teacher": ("/", "/class-sheet/", "/record-of-concern/raise/", "/provision-map/", "/sessions/"),
    "ta": ("/", "/class-sheet/", "/record-of-concern/raise/", "/sessions/"),
    "head": ("/", "/governors/", "/review-year/", "/head-agreement/", "{Case}"),
}
MOST = 250  # presses of Tab
# What a person can act on in the page and Tab did not come to; of a group of radios one is enough.
PASSED_BY = """() => {
  const acts = 'a[href], button, input:not([type=hidden]), select, textarea, summary';
  return [...document.querySelectorAll('main :is(' + acts + ')')]
    .filter(e => !e.disabled && e.tabIndex >= 0 && e.checkVisibility({checkVisibilityCSS: true}))
    .filter(e => e.type !== 'radio' && !e.dataset.stop)
    .map(e => e.outerHTML.slice(0, 100));
}"""
# how the element with the focus looks; it is marked as reached
STOP = f"() => {{ document.activeElement.dataset.stop = '1'; return ({FOCUS})(); }}"
FILLED = """() => [...document.querySelectorAll('main .button:not(.second, .warn)')]
  .filter(e => e.checkVisibility()).map(e => e.textContent.trim())"""
ON_PAPER = """() => {
  const wide = [...document.querySelectorAll('main table, main .card')]
    .filter(e => e.getBoundingClientRect().right > innerWidth + 1);
  const left = [...document.querySelectorAll('.nav, .find, .toolbar, .paging, .bar-actions, .foot')]
    .filter(e => e.checkVisibility());
  const heads = [...document.querySelectorAll('main .table thead')]
    .filter(e => getComputedStyle(e).display !== 'table-header-group');
  const narrow = [...document.querySelectorAll('main li span')]
    .filter(e => e.offsetHeight > 200 && e.offsetWidth < 40);
  return [...wide, ...left, ...heads, ...narrow].map(e => e.outerHTML.slice(0, 100));
}"""
NO_WAY_ON = """() => [...document.querySelectorAll('main form')]
  .filter(form => form.checkVisibility() && form.querySelector('input:not([type=hidden]), select'))
  .filter(form => ![...form.elements].some(e => e.type === 'submit' && e.checkVisibility()))
  .map(form => form.action)"""
USUAL, LANDSCAPE = {"width": 1280, "height": 800}, {"width": 1009, "height": 680}


class Child(str):
    """The address of a child's page, and in it the child's number."""

    @property
    def key(self):
        return self.split("/")[2]


def walk(page):
    """Press Tab from one end to the other; what is wrong with the places it stops at."""
    found = []
    page.evaluate("() => document.querySelector('.skip').focus()")
    for _ in range(MOST):
        page.keyboard.press("Tab")
        at = page.evaluate(STOP)
        if at["tag"] == "BODY":
            return found + [f"Tab passes by {one}" for one in page.evaluate(PASSED_BY)]
        if not (at["ring"] and at["seen"]):
            found.append(f"the focus is not seen on {at['tag']} {at['name']}")
    return [*found, "Tab comes to no end"]


@pytest.mark.parametrize("who", PAGES)
def test_each_page_by_keyboard_on_paper_and_without_javascript(school, chromium, children, who):
    screen = school.screen(chromium, who, viewport=USUAL).sign_in()
    plain = school.screen(chromium, who, script=False, viewport=USUAL).sign_in()
    known = {name: Child(address) for name, address in children.items()}
    faults = []
    for row in PAGES[who]:
        address = row.format(**known)
        screen.open(address)
        found = walk(screen.page)
        filled = screen.page.evaluate(FILLED)
        if len(filled) > 1:
            found.append(f"more than one filled button: {filled}")
        screen.page.emulate_media(media="print")
        screen.page.set_viewport_size(LANDSCAPE)
        found += [f"on paper: {one}" for one in screen.page.evaluate(ON_PAPER)]
        screen.page.emulate_media(media="screen")
        screen.page.set_viewport_size(USUAL)
        plain.open(address)
        found += [f"without JavaScript, no button: {one}" for one in plain.page.evaluate(NO_WAY_ON)]
        if plain.page.evaluate(FILLED) != filled:
            found.append("without JavaScript the next act is another")
        faults += [f"{address}: {one}" for one in found]
    assert not faults, "\n".join(faults)


@pytest.mark.parametrize("width, height", [(1280, 800), (390, 844)])
def test_the_first_task_and_the_first_child_stand_on_the_first_screen(
    school, chromium, children, width, height
):
    window = {"width": width, "height": height}
    page = school.screen(chromium, "senco", viewport=window).sign_in().page
    for address, line in (("/", "li.child"), ("/register/", "tbody tr")):
        page.goto(address)
        assert page.locator(line).first.bounding_box()["y"] < height
        assert page.locator("form.toolbar").is_visible() is (width > 640)


def test_a_sheet_that_is_just_full_is_the_last_one(chromium):
    style = (ROOT / "static" / "portal.css").read_text("utf-8")
    page = chromium.new_page()
    counts = set()
    for rows in range(118, 134):
        table = "<tr><th>Child</th><td>Words</td></tr>" * rows
        page.set_content(
            f"<style>{style}</style><main class='wrap'><h1>Map</h1><div class='scroll'>"
            f"<table class='table dense a3'><tbody>{table}</tbody></table></div></main>"
        )
        sheets = PdfReader(io.BytesIO(page.pdf(prefer_css_page_size=True))).pages
        assert "Child" in sheets[-1].extract_text(), f"an empty sheet after {rows} rows"
        counts.add(len(sheets))
    assert counts == {1, 2}  # some of these were just full
