"""A clock that was ahead, or is behind: nothing is pruned, refused or let in on the word of one
reading of it.
"""

import datetime
import subprocess
import sys
import time

import live
import pyotp
import pytest
from conftest import ROOT
from test_upkeep import build, point_at

import models as m
import people
from admin_views import drafts
from admin_views.account import passwords, sessions
from admin_views.account import views as account
from audit import log as audit_log
from ops import backup, checks
from ops import database as ops_database

DAY = datetime.timedelta(days=1)
SECRET = pyotp.random_base32()
YEARS = 4 * 365 * DAY


@pytest.fixture
def own(tmp_path, monkeypatch):
    """A data folder of the first release, brought up to date."""
    for folder in point_at(tmp_path / "data", monkeypatch, build):
        ops_database.migrate(audit_log.db.obj)
        yield folder


def days_of(place):
    """The days of the sets in a place, oldest first."""
    return sorted(moment.date() for moment, _ in backup.archives(place))


def keep_days(folder, the_day, count):
    """A backup on each of so many days; their days."""
    for _ in range(count):
        the_day.shift(DAY)
        backup.run_due()
    return days_of(folder / "backups")


def keep_few(days=5):
    """The school keeps only a few days of backups."""
    with audit_log.db.connection_context():
        m.Setting.update(backups_kept=days).execute()


@pytest.mark.parametrize(
    "wrong", (YEARS, -YEARS, 40 * DAY), ids=("ahead", "behind", "a month ahead")
)
def test_no_backup_is_pruned_on_the_word_of_one_reading(own, the_day, wrong):
    keep_few()
    real = keep_days(own, the_day, 6)
    the_day.shift(wrong)
    for _ in range(6):  # every ten minutes for an hour
        backup.run_due()
        the_day.shift(datetime.timedelta(minutes=10))
    assert set(real) < set(days_of(own / "backups")) and len(backup.archives(own / "backups")) == 7
    the_day.shift(-wrong)
    for _ in range(6):
        backup.run_due()
        the_day.shift(datetime.timedelta(minutes=10))
    assert (
        set(real) <= set(days_of(own / "backups")) and len(backup.archives(own / "backups")) == 7
    ), "no backup every ten minutes"


def test_backups_go_on_beside_one_of_the_future_and_old_days_go_as_ever(own, the_day):
    keep_few(3)
    the_day.shift(YEARS)
    backup.run_due()
    ahead = backup.archives(own / "backups")[0][0].date()
    the_day.shift(-YEARS)
    days = keep_days(own, the_day, 8)
    assert days[-1] == ahead and len(days) == 5 and days[-2] - days[0] == 3 * DAY
    at = checks.Facts(own, audit_log.db.obj)
    with audit_log.db.connection_context():
        assert checks.run_one(checks.named("backup_is_fresh"), at).ok
        newest = backup.newest_backup(at.settings)
    assert newest[0].date() == days[-2], "a restore takes the newest true one"


def test_a_drill_of_the_future_is_not_the_last_one(own, the_day):
    (own / "drills").mkdir()
    for stamp in ("20310101-090000", "20261120-090000"):
        (own / "drills" / f"drill-{stamp}.txt").write_text("PASSED\n")
    assert backup.last_drill() == datetime.datetime(2026, 11, 20, 9)


# --- what is kept
def test_what_people_typed_is_not_thrown_away_by_one_reading(own, the_day):
    for _ in range(2):
        backup.run_due()
        the_day.shift(DAY)
    with audit_log.db.connection_context(), audit_log.acting_as("The tests"):
        user = people.User.create(name="Sam", username="sam", role="senco")
        people.Draft.create(user=user, form="/strategy/new/", typed="[]", at=audit_log.now())
        for move, left in ((YEARS, 1), (-YEARS, 1), (20 * DAY, 1)):
            the_day.shift(move)
            backup.run_due()
            drafts.sweep()
            assert people.Draft.select().count() == left
        # two days later the portal has seen that the time has really come
        for _ in range(3):
            the_day.shift(6 * DAY)
            backup.run_due()
        drafts.sweep()
        assert people.Draft.select().count() == 0


# --- who gets in
def code_now():
    """What the app on the phone shows."""
    return pyotp.TOTP(SECRET).at(int(time.time()))


def test_a_sign_in_of_the_future_does_not_last_until_then(portal, cast, acting, the_day):
    the_day.shift(DAY)
    with portal.test_request_context():
        row = sessions.by_token(sessions.start(cast.senco))
        assert sessions.is_valid(row)
        the_day.shift(-DAY)
        assert not sessions.is_valid(row)


def test_a_code_used_while_the_clock_was_ahead_shuts_nobody_out(cast, acting, the_day):
    the_day.shift(YEARS)
    assert passwords.use_app_code(cast.senco, code_now(), SECRET)
    the_day.shift(-YEARS)
    senco = people.User.get_by_id(cast.senco.id)
    code = code_now()
    assert passwords.use_app_code(senco, code, SECRET)
    assert not passwords.use_app_code(people.User.get_by_id(senco.id), code, SECRET), (
        "but each code still once only"
    )


def test_guesses_of_the_future_shut_nobody_out(portal, cast, acting, the_day):
    the_day.shift(YEARS)
    with portal.test_request_context():
        while passwords.may_try(cast.senco, "senco"):
            pass
        the_day.shift(-YEARS)
        assert passwords.may_try(cast.senco, "senco")


def test_a_link_and_a_password_of_the_future_are_not_good_until_then(portal, cast, acting, the_day):
    the_day.shift(YEARS)
    cast.teacher.keep(
        setup_token=passwords.sha256_hex("word"), setup_until=audit_log.now() + account.LINK_LIVES
    )
    proved = int(time.time())
    client = portal.test_client()
    assert "choose" in client.get("/set-up/word").text.lower()
    the_day.shift(-YEARS)
    assert client.get("/set-up/word").status_code == 410
    with portal.test_request_context():
        from flask import session

        session["proved"] = proved
        assert account.require_recent_password() is not None


# --- the real start
AHEAD = """
import datetime, sys
import models as m, time_machine
from ops import database as ops_database
from audit import log as audit_log
ops_database.configure()
with time_machine.travel(datetime.datetime.now(datetime.UTC) + datetime.timedelta(days=400)):
    with ops_database.open_database().connection_context(), audit_log.acting_as("The tests"):
        m.Pupil.create(surname="Ash", forename="Wren", year="3")
"""


def test_the_portal_starts_after_something_was_written_in_the_future(tmp_path):
    """As it happened: the clock of the computer was ahead for an hour, and no start was allowed
    until that day.
    """
    folder = tmp_path / "data"
    signed = live.build(folder)
    env = live.common.environment(folder)
    subprocess.run([sys.executable, "-c", AHEAD], cwd=ROOT, env=env, check=True)
    said = subprocess.run(
        [sys.executable, "commands.py", "check", "--quick"],
        cwd=ROOT,
        env=env,
        capture_output=True,
        text=True,
        check=False,
    )
    line = next(line for line in said.stdout.splitlines() if "something was written on" in line)
    assert line.startswith("WARNING") and "it was ahead then: this line goes away" in line
    server = live.common.Portal(folder)
    try:
        cookie, token = signed["senco"]
        status, page, _ = live.common.Person(server.port, cookie, token).ask("GET", "/pupil/")
        assert status == 200
    finally:
        server.stop()
    said = subprocess.run(
        [sys.executable, "commands.py", "check", "--quick"],
        cwd=ROOT,
        env=env,
        capture_output=True,
        text=True,
        check=False,
    )
    assert "something was written on" not in said.stdout, (
        "the line went away by itself with what was written since"
    )
    assert "OK       The clock is not behind what was written last." in said.stdout


def test_checks_never_keep_the_portal_from_starting_for_the_clock():
    clocks = [c for c in checks.CHECKS if "clock" in c.name]
    assert clocks and not [c.name for c in clocks if c.level == checks.BLOCK]
