"""What is typed is kept while it is typed, in a real browser: the tab is closed, and the words come
back.
"""

import datetime

import pytest
from conftest import TODAY

import people

WORDS = "Typed, and the tab was closed"
KEPT = "form[data-draft] [data-draft-said]:has-text('Draft kept at')"


@pytest.fixture(autouse=True)
def morning(the_day):
    """The same time of the same day for the whole file."""
    the_day.move_to(datetime.datetime(*TODAY.timetuple()[:3], 10, tzinfo=datetime.UTC))


def drafts(served):
    """The drafts that are kept now."""
    with served.database.connection_context():
        return [d.typed for d in people.Draft.select()]


def clean(served):
    """No draft is left from another test."""
    with served.database.connection_context():
        people.Draft.delete().execute()


def edit(children, name="draft"):
    """The form of a paper."""
    return f"{children[name]}edit/"


def open_paper(served, school, chromium, children):
    """The SENCO's screen with the form of a paper, its page and one of its boxes."""
    clean(served)
    screen = school.screen(chromium, "senco")
    screen.open(edit(children))
    return screen, screen.page, screen.page.locator("#strengths")


def test_a_closed_tab_loses_nothing(served, school, chromium, children):
    """6 of 6: type, wait for “Draft kept at”, close the tab, open the form again. The focus stays
    in the box, and a line that was added comes back.
    """
    clean(served)
    screen = school.screen(chromium, "senco")
    screen.open(edit(children))
    screen.page.locator("#strengths").fill(WORDS)
    screen.page.locator("button[name=more][value=key_concerns]").click()
    line = screen.page.locator("[data-rows=key_concerns] > fieldset").last.locator("textarea").first
    line.fill("A new line")
    screen.page.locator(KEPT).wait_for()
    assert line.evaluate("box => box === document.activeElement"), (
        "the line below the form took the focus"
    )
    assert screen.page.evaluate("() => localStorage.length + sessionStorage.length") == 0
    screen.page.close()
    screen.page = screen.context.new_page()
    screen.open(edit(children))
    screen.says("This is what you typed on 24 Nov 2026, 10:0")
    assert screen.page.locator("#strengths").input_value() == WORDS
    assert "A new line" in [
        b.input_value() for b in screen.page.locator("[data-rows=key_concerns] textarea").all()
    ]
    screen.press("Throw it away")
    assert screen.page.locator("#strengths").input_value() != WORDS and not drafts(served)


def test_a_tab_that_is_closed_at_once_loses_nothing(served, school, chromium, children):
    """Before the two seconds are over: the page sends what is in it while it goes."""
    clean(served)
    screen = school.screen(chromium, "senco")
    screen.open(edit(children))
    screen.page.locator("#strengths").fill(WORDS)
    screen.page.goto("/")
    # it travels beside the page that comes next
    assert WORDS in screen.until(lambda: drafts(served))[0]
    screen.page.reload()
    screen.says("Typed and not saved")
    screen.open(edit(children))
    assert screen.page.locator("#strengths").input_value() == WORDS


def test_a_saved_form_leaves_no_draft(served, school, chromium, children):
    """Neither the timer nor the message of a page that goes brings back what is saved."""
    clean(served)
    screen = school.screen(chromium, "senco")
    screen.open(edit(children))
    for words in ("One", "Two"):
        screen.page.locator("#strengths").fill(words)
        screen.press("Save draft")
        assert screen.page.locator("#strengths").input_value() == words
    screen.page.reload(wait_until="networkidle")
    assert not drafts(served)


def test_moves_and_the_chart_are_kept_too(served, school, chromium, children):
    """The page of a move, and a question of the chart."""
    clean(served)
    screen = school.screen(chromium, "senco")
    for address, box in (
        (f"{children['S1']}move/has-left-the-school/", "#destination"),
        (f"{children['Asked']}review/", "#why"),
    ):
        screen.open(address)
        screen.page.locator(box).fill(WORDS)
        screen.page.locator(KEPT).wait_for()
        screen.page.reload()
        screen.says("This is what you typed")
        assert screen.page.locator(box).input_value() == WORDS


def test_signing_out_in_another_window_sends_what_is_typed_in_this_one(
    served, school, chromium, children
):
    """What is typed afterwards waits in the page until somebody has signed in again."""
    screen, here, box = open_paper(served, school, chromium, children)
    screen.page = screen.context.new_page()
    screen.open("/")
    box.fill(WORDS)
    screen.press("Sign out")
    assert WORDS in drafts(served)[0]
    box.fill("Typed too late")
    here.locator("[data-draft-said]:has-text('You are signed out.')").wait_for()
    save = here.locator("button[name=do][value=save]:not(.vh)")
    save.click()
    assert box.input_value() == "Typed too late"
    screen.who = "teacher"  # who signs in meanwhile gets nothing of it
    screen.sign_in()
    box.fill("Typed much too late")
    here.locator("[data-draft-said]:has-text('You are signed out.')").wait_for()
    save.click()
    assert box.input_value() == "Typed much too late"
    assert not [words for words in drafts(served) if "too late" in words]
    screen.press("Sign out")
    box.fill("Typed too late")
    screen.who = "senco"
    screen.sign_in()
    here.locator("form[data-draft]:not([data-sent])").wait_for()
    screen.page = here
    screen.press("Save draft")
    assert box.input_value() == "Typed too late" and not drafts(served)
    # the browser itself tells of every refused request
    assert all("400 (BAD REQUEST)" in words for words in screen.noise)
    screen.noise.clear()


def test_save_at_once_after_a_session_ended_on_another_device_keeps_the_last_keys(
    served, school, chromium, children
):
    """They wait in the page, and are saved after signing in again in another tab."""
    screen, here, box = open_paper(served, school, chromium, children)
    with served.database.connection_context():
        people.UserSession.delete().execute()
    box.fill("The last keys")
    here.locator("button[name=do][value=save]:not(.vh)").click()
    here.locator("[data-draft-said]:has-text('You are signed out.')").wait_for()
    assert box.input_value() == "The last keys"
    screen.page = screen.context.new_page()
    screen.sign_in()
    screen.page = here
    screen.press("Save draft")
    assert box.input_value() == "The last keys" and not drafts(served)
    # the browser itself tells of the refused request
    assert all("400 (BAD REQUEST)" in words for words in screen.noise)
    screen.noise.clear()
