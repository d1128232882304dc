"""Enter in the search boxes, pressed in real Chromium, with and without JavaScript: it searches,
and downloads nothing.
"""

import pytest

LISTS = (
    "/pupil/",
    "/my-plan/",
    "/sen-list/",
    "/concerns-list/",
    "/meeting/",
    "/user/",
    "/bank-entry/",
)


@pytest.fixture
def at(school, chromium, children, script):
    """The SENCO at a screen, and the files that the browser was sent."""
    screen, files = school.screen(chromium, "senco", script).sign_in(), []
    screen.page.on("download", lambda sent: files.append(sent.suggested_filename))
    return screen, files


def test_enter_in_the_search_box_of_a_list_searches(at):
    screen, files = at
    for address in LISTS:
        screen.open(address)
        screen.page.locator("#q").fill("Nobody is called this")
        with screen.page.expect_navigation(wait_until="domcontentloaded"):
            screen.page.locator("#q").press("Enter")
        screen.says("0 found")
        assert screen.page.locator("#q").input_value() == "Nobody is called this", address
        assert not files, address


def test_enter_opens_the_only_hit(at, children):
    """On the list, and in the box on top of every page."""
    screen, files = at
    screen.open(children["Case"])
    upn_or_name = screen.page.locator("h1").inner_text()
    for address, box in (("/pupil/", "#q"), ("/", "#find")):
        screen.open(address)
        screen.page.locator(box).fill(upn_or_name.partition(",")[0])
        with screen.page.expect_navigation(wait_until="domcontentloaded"):
            screen.page.locator(box).press("Enter")
        assert screen.page.url.endswith(children["Case"]) and not files


def test_the_spreadsheet_is_sent_by_its_own_button_alone(at):
    screen, files = at
    screen.open("/pupil/")
    with screen.page.expect_download():
        screen.thing("Spreadsheet (CSV)").click()
    assert len(files) == 1
