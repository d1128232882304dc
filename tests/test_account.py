"""Signing in: each name is a promise."""

import re
import time
from datetime import timedelta
from types import SimpleNamespace

import pyotp
import pytest
import time_machine
from argon2 import PasswordHasher, extract_parameters
from lxml import html
from web import Page

import app as program
import people
from admin_views.account import passwords
from admin_views.account import views as screens
from audit.log import AuditEntry, acting_as, now
from models import Setting
from people import SignInAttempt, User
from records.record import Clash

PASSWORD = "three random words"
NEW = "four quite random words"


@pytest.fixture(scope="module")
def made(database, tmp_path_factory):
    """The portal, made once."""
    return program.create_app(database, tmp_path_factory.mktemp("account"), testing=True)


@pytest.fixture
def app(cast, made, monkeypatch):
    """The portal, where nobody has an account yet."""
    User.delete().execute()
    with acting_as("The tests"):
        # the tests of the second step say when it is needed
        Setting(second_step=None).save()
    monkeypatch.setitem(made.config, "WTF_CSRF_ENABLED", True)
    return made


def person(username, role, **more):
    """Somebody who may sign in."""
    with acting_as("The tests"):
        return User.create(
            name=more.pop("name", username.title()), username=username, role=role, **more
        )


@pytest.fixture
def amy(app):
    """A SENCO with a password."""
    return person("amy", "senco", password=passwords.hash_password(PASSWORD))


@pytest.fixture
def tom(app):
    """A technician with a password."""
    return person("tom", "technician", password=passwords.hash_password(PASSWORD))


def acts():
    """What the audit trail says about signing in: [(act, reason)]."""
    return [
        (e.act, e.reason)
        for e in (
            AuditEntry.select()
            .where(
                AuditEntry.record == "User",
                AuditEntry.question == "",
                AuditEntry.who != "The tests",
            )
            .order_by(AuditEntry.id)
        )
    ]


def check(response):
    """The tree of a page without faults. What is wrong in a form is linked, and in the title."""
    page = Page(response)
    assert page.faults() == []
    wrong = [where for where, _ in page.problems if where]
    assert bool(wrong) == page.title.startswith("Error: ")
    assert all(page.tree.xpath(f"//main//form[@action][.//*[@id='{where}']]") for where in wrong)
    return page.tree


def fill(client, address, **answers):
    """Open a page, fill in its (last) form as a browser would, and press the button."""
    page = client.get(address, follow_redirects=True)
    form = check(page).forms[-1]
    hidden = {box.name: box.value for box in form.xpath(".//input[@type='hidden']")}
    assert set(answers) <= {box.get("name") for box in form.xpath(".//input | .//select")}, (
        page.text
    )
    response = client.post(form.action, data=hidden | answers)
    if response.status_code in (200, 422):
        assert response.status_code == 422 or "Error: " not in check(response).findtext(".//title")
        check(response)
    return response


def sign_in(client, password=PASSWORD, name="amy", address="/sign-in"):
    return fill(client, address, user_name=name, password=password)


def problem(response):
    return html.fromstring(response.text).xpath("string(//*[@role='alert']//a)")


def press_sign_out(client):
    token = html.fromstring(client.get("/account").text).xpath(
        "string(//form[@action='/sign-out']//@value)"
    )
    return client.post("/sign-out", data={"csrf_token": token})


@pytest.fixture
def client(app):
    return app.test_client()


@pytest.fixture
def signed_in(client, amy):
    assert sign_in(client).location == "/"
    return client


@pytest.fixture
def two_steps(amy):
    """Amy, with the second step on."""
    amy.keep(totp=pyotp.random_base32(), recovery=passwords.sha256_hex("aaaabbbbccccdddd"))
    return amy


def turn_on(client):
    """Set up the second step; give the page shown after it and the secret."""
    page = client.get("/account/second-step")
    secret = check(page).xpath("string(//p/code)").replace(" ", "")
    return fill(client, "/account/second-step", code=pyotp.TOTP(secret).now()), secret


# Signing in and out


def test_a_stranger_is_sent_to_sign_in_and_back(client, amy):
    assert client.get("/account?x=1").location == "/sign-in?next=/account?x%3D1"
    assert sign_in(client, address="/account?x=1").location == "/account?x=1"


def test_every_page_but_the_open_ones_needs_signing_in(app, client, amy):
    for rule in app.url_map.iter_rules():
        if rule.endpoint not in screens.OPEN and "GET" in rule.methods:
            address = re.sub("<int:[a-z_]+>", "1", rule.rule)
            assert (client.get(re.sub("<[^>]+>", "x", address)).location or "").startswith(
                "/sign-in"
            ), address


def test_capital_letters_and_spaces_in_the_name_do_not_matter(client, amy):
    assert sign_in(client, name=" AMY ").location == "/"


def test_a_wrong_name_and_a_wrong_password_answer_alike(client, amy):
    person("new", "office")
    person("gone", "office", account="off", password=amy.password)
    said = {
        problem(sign_in(client, password, name))
        for name, password in (
            ("amy", "x"),
            ("nobody", "x"),
            ("new", ""),
            ("new", "x"),
            ("gone", PASSWORD),
            ("a\0b", "x"),
        )
        if password
    }
    assert said == {"The user name or password is not right"}


def test_a_wrong_name_takes_as_long_as_a_wrong_password(real_passwords, client, monkeypatch):
    """The same work by the same hasher; the seconds are measured by `make soak ONLY=doors`."""
    person("amy", "senco", password=passwords.hash_password(PASSWORD))
    work, real = [], passwords.hasher
    counting = SimpleNamespace(
        verify=lambda kept, said: work.append(extract_parameters(kept)) or real.verify(kept, said),
        check_needs_rehash=real.check_needs_rehash,
    )
    monkeypatch.setattr(passwords, "hasher", counting)
    for name in ("amy", "nobody"):
        fill(client, "/sign-in", user_name=name, password="wrong")
    assert len(work) == 2 and work[0] == work[1] == extract_parameters(real.hash("x"))


def test_a_form_without_its_token_is_refused(app, signed_in):
    for rule in app.url_map.iter_rules():
        if "POST" in rule.methods:
            address = re.sub("<[^>]+>", "x", re.sub("<int:[a-z_]+>", "1", rule.rule))
            assert signed_in.post(address).status_code == 400, address


@pytest.mark.parametrize(
    "wanted",
    [
        "https://evil.example",
        "//evil.example",
        "/\\evil.example",
        "javascript:alert(1)",
        "/\t/evil.example",
        "\\\\evil.example",
        "/a\nb",
        "evil",
    ],
)
def test_signing_in_never_leads_off_the_portal(client, amy, wanted):
    page = client.get("/sign-in", query_string={"next": wanted})
    data = dict(html.fromstring(page.text).forms[0].fields) | {
        "user_name": "amy",
        "password": PASSWORD,
        "next": wanted,
    }
    assert client.post("/sign-in", data=data).location == "/"


def test_a_planted_session_does_not_survive_signing_in(client, amy):
    with client.session_transaction() as planted:
        planted["mine"] = "planted"
    sign_in(client)
    with client.session_transaction() as now:
        assert "mine" not in now


def copied(app, client):
    """Another browser with a copy of this one's session cookie."""
    other = app.test_client()
    other.set_cookie("portal", client.get_cookie("portal").value)
    return other


def test_a_copied_cookie_dies_when_the_person_signs_out(app, signed_in):
    other = copied(app, signed_in)
    assert other.get("/account").status_code == 200
    assert press_sign_out(signed_in).headers["Clear-Site-Data"]
    assert other.get("/account").status_code == signed_in.get("/account").status_code == 302


def test_a_copied_cookie_dies_when_the_password_changes(app, signed_in):
    other = copied(app, signed_in)
    assert (
        fill(
            signed_in, "/account/password", password=PASSWORD, new_password=NEW, again=NEW
        ).location
        == "/account"
    )
    assert (other.get("/account").status_code, signed_in.get("/account").status_code) == (302, 200)


@pytest.mark.parametrize(
    "column, values", [("account", ("off", "on")), ("role", ("head", "senco"))]
)
def test_a_cookie_dies_when_the_account_or_the_role_changes_and_stays_dead(
    signed_in, amy, column, values
):
    for value in values:
        row = User.get_by_id(amy.id)
        setattr(row, column, value)
        with acting_as("The tests"):
            row.save()
        assert signed_in.get("/account").status_code == 302


def test_another_class_or_name_ends_nothing(signed_in, amy):
    row = User.get_by_id(amy.id)
    row.name, row.classes = "Amy Other", "3B"
    with acting_as("The tests"):
        row.save()
    assert signed_in.get("/account").status_code == 200


def test_a_person_switched_off_in_the_database_is_out_at_once(signed_in):
    User.update(account="off").execute()
    assert signed_in.get("/account").status_code == 302


def test_a_person_switched_off_between_password_and_code_does_not_get_in(client, two_steps):
    assert sign_in(client).location.startswith("/sign-in/code")
    User.update(account="off").execute()
    assert (
        client.get("/sign-in/code").location.startswith("/sign-in?")
        and not people.UserSession.select().exists()
    )


def test_the_cookie_holds_a_random_token_not_a_number(signed_in, amy):
    with signed_in.session_transaction() as kept:
        token = kept["_user_id"]
    assert len(token) == 43 and token != amy.token
    assert [row.key for row in people.UserSession.select()] == [passwords.sha256_hex(token)]


# What is kept for signing in, beside what the technician writes


def test_a_form_that_was_open_for_long_brings_back_no_old_password_or_code(amy):
    old = User.get_by_id(amy.id)
    amy.keep(password="new hash", totp_last=7, token="new token")
    old.name = "Amy Other"
    with acting_as("The tests"):
        old.save()
    row = User.get_by_id(amy.id)
    assert (row.name, row.password, row.totp_last, row.token) == (
        "Amy Other",
        "new hash",
        7,
        "new token",
    )


def test_what_is_kept_for_signing_in_makes_no_clash_and_no_words_in_the_audit_trail(amy):
    before, count = User.get_by_id(amy.id), AuditEntry.select().count()
    assert before.keep(totp_last=9) and User.get_by_id(amy.id).version == before.version
    assert AuditEntry.select().count() == count
    with acting_as("The tests"):
        before.role = "head"
        before.save()
    with pytest.raises(Clash), acting_as("The tests"):
        amy.name = "Late"
        amy.save()


def test_an_answer_cannot_be_written_past_the_audit_trail(amy):
    with pytest.raises(ValueError):
        amy.keep(role="technician")


def test_a_user_name_is_kept_in_small_letters(app):
    assert person(" Bob.B ", "teacher").username == "bob.b"


@pytest.mark.parametrize("username", ["", "b", "b b", "é", "x" * 41])
def test_a_user_name_that_cannot_be_typed_is_a_fault(tom, username):
    assert [where for where, _ in User(name="B", username=username, role="office").errors()] == [
        "username"
    ]


def test_the_last_technician_cannot_be_switched_off(tom):
    tom.account = "off"
    assert [where for where, _ in tom.errors()] == ["account"]
    person("tim", "technician")
    assert tom.errors() == []


# Passwords


def test_the_hash_is_above_the_floor_and_an_older_one_is_renewed(real_passwords, client, amy):
    weak = PasswordHasher(memory_cost=19456, time_cost=2, parallelism=1).hash(PASSWORD)
    User.update(password=weak).execute()
    assert sign_in(client).location == "/"
    kept = User.get().password
    assert kept != weak and kept.startswith("$argon2id$")
    assert extract_parameters(kept).memory_cost >= 19456 and extract_parameters(kept).time_cost >= 2


LONG = "kettle window purple "


@pytest.mark.parametrize(
    "password, right",
    [
        ("kettlewindo", False),
        ("kelp jar fog", True),
        ((LONG * 7)[:128], True),
        ((LONG * 7)[:129], False),
        ("Łukasz çok iyi 🙂🙂", True),
        ("   kettle and window   ", True),
    ],
)
def test_a_password_has_12_to_128_characters_of_any_kind(app, signed_in, password, right):
    response = fill(
        signed_in, "/account/password", password=PASSWORD, new_password=password, again=password
    )
    assert (response.status_code == 302) == right
    if right:
        assert sign_in(app.test_client(), password).location == "/"


@pytest.mark.parametrize(
    "password",
    [
        "1qaz2wsx3edc",
        "Password1234",
        "passwordpassword",
        "aaaaaaaaaaaa",
        "qwertyuiop12",
        "sunshinemonkey1",
        "Learning Pathway",
        "senco-senco-1",
        "amyBrook2026",
        "willow-brook-school-26",
        "Willow Brook School",
    ],
)
def test_a_well_known_or_easy_password_is_refused(signed_in, password):
    with acting_as("The tests"):
        school = Setting.of_school()
        school.school_name = "Willow Brook School"
        school.save()
    User.update(name="Amy Brook").execute()
    said = problem(
        fill(
            signed_in, "/account/password", password=PASSWORD, new_password=password, again=password
        )
    )
    assert said.startswith(("This password is well known", "This password is easy to guess"))


def test_the_list_of_common_passwords_is_long_enough():
    assert len(passwords.COMMON) >= 10_000


@pytest.mark.parametrize(
    "password", ["three random words", "kettle window purple", "K#9$x!2@Lq&7", "blue horse table"]
)
def test_three_random_words_and_random_signs_are_good(app, password):
    with app.app_context():
        assert passwords.password_problem(password, "amy", "Amy Brook") is None


def test_the_words_of_one_person_are_not_kept_for_the_next(app):
    assert passwords.guesses("zyxwombatqv", ["zyxwombatqv"]) < 10 < passwords.guesses("zyxwombatqv")


def test_hashing_needs_no_running_portal():
    assert passwords.matches(screens.hash_password("é" * 12), "e\u0301" * 12)


def test_the_old_password_is_needed_for_a_new_one(signed_in):
    said = problem(
        fill(signed_in, "/account/password", password="not it", new_password=NEW, again=NEW)
    )
    assert said == "The password is not right"


# Guessing


def test_guessing_is_slow_and_never_locks_out_a_known_device(app, signed_in):
    press_sign_out(signed_in)
    for n in range(40):
        stranger = app.test_client()
        stranger.environ_base["REMOTE_ADDR"] = f"10.0.0.{n}"
        said = problem(sign_in(stranger, "guess"))
        assert said.startswith("The user name" if n < 10 else "Too many tries")
    assert problem(sign_in(app.test_client())).startswith("Too many tries")
    assert sign_in(signed_in).location == "/"


def guess(app, tries, known=None):
    """Send (name, password, address) each; [whether somebody got in]. `known` is a client with the
    mark of a known device.
    """
    app.config["WTF_CSRF_ENABLED"] = False
    client = known or app.test_client()
    return [
        client.post(
            "/sign-in", data={"user_name": n, "password": p}, environ_base={"REMOTE_ADDR": at}
        ).status_code
        == 302
        for n, p, at in tries
    ]


@pytest.fixture
def checks(monkeypatch):
    """Every password that is really checked."""
    found, real = [], passwords.matches
    monkeypatch.setattr(
        passwords, "matches", lambda kept, typed: found.append(typed) or real(kept, typed)
    )
    return found


def test_guesses_from_fifty_addresses_are_ten_checks_and_the_owner_still_gets_in(
    app, signed_in, amy, checks, tmp_path
):
    """A hundred here; a thousand in tests/soak/doors.py."""
    checks.clear()
    tries = [("amy", f"guess {n}", f"10.0.0.{n % 50}") for n in range(100)]
    assert not any(guess(app, tries[:50])) and len(checks) == 10
    # a restart forgets nothing
    again = program.create_app(User._meta.database, tmp_path, testing=True)
    assert not any(guess(again, tries[50:])) and len(checks) == 10
    # not even with the password from a new place
    assert guess(again, [("amy", PASSWORD, "10.0.0.99")]) == [False] and len(checks) == 10
    assert guess(again, [("amy", PASSWORD, "10.0.0.1")], signed_in) == [True]
    with time_machine.travel(now() + timedelta(minutes=5, seconds=5), tick=False):
        assert not any(guess(again, tries[:20])) and len(checks) == 21


def test_the_question_for_the_password_again_cannot_be_guessed_quickly(signed_in, checks):
    checks.clear()
    said = [problem(fill(signed_in, "/account/confirm", password=f"guess {n}")) for n in range(12)]
    assert (
        said[9] == "The password is not right"
        and said[10].startswith("Too many")
        and len(checks) == 10
    )
    assert problem(
        fill(signed_in, "/account/password", password=PASSWORD, new_password=NEW, again=NEW)
    ).startswith("Too many")


def test_one_place_cannot_try_many_names(client, amy):
    # two hundred in tests/soak/doors.py
    said = [problem(sign_in(client, "spring term 2026", f"user{n}")) for n in range(21)]
    assert said[19].startswith("The user name") and said[20].startswith("Too many")


def test_the_wait_is_five_minutes_and_good_sign_ins_do_not_count(app, client, amy):
    for _ in range(25):
        assert sign_in(app.test_client()).location == "/"
    for _ in range(11):
        last = sign_in(client, "guess")
    assert problem(last).startswith("Too many")
    with time_machine.travel(now() + timedelta(minutes=5, seconds=5), tick=False):
        assert sign_in(client).location == "/"


def test_no_typed_name_is_kept_with_the_tries_or_in_the_audit_trail(client, amy):
    sign_in(client, "guess", "my-password-by-mistake")
    assert "mistake" not in str(list(AuditEntry.select().dicts()))
    assert acts() == [("refused sign-in", "Nobody has this user name")]
    assert all(re.fullmatch("[0-9a-f]{64}", row.key) for row in SignInAttempt.select())


# The second step


def test_setting_up_the_second_step_gives_ten_codes_that_work_once(app, signed_in, amy):
    shown, secret = turn_on(signed_in)
    codes = html.fromstring(shown.text).xpath("//li/code/text()")
    assert len(set(codes)) == 10 and codes[0] not in User.get().recovery
    assert signed_in.get("/account").status_code == 200
    for location in ("/", None):
        other = app.test_client()
        assert sign_in(other).location == "/sign-in/code?next=/"
        assert fill(other, "/sign-in/code", code=codes[0].upper()).location == location


def test_the_password_alone_is_not_enough(client, two_steps):
    assert sign_in(client).location.startswith("/sign-in/code")
    assert client.get("/account").status_code == 302
    assert fill(client, "/sign-in/code", code=pyotp.TOTP(two_steps.totp).now()).location == "/"


def test_a_code_from_the_app_works_once(app, two_steps):
    now = pyotp.TOTP(two_steps.totp).now()
    for location in ("/", None):
        client = app.test_client()
        sign_in(client)
        assert fill(client, "/sign-in/code", code=now).location == location


def test_two_requests_at_once_cannot_both_use_a_code_or_a_link(app, two_steps):
    now, twin = pyotp.TOTP(two_steps.totp).now(), User.get()
    assert [passwords.use_app_code(u, now, u.totp) for u in (two_steps, twin)] == [True, False]
    assert [passwords.use_recovery_code(u, "aaaabbbbccccdddd") for u in (two_steps, twin)] == [
        True,
        False,
    ]
    User.update(setup_token=passwords.sha256_hex("link")).execute()
    unused = User.setup_token == passwords.sha256_hex("link")
    assert [passwords.set_password(u, NEW, unused) for u in (two_steps, twin)] == [True, False]


def test_an_old_code_is_refused(client, two_steps):
    sign_in(client)
    assert problem(
        fill(client, "/sign-in/code", code=pyotp.TOTP(two_steps.totp).at(time.time() - 90))
    )


def test_codes_cannot_be_guessed_quickly(client, two_steps):
    sign_in(client)
    said = [problem(fill(client, "/sign-in/code", code=f"{n:06}")) for n in range(11)]
    assert said[9].startswith("The code") and said[10].startswith("Too many")


def test_the_code_page_closes_after_ten_minutes(client, two_steps):
    sign_in(client)
    with time_machine.travel(now() + timedelta(minutes=11), tick=False):
        assert client.get("/sign-in/code").location.startswith("/sign-in")


def test_a_strange_code_is_only_wrong(client, two_steps):
    sign_in(client)
    for typed in ("١٢٣٤٥٦", "é", "x" * 10000, "\0"):
        assert problem(fill(client, "/sign-in/code", code=typed))


def test_a_role_that_needs_the_second_step_must_set_it_up_first(app, signed_in):
    with acting_as("The tests"):
        school = Setting.of_school()
        school.second_step = "office\nsenco"
        school.save()
    assert signed_in.get("/").location == "/account/second-step"
    turn_on(signed_in)
    assert signed_in.get("/account").status_code == 200


def test_a_new_person_goes_from_the_link_over_password_and_second_step_home(app, signed_in):
    with acting_as("The tests"):
        school = Setting.of_school()
        school.second_step = "teacher"
        school.save()
    client, link = app.test_client(), made_link(signed_in, person("bob", "teacher").id)
    assert fill(client, link, new_password=NEW, again=NEW).location == "/"
    for address in ("/", "/pupil/", "/account", "/account/recovery-codes"):
        assert client.get(address).location == "/account/second-step"
    shown, _ = turn_on(client)
    assert html.fromstring(shown.text).xpath("//a[.='I have kept them']/@href") == ["/"]
    assert client.get("/").status_code == 200
    assert sign_in(app.test_client(), NEW, "bob").location.startswith("/sign-in/code")


def test_pages_left_open_can_be_sent_after_the_same_person_signed_in_again_and_by_nobody_else(
    app, signed_in, tom
):
    def token():
        signed_in.get("/account")
        with signed_in.session_transaction() as kept:
            return kept["csrf_token"]

    first = token()
    with time_machine.travel(now() + timedelta(hours=3), tick=False):
        assert sign_in(signed_in).location == "/" and token() == first
        assert sign_in(signed_in, name="tom").location == "/" and token() != first
    assert people.UserSession.select().count() == 1  # what this browser had before is ended


def test_the_key_of_the_second_step_stays_the_same_until_it_is_on(app, signed_in, amy):
    """At each look, after a wrong code, at another computer and after signing in again: a picture
    scanned yesterday still works.
    """

    def key_shown(page):
        return check(page).xpath("string(//p/code)").replace(" ", "")

    first = key_shown(signed_in.get("/account/second-step"))
    assert key_shown(signed_in.get("/account/second-step")) == first
    wrong = fill(signed_in, "/account/second-step", code="000000")
    assert wrong.status_code == 422 and key_shown(wrong) == first
    other = app.test_client()
    assert (
        sign_in(other).status_code == 302 and key_shown(other.get("/account/second-step")) == first
    )
    signed_in.post("/sign-out", data={})
    sign_in(signed_in)
    assert key_shown(signed_in.get("/account/second-step")) == first
    shown, secret = turn_on(signed_in)
    assert secret == first and User.get_by_id(amy.id).totp == first


def test_moving_the_second_step_ends_other_places_and_changes_the_secret(app, signed_in):
    _, first = turn_on(signed_in)
    other = copied(app, signed_in)
    with time_machine.travel(now() + timedelta(minutes=1), tick=False):
        _, second = turn_on(signed_in)
        assert first != second
        assert (other.get("/account").status_code, signed_in.get("/account").status_code) == (
            302,
            200,
        )


def test_looking_at_a_page_changes_nothing(signed_in, amy):
    before = list(User.select().dicts())
    pages = (
        "/account",
        "/account/second-step",
        "/account/password",
        f"/account/link/{amy.id}",
        "/account/confirm",
    )
    for address in pages:
        check(signed_in.get(address))
    assert list(User.select().dicts()) == before


@pytest.mark.parametrize(
    "address", ["/account/second-step", "/account/recovery-codes", "/account/link/{}"]
)
def test_account_pages_ask_for_the_password_again(signed_in, amy, address):
    address = address.format(amy.id)
    with time_machine.travel(now() + timedelta(minutes=11), tick=False):
        assert signed_in.get(address).location == f"/account/confirm?next={address}"
        assert problem(fill(signed_in, address, password="not it"))
        assert fill(signed_in, address, password=PASSWORD).location == address


def test_new_recovery_codes_replace_the_old(signed_in):
    turn_on(signed_in)
    before = User.get().recovery
    assert (
        len(html.fromstring(fill(signed_in, "/account/recovery-codes").text).xpath("//li/code"))
        == 10
    )
    assert User.get().recovery != before


# Links


def test_the_first_account_is_made_by_a_link_that_works_once(app, client):
    with app.app_context():
        link = screens.first_link("http://localhost/")
    answers = dict(full_name="Tom Fix", user_name="Tom", new_password=NEW, again=NEW)
    assert fill(client, link, **answers).location == "/"
    made = User.get()
    assert (made.name, made.username, made.role, made.active) == (
        "Tom Fix",
        "tom",
        "technician",
        True,
    )
    assert User.select().count() == 1
    assert acts() == [("add", ""), ("signed in", "")]
    assert app.test_client().get(link).status_code == 410
    with app.app_context():
        assert screens.first_link("http://localhost/") is None
    # a second press that was on its way meanwhile
    with app.test_request_context("/"):
        boxes = {
            name: SimpleNamespace(data=said)
            for name, said in {**answers, "user_name": "second"}.items()
        }
        assert screens.make_first(SimpleNamespace(**boxes)) is None and User.select().count() == 1


def test_the_first_link_dies_after_a_day_and_cannot_be_made_up(app, client):
    with app.app_context():
        link = screens.first_link("http://localhost/")
    assert client.get("/first-account/made-up").status_code == 410
    with time_machine.travel(now() + timedelta(hours=25), tick=False):
        assert client.get(link).status_code == 410


def made_link(client, number, reason="new"):
    shown = fill(client, f"/account/link/{number}", reason=reason)
    return html.fromstring(shown.text).xpath("string(//input[@id='link']/@value)")


def test_a_new_person_joins_by_a_link_that_works_once(app, signed_in):
    new = person("bob", "teacher")
    link, bob = made_link(signed_in, new.id), app.test_client()
    assert fill(bob, link, new_password=NEW, again=NEW).location == "/"
    assert app.test_client().get(link).status_code == 410
    assert sign_in(app.test_client(), NEW, "bob").location == "/"
    assert link.split("/")[-1] not in str(list(User.select().dicts())) + str(
        list(AuditEntry.select().dicts())
    )
    assert acts()[1:] == [
        ("sign-in link made", "They are new, or have never signed in"),
        ("sign-in link used", ""),
        ("signed in", ""),
        ("signed in", ""),
    ]


def test_a_link_dies_after_a_day_and_when_a_new_one_is_made(app, signed_in, client):
    bob = person("bob", "teacher")
    old, new = made_link(signed_in, bob.id), made_link(signed_in, bob.id)
    assert client.get(old).status_code == 410 and client.get(new).status_code == 200
    with time_machine.travel(now() + timedelta(hours=25), tick=False):
        assert client.get(new).status_code == 410


def test_a_link_dies_when_the_account_is_switched_off(app, signed_in):
    bob = person("bob", "teacher")
    link = made_link(signed_in, bob.id)
    User.update(account="off").where(User.id == bob.id).execute()
    assert app.test_client().get(link).status_code == 410
    said = problem(fill(signed_in, f"/account/link/{bob.id}", reason="new"))
    assert said == "This account is switched off. Switch it on first"


def test_a_link_still_asks_for_the_code(app, signed_in):
    bob = person("bob", "teacher", totp=pyotp.random_base32(), password="x")
    answer = fill(
        app.test_client(), made_link(signed_in, bob.id, "forgot"), new_password=NEW, again=NEW
    )
    assert answer.location.startswith("/sign-in/code")


def test_a_lost_phone_closes_the_account_until_the_link_is_used(app, signed_in, amy):
    bob = person("bob", "teacher", totp=pyotp.random_base32(), password=amy.password)
    link = made_link(signed_in, bob.id, "phone")
    assert problem(sign_in(app.test_client(), name="bob"))
    assert fill(app.test_client(), link, new_password=NEW, again=NEW).location == "/"


def test_a_lost_phone_ends_every_place_at_once(app, tom, amy):
    other, office = app.test_client(), app.test_client()
    sign_in(other)
    sign_in(office, name="tom")
    made_link(office, amy.id, "phone")
    assert other.get("/account").status_code == 302


def test_a_link_needs_a_reason(signed_in, amy):
    """That somebody has never signed in is known, and need not be said."""
    bob = person("bob", "teacher")
    for who, said in ((bob, ["new"]), (amy, [])):
        page = check(signed_in.get(f"/account/link/{who.id}"))
        assert page.xpath("//input[@type='radio'][@checked]/@value") == said
    assert problem(fill(signed_in, f"/account/link/{bob.id}")) == "Choose why they need a link"


@pytest.mark.parametrize(
    "role, allowed",
    [
        ("technician", {"technician", "senco", "head", "teacher", "office"}),
        ("senco", {"senco", "head", "teacher", "office"}),
        ("office", set()),
        ("teacher", set()),
        ("head", set()),
    ],
)
def test_who_may_make_a_link_for_whom(app, signed_in, amy, role, allowed):
    User.update(role=role).execute()
    others = {r: person(f"a-{r}", r) for r in ("technician", "senco", "head", "teacher", "office")}
    seen = {
        r for r, p in others.items() if signed_in.get(f"/account/link/{p.id}").status_code == 200
    }
    assert seen == allowed
    token = html.fromstring(signed_in.get("/account").text).forms[-1].fields["csrf_token"]
    for r, p in others.items():
        answer = signed_in.post(
            f"/account/link/{p.id}", data={"csrf_token": token, "reason": "new"}
        )
        assert (answer.status_code == 200, bool(User.get_by_id(p.id).setup_token)) == (
            r in allowed,
            r in allowed,
        )


def test_a_link_for_nobody_is_no_page(signed_in):
    assert signed_in.get("/account/link/999999").status_code == 404


def test_no_page_has_a_password_box_for_somebody_else(signed_in):
    bob = person("bob", "teacher")
    assert 'type="password"' not in signed_in.get(f"/account/link/{bob.id}").text


# The audit trail


def test_the_audit_trail_says_what_happened_and_by_whom_and_holds_no_secret(app, signed_in, amy):
    sign_in(app.test_client(), "not the one")
    _, secret = turn_on(signed_in)
    fill(signed_in, "/account/password", password=PASSWORD, new_password=NEW, again=NEW)
    press_sign_out(signed_in)
    assert acts() == [
        ("signed in", ""),
        ("refused sign-in", "Wrong password"),
        ("second step set up", ""),
        ("recovery codes made", ""),
        ("password changed", ""),
        ("signed in", ""),
        ("signed out", ""),
    ]
    rows = [e for e in AuditEntry.select() if e.who != "The tests"]
    assert {e.who for e in rows if e.act != "refused sign-in"} == {"Amy"} and {
        e.record_id for e in rows
    } == {amy.id}
    row, words = User.get(), str(list(AuditEntry.select().dicts()))
    hidden = secret, NEW, PASSWORD, "not the one", row.password, row.token, row.recovery
    assert not any(text in words for text in hidden)


def test_a_switched_off_account_is_named_in_the_audit_trail(client, amy):
    User.update(account="off").execute()
    sign_in(client)
    assert acts() == [("refused sign-in", "The account is switched off")]
