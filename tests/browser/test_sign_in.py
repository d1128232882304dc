"""Getting in and staying in, in a real browser: the way of a new person, the warning before the
end, the places signed in.
"""

from datetime import timedelta

import pyotp
import pytest
from flask import request

import models as m
import people
from admin_views import drafts
from browser.screen import PASSWORD
from browser.test_axe import check

IDLE = 15 * 60


@pytest.fixture
def kept(monkeypatch):
    """What is kept of the typing."""
    found = []

    def keep(user, address, items=None):
        typed = request.form if items is None else items
        found.append((user.username, address.rstrip("?"), dict(typed)))

    monkeypatch.setattr(drafts, "keep", keep)
    return found


def give_code(screen, secret, button):
    """Type the code that the app shows now."""
    screen.page.locator("#code").fill(pyotp.TOTP(secret).now())
    screen.press(button)


def test_a_new_person_sets_up_the_second_step_and_signs_in_with_it(school, chromium, the_day):
    with school.database.connection_context():
        m.Setting.update(second_step="teacher").execute()
        number = people.User.get(people.User.username == "teacher").id
    technician, teacher = (
        school.screen(chromium, "technician").sign_in(),
        school.screen(chromium, "teacher"),
    )
    technician.open(f"/account/link/{number}")
    technician.page.get_by_label("They are new").check()
    technician.press("Make a sign-in link")
    teacher.page.goto(technician.page.locator("#link").input_value())
    for box in ("#new_password", "#again"):
        teacher.page.locator(box).fill(PASSWORD)
    teacher.press("Save password")
    secret = teacher.page.locator("main p > code").inner_text().replace(" ", "")
    check(teacher)
    give_code(teacher, secret, "Turn on")
    assert len(teacher.each("main li code")) == 10
    teacher.press("I have kept them")
    assert teacher.page.url == f"{school.url}/"
    the_day.shift(timedelta(minutes=1))  # a code works once
    teacher.press("Sign out")
    teacher.page.locator("#user_name").fill("teacher")
    teacher.page.locator("#password").fill(PASSWORD)
    teacher.press("Sign in")
    teacher.says("Type the six figures")
    give_code(teacher, secret, "Continue")
    assert teacher.page.url == f"{school.url}/"


def pass_time(screen, the_day, seconds):
    """Let time pass on the server and in the browser."""
    the_day.shift(timedelta(seconds=seconds))
    screen.page.clock.fast_forward(seconds * 1000)


def test_the_page_warns_before_the_end_and_typing_is_kept(school, chromium, the_day, kept):
    senco, dialog = school.screen(chromium, "senco"), "#ends[open]"
    senco.page.clock.install()
    senco.sign_in().open("/bank-entry/new/")
    pass_time(senco, the_day, IDLE - 150)
    assert not senco.page.locator(dialog).count()
    pass_time(senco, the_day, 45)
    senco.page.locator(dialog).wait_for()
    check(senco)
    assert senco.page.evaluate("document.activeElement.innerText") == "Stay signed in"
    with senco.page.expect_response("**/account/stay"):
        senco.page.keyboard.press("Enter")
    assert not senco.page.locator(dialog).count()
    pass_time(senco, the_day, IDLE - 150)  # still in, and no warning yet
    senco.page.locator("#words").fill("A timer on the desk")
    with senco.page.expect_response("**/account/stay"):  # who is typing is not asked
        pass_time(senco, the_day, 50)
    assert not senco.page.locator(dialog).count()
    pass_time(senco, the_day, IDLE - 100)
    senco.page.locator(dialog).wait_for()
    with senco.page.expect_navigation(url="**/sign-in?next=/bank-entry/new/"):
        pass_time(senco, the_day, 150)
    assert ("senco", "/bank-entry/new/", "A timer on the desk") in [
        (who, at, items.get("words")) for who, at, items in kept
    ]
    senco.give_password()
    assert senco.page.url.endswith("/bank-entry/new/")


def test_one_ends_another_place_from_ones_own_account(school, chromium):
    here, there = (
        school.screen(chromium, "office").sign_in(),
        school.screen(chromium, "office").sign_in(),
    )
    here.open("/account")
    check(here)
    assert (
        here.each("main tbody tr")[0].startswith("Chrome on Linux 127.0.0.1")
        and len(here.each("main tbody tr")) == 2
    )
    here.click(here.page.get_by_role("button", name="Sign out there"))
    here.says_not("Sign out there")
    there.page.goto("/account")
    assert "/sign-in" in there.page.url
