"""A new portal leads its technician on: what is still to do, the first sign-in links, and where
these can be opened.
"""

from pathlib import Path

import pytest

import models as m
import people
from admin_views import status
from admin_views.account import views as account
from ops import backup, checks

TO_DO = {words for _, words, _ in status.FIRST_STEPS}


def steps(page):
    """What stands under “First steps” of a home page: {words: address}."""
    links = page.all("//section[@aria-labelledby='first-steps']//a")
    return {link.text_content(): link.get("href") for link in links}


@pytest.fixture
def new_school(school):
    """A school with a technician, in which nothing else was done."""
    m.Setting.update(school_name="Our School", holidays="").execute()
    people.User.update(account="off").where(people.User.role == "senco").execute()
    return school


def test_every_first_step_is_a_check_of_the_status_page():
    for name, _, _ in status.FIRST_STEPS:
        assert checks.named(name).cure


def test_the_technician_is_shown_what_is_still_to_do_and_each_leads_there(new_school, browser):
    technician = browser("technician")
    found = steps(technician.page("/"))
    assert set(found) == TO_DO
    for address in found.values():
        assert technician.get(address).status_code in (200, 302), address


@pytest.mark.parametrize("who", ["senco", "head", "office", "teacher"])
def test_nobody_else_is(new_school, browser, who):
    people.User.update(account="on").execute()
    assert not steps(browser(who).page("/"))


def test_what_is_done_goes_from_the_list(new_school, browser, monkeypatch, tmp_path):
    people.User.update(account="on").execute()
    m.Setting.update(school_name="Hill School", holidays="19/12/2026 to 3/1/2027").execute()
    monkeypatch.setattr(backup, "destinations", lambda settings: [tmp_path, Path("/dev/shm")])
    assert set(steps(browser("technician").page("/"))) == {
        "Print the key of the backups for the school's safe"
    }
    folder = new_school.app.config["DATA_DIR"]
    for name in ("backup.key", "recovery-key.printed"):
        (folder / name).touch()
    try:
        assert not steps(browser("technician").page("/"))
    finally:
        for name in ("backup.key", "recovery-key.printed"):
            (folder / name).unlink()


# --- the first link
LINK = "//main//a[normalize-space()='Make a sign-in link']/@href"


def test_a_person_who_was_just_saved_is_offered_a_sign_in_link(school, browser):
    technician = browser("technician")
    form = technician.page("/user/new/")
    page = technician.submit(form, name="Nora New", username="nora", role="teacher", classes="3B")
    nora = people.User.get(people.User.username == "nora")
    assert "Person saved." in page.text
    assert "Nora New has not chosen a password yet" in page.text
    assert page.all(LINK) == [f"/account/link/{nora.id}"]
    people.User.update(password="x").where(people.User.id == nora.id).execute()
    page = technician.page(f"/user/{nora.id}/")
    assert "has not chosen a password" not in page.text
    assert page.all(LINK) == [f"/account/link/{nora.id}"]


def test_it_is_not_offered_to_who_may_not_make_one_nor_for_who_is_switched_off(school, browser):
    people.User.update(password=None).execute()
    assert not browser("head").page(f"/user/{school.teacher.id}/").all(LINK)
    people.User.update(account="off").where(people.User.id == school.teacher.id).execute()
    assert (
        "has not chosen a password"
        not in browser("technician").page(f"/user/{school.teacher.id}/").text
    )


def test_a_link_that_works_on_this_computer_only_says_so(school, browser):
    technician = browser("technician")
    page = technician.read(technician.post(f"/account/link/{school.teacher.id}", {"reason": "new"}))
    assert page.one("//input[@id='link']").get("value").startswith("http://localhost/set-up/")
    assert "This link works on this computer only." in page.text


@pytest.mark.parametrize(
    "listens, https, hosts, opened_at, link",
    [
        (
            "127.0.0.1",
            True,
            ["portal.school.example"],
            "http://portal.school.example",
            "https://portal.school.example",
        ),
        (
            "127.0.0.1",
            True,
            ["portal.school.example"],
            "https://portal.school.example:8443",
            "https://portal.school.example:8443",
        ),
        ("0.0.0.0", False, ["portal"], "http://portal:8000", "http://portal:8000"),
        ("0.0.0.0", False, ["portal", "localhost"], "http://localhost:8000", "http://portal"),
    ],
)
def test_a_link_has_the_address_that_others_can_reach(
    portal, monkeypatch, listens, https, hosts, opened_at, link
):
    reached = {
        "LISTENS_AT": listens,
        "SESSION_COOKIE_SECURE": https,
        "TRUSTED_HOSTS": hosts,
        "BASE_URL": f"http{'s' * https}://{hosts[0]}",
    }
    for name, value in reached.items():
        monkeypatch.setitem(portal.config, name, value)
    with portal.test_request_context("/", base_url=opened_at):
        assert account.address_for_others() == link
        assert not account.only_here()
