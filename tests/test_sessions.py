"""Sign-ins live on the server: when they end, who ends them, and that what was typed is kept when
one has ended.
"""

import time
from datetime import timedelta

import pytest
import time_machine
from peewee import OperationalError
from web import MOMENT, pairs, sign_in_row, values_of

import models as m
import people
from admin_views import drafts
from admin_views.account import sessions
from audit import log as audit_log
from records import questions as q

STALE = 11 * 60  # seconds after which a password was given too long ago
HOME, SIGN_IN = "/account", "/sign-in"


@pytest.fixture
def kept(monkeypatch):
    """What is kept of the typing: [(user, address, items)]."""
    found = []

    def keep(user, address, items):
        typed = [(name, value) for name, value in items if name != "csrf_token"]
        found.append((user, address.rstrip("?"), typed))

    monkeypatch.setattr(drafts, "keep", keep)
    return found


def later(**more):
    """That much later on the day of the tests."""
    return time_machine.travel(MOMENT + timedelta(**more), tick=False)


def is_in(person, url=HOME):
    """Whether the person is still signed in."""
    response = person.get(url)
    return response.status_code != 302 or not response.location.startswith(SIGN_IN)


def row_of(person):
    """The row of this browser."""
    with person.client.session_transaction() as session:
        return sessions.by_token(session["_user_id"])


def prove_again(person):
    """Let the password have been given too long ago."""
    with person.client.session_transaction() as session:
        session["proved"] = int(time.time()) - STALE


# --- it runs out
@pytest.mark.parametrize("minutes, still", [(14, True), (16, False)])
def test_who_does_not_click_is_signed_out(browser, minutes, still):
    person = browser("senco")
    with later(minutes=minutes):
        assert is_in(person) == still


def test_a_click_counts_and_what_the_page_sends_by_itself_does_not(browser):
    person = browser("senco")
    with later(minutes=10):
        assert is_in(person)
    with later(minutes=20):
        for url in ("/help/day/", "/pupil/look-up/"):
            assert person.post(url, {"words": "1"}).status_code == 200
        said = person.get("/account/stay").json
        assert (said["left"], said["day"]) == (300, False)
    with later(minutes=26):
        assert not is_in(person)


def test_staying_signed_in_is_a_click(browser):
    person = browser("senco")
    with later(minutes=14):
        assert person.post("/account/stay").json["left"] == 900
    with later(minutes=28):
        assert is_in(person)


def test_the_day_ends_however_much_one_clicks(browser):
    person = browser("senco")
    row = row_of(person)
    for before_end, still in ((timedelta(minutes=1), True), (timedelta(0), False)):
        people.UserSession.update(
            began_at=audit_log.now() - timedelta(hours=8) + before_end, seen_at=audit_log.now()
        ).where(people.UserSession.id == row.id).execute()
        assert is_in(person) == still


def test_the_school_sets_both_limits_but_cannot_lock_itself_out(school, browser):
    person = browser("senco")
    with audit_log.acting_as("The tests"):
        settings = m.Setting.of_school()
        settings.idle_minutes, settings.day_hours = 60, 1
        settings.save()
    with later(minutes=59):
        assert is_in(person)
    with later(minutes=61):
        assert not is_in(person)
    settings.idle_minutes, settings.day_hours = 2, 25
    assert {n for n, _ in settings.errors()} == {"idle_minutes", "day_hours"}
    m.Setting.update(idle_minutes=0, day_hours=0).execute()
    assert is_in(browser("senco"))


def test_looking_around_does_not_write_at_each_look(browser):
    person = browser("senco")
    seen = row_of(person).seen_at
    with later(seconds=50):
        assert is_in(person) and row_of(person).seen_at == seen
    with later(seconds=70):
        assert is_in(person) and row_of(person).seen_at > seen


def test_a_full_disk_does_not_keep_anybody_from_reading(browser, monkeypatch):
    def full(*_, **__):
        raise OperationalError("database or disk is full")

    person = browser("senco")
    monkeypatch.setattr(people.UserSession, "save", full)
    with later(minutes=5):
        assert is_in(person)


# --- the cookie alone is worth nothing
def test_a_cookie_without_its_row_or_with_a_number_is_nobody(school, browser):
    user = people.User.get_by_id(school.senco.id)
    for forged in (
        "x",
        "",
        user.token,
        str(user.id),
        sign_in_row(user) + "x",
        sessions.sha256_hex(sign_in_row(user)),
    ):
        person = browser("senco")
        with person.client.session_transaction() as session:
            session["_user_id"] = forged
        assert not is_in(person), forged
    person = browser("senco")
    people.UserSession.delete().execute()
    assert not is_in(person)


# --- who ends it
def test_signing_out_ends_this_place_and_no_other(browser):
    here, there = browser("senco"), browser("senco")
    copy = browser(None)
    copy.client.set_cookie("portal", here.cookie)
    assert is_in(copy) and here.post("/sign-out").location == SIGN_IN
    assert (is_in(here), is_in(copy), is_in(there)) == (False, False, True)


def test_one_sees_where_one_is_signed_in_and_ends_one_or_all_others(browser):
    here, there, far = [browser("senco") for _ in range(3)]
    page = here.page(HOME)
    # twice also in the words of its button
    assert page.text.count("Firefox on Windows") == 5 and page.text.count("This one") == 1
    chosen = page.all("//button[@name='which']/@value")
    assert set(chosen) == {str(row_of(p).id) for p in (there, far)}
    here.post("/account/places", {"which": str(row_of(there).id)})
    assert (is_in(here), is_in(there), is_in(far)) == (True, False, True)
    here.post("/account/places", {"which": "others"})
    assert (is_in(here), is_in(far)) == (True, False)
    assert len(here.page(HOME).all("//button[@name='which']")) == 0


def test_nobody_ends_the_places_of_another(browser):
    teacher, senco = browser("teacher"), browser("senco")
    for which in (str(row_of(senco).id), "others", "0", "x", "9" * 30):
        assert teacher.post("/account/places", {"which": which}).status_code == 302
    assert is_in(senco) and is_in(teacher)


def test_the_technician_and_the_senco_sign_others_out_but_the_senco_no_technician(school, browser):
    teacher, senco, technician = browser("teacher"), browser("senco"), browser("technician")
    address = f"/account/places/{school.teacher.id}"
    page = technician.page(f"/user/{school.teacher.id}/")
    assert address in page.addresses()
    assert "Firefox on Windows" in technician.page(address).text and is_in(teacher)
    assert teacher.post(address).status_code == 403
    assert senco.post(f"/account/places/{school.technician.id}").status_code == 403
    technician.post(address)
    assert (is_in(teacher), is_in(senco), is_in(technician)) == (False, True, True)
    assert (
        audit_log.AuditEntry.select().order_by(audit_log.AuditEntry.id.desc()).get().act
        == "signed out everywhere"
    )


@pytest.mark.parametrize("column, value", [("role", q.OFFICE), ("account", "off")])
def test_another_role_or_a_closed_account_ends_every_place_by_the_screen_of_people(
    school, browser, column, value
):
    person, technician = [browser("senco"), browser("senco")], browser("technician")
    address = f"/user/{school.senco.id}/edit/"
    technician.submit(technician.page(address), **{column: value})
    assert [is_in(p) for p in person] == [False, False] and is_in(technician)
    assert (
        not people.UserSession.select().where(people.UserSession.user == school.senco.id).exists()
    )


def test_rows_that_ran_out_long_ago_are_swept_at_the_next_sign_in(school, browser):
    old, recent = row_of(browser("senco")), row_of(browser("senco"))
    people.UserSession.update(seen_at=audit_log.now() - timedelta(days=8)).where(
        people.UserSession.id == old.id
    ).execute()
    people.UserSession.update(seen_at=audit_log.now() - timedelta(days=6)).where(
        people.UserSession.id == recent.id
    ).execute()
    token = sessions.start(school.teacher)
    assert {row.id for row in people.UserSession.select()} >= {
        recent.id,
        sessions.by_token(token).id,
    }
    assert not people.UserSession.select().where(people.UserSession.id == old.id).exists()


# --- typing that comes too late
def test_what_is_sent_after_the_session_was_ended_elsewhere_stays_in_the_page(school, browser):
    """Nobody knows any more whose it is: signed in again, one sends it from there."""
    person = browser("senco")
    form = person.page(f"/bank-entry/new/?pupil={school.mine.id}")
    row_of(person).delete_instance()
    headers = {"Sec-Fetch-Site": "same-origin"}
    sent = [*values_of(form.form()), ("words", "The last keys"), ("bank", "measure")]
    sent = [(name, value) for name, value in sent if value]
    page = person.read(
        person.send("POST", "/bank-entry/new/", sent, token=False, headers=headers), 401
    )
    assert page.h1 == "You were signed out" and "The last keys" in page.source
    assert not people.Draft.select().exists()
    again = browser("senco")
    again.submit(page, path="//form[.//button='Try again']", button=None)
    assert m.BankEntry.select().where(m.BankEntry.words == "The last keys").exists()


TYPED = {"version": "1", "words": "A timer on the desk", "area": ["one", "two"]}


def test_what_is_sent_after_the_end_is_kept_for_the_person_and_leads_back(school, browser, kept):
    person = browser("senco")
    with later(hours=3):
        answer = person.post("/bank-entry/new/?pupil=1", TYPED)
    assert answer.location == "/sign-in?next=/bank-entry/new/?pupil%3D1"
    assert [(u.id, a, i) for u, a, i in kept] == [
        (school.senco.id, "/bank-entry/new/?pupil=1", pairs(TYPED))
    ]
    assert not m.BankEntry.select().where(m.BankEntry.words == TYPED["words"]).exists()


def test_nothing_is_kept_without_the_token_of_the_form(browser, kept):
    person = browser("senco")
    with later(hours=3):
        assert person.post("/bank-entry/new/", TYPED, token=False).status_code == 400
        assert (
            person.post(
                "/bank-entry/new/", {**TYPED, "csrf_token": "made up"}, token=False
            ).status_code
            == 400
        )
    assert not kept


@pytest.mark.parametrize("end", ["signed out", "switched off", "forged", "nobody"])
def test_nothing_is_kept_for_a_place_that_was_ended_or_never_was(school, browser, kept, end):
    person = browser(None if end == "nobody" else "senco")
    if end == "signed out":
        row_of(person).delete_instance()
    elif end == "switched off":
        people.User.update(account="off").where(people.User.id == school.senco.id).execute()
    elif end == "forged":
        with person.client.session_transaction() as session:
            session["_user_id"] = "forged"
    with later(hours=3):
        answer = person.post("/bank-entry/new/", TYPED)
    if end == "switched off":
        assert answer.location.startswith(SIGN_IN)
    else:
        assert answer.status_code == 401 and TYPED["words"] in answer.text
    assert not kept


def test_it_is_kept_too_when_the_second_step_must_be_set_up_first(school, browser, kept):
    person = browser("senco")
    people.User.update(totp=None).where(people.User.id == school.senco.id).execute()
    assert person.post("/bank-entry/new/", TYPED).location == "/account/second-step"
    assert [u.id for u, _, _ in kept] == [school.senco.id]


# --- the password again
@pytest.mark.parametrize(
    "who, url",
    [
        ("technician", "/user/new/"),
        ("technician", "/user/{teacher}/edit/"),
        ("technician", "/setting/{setting}/edit/"),
        ("technician", "/account/places/{teacher}"),
    ],
)
def test_accounts_rights_and_settings_ask_for_the_password_again_and_keep_the_form(
    school, browser, kept, who, url
):
    person, url = (
        browser(who),
        url.format(teacher=school.teacher.id, setting=m.Setting.of_school().id),
    )
    assert person.get(url).status_code == 200
    prove_again(person)
    confirm = f"/account/confirm?next={url}"
    assert person.get(url).location == confirm and not kept
    assert person.post(url, {"name": "Typed"}).location == confirm
    assert [(u.id, a, i) for u, a, i in kept] == [
        (getattr(school, who).id, url, [("name", "Typed")])
    ]


def test_a_spreadsheet_of_pupils_asks_for_the_password_again_and_leads_back_to_the_list(browser):
    person = browser("senco")
    assert person.post("/pupil/spreadsheet/").status_code == 200
    prove_again(person)
    answer = person.post("/pupil/spreadsheet/", headers={"Referer": "http://localhost/pupil/"})
    assert answer.location == "/account/confirm?next=/pupil/"
    answer = person.post("/pupil/spreadsheet/", headers={"Referer": "https://evil.example/pupil/"})
    assert answer.location == "/account/confirm?next=/account"


def test_children_can_be_read_without_the_password_again(school, browser):
    person = browser("senco")
    prove_again(person)
    assert person.get(f"/pupil/{school.mine.id}/").status_code == 200


# --- the words
@pytest.mark.parametrize(
    "agent, words",
    [
        (
            "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:140.0) Gecko/20100101 Firefox/140.0",
            "Firefox on Windows",
        ),
        (
            (
                "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko)"
                " Chrome/140.0 Safari/537.36 Edg/140.0"
            ),
            "Edge on Windows",
        ),
        (
            (
                "Mozilla/5.0 (X11; CrOS x86_64 14541.0.0) AppleWebKit/537.36 (KHTML, like Gecko)"
                " Chrome/140.0 Safari/537.36"
            ),
            "Chrome on Chromebook",
        ),
        (
            (
                "Mozilla/5.0 (iPad; CPU OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like"
                " Gecko) Version/17.5 Safari/604.1"
            ),
            "Safari on iPad",
        ),
        (
            (
                "Mozilla/5.0 (Linux; Android 14) AppleWebKit/537.36 (KHTML, like Gecko)"
                " Chrome/140.0 Mobile Safari/537.36"
            ),
            "Chrome on Android",
        ),
        ("curl/8.0", "An unknown browser"),
        ("", "An unknown browser"),
        ("<script>" * 99, "An unknown browser"),
    ],
)
def test_a_browser_has_a_plain_name(agent, words):
    assert sessions.device_name(agent) == words


# --- how many
def test_a_person_is_signed_in_at_so_many_places_and_no_more(school, browser, monkeypatch):
    """Whoever signs in again and again fills no table; the place used longest ago ends, the newest
    hold.
    """
    monkeypatch.setattr(sessions, "MOST_SESSIONS", 3)
    oldest = browser("senco")
    people.UserSession.update(seen_at=audit_log.now() - timedelta(minutes=1)).where(
        people.UserSession.user == school.senco
    ).execute()
    with oldest.app.test_request_context():
        tokens = [sessions.start(school.senco) for _ in range(3)]
    assert people.UserSession.select().where(people.UserSession.user == school.senco).count() == 3
    assert all(sessions.by_token(token) for token in tokens)
    assert not is_in(oldest)
