"""The portal on a port of this machine, one Chromium for all tests, and people who can sign in.

The program runs inside the test, so that the date can be moved between two steps. Every browser
test is done with and without JavaScript where that makes a difference. Without Chromium these tests
fail, with the line that installs it.
"""

import datetime
import threading
import traceback

import need_chromium
import pytest
import time_machine
import waitress.server
from conftest import HANGS, TODAY, pointed_back
from flask import got_request_exception
from playwright.sync_api import sync_playwright

import app as portal
import models as m
import people
from admin_views.account import passwords
from audit import log as audit_log
from browser.children import addresses
from browser.screen import PASSWORD, Screen
from ops import database as ops_database

ARGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-dev-shm-usage",
)
PEOPLE = (
    ("office", "Olive Office", None),
    ("senco", "Sam Senco", None),
    ("teacher", "Tess Teacher", "3B"),
    ("head", "Hana Head", None),
    ("technician", "Tim Technician", None),
    ("ta", "Terry Assistant", "3B"),
)
# seconds: a jump of months must not end a connection that Chromium keeps open
FOREVER = 10**9

# What `make test` leaves to `make soak ONLY=browser`, because it shows again what a shorter test
# shows.
LONG = {
    "test_journeys_with_script.py": ("test_c_", "test_d_"),
    "test_journeys_without_script.py": ("test_a_", "test_b_", "test_c_", "test_d_"),
    "test_axe.py": (
        "test_every_page_that_a_link_leads_to[",
        "test_new[",
        "test_pupil[",
        "test_papers[",
        "test_move[",
        "test_home[",
    ),
    "test_keyboard.py": (
        "test_a_move_with_the_keyboard_alone[without",
        "test_enter_saves[without",
        "test_no_sideways_scrolling[200",
        "test_focus_is_seen[",
    ),
}
SHORT = (
    "[RecordOfConcern]",
    "[MyPlanPlus]",
    "[Pupil]",
    "[S1]",
    "[Case]",
    "[OFF]",
    "[draft]",
    "[sealed]",
    "[review]",
    "[letter]",
    "[senco]",
    "[technician]",
    "[Ready-move-to-stage-2]",
    "[draft-edit]",
    "[question]",
    "[/import/]",
    "[Case-new-my-plan-plus-cycle]",
)


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items):
    """Mark the long ones: those whose name begins as LONG says, but for the cases in SHORT."""
    for item in items:
        if item.name.startswith(LONG.get(item.path.name, ())) and not item.name.endswith(SHORT):
            item.add_marker("long")


@pytest.fixture(scope="session")
def chromium():
    """One Chromium for the whole run."""
    lacking = need_chromium.missing()
    if lacking:
        pytest.fail(need_chromium.what_helps(lacking), pytrace=False)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=need_chromium.browser(), args=list(ARGS)
        )
        yield browser
        browser.close()


class School:
    """The portal while it is served: its address, its database, the windows that are open, and what
    went wrong inside.
    """

    def __init__(self, app, database, server):
        self.app, self.database = app, database
        self.url = f"http://127.0.0.1:{server.effective_port}"
        self.faults, self.screens = [], []
        got_request_exception.connect(self.note, app)

    def note(self, sender, exception, **more):
        """Keep what broke inside a page."""
        self.faults.append("".join(traceback.format_exception(exception)))

    def screen(self, chromium, who, script=True, **more):
        """A new window for one person, not signed in yet."""
        self.screens.append(Screen(chromium, self.url, who, script, **more))
        return self.screens[-1]

    def close_screens(self):
        """Close every window; fail when the program broke or a browser complained."""
        noise = [words for screen in self.screens for words in screen.noise]
        for screen in self.screens:
            screen.context.close()
        found, self.screens, self.faults = [*self.faults, *noise], [], []
        assert not found, "\n".join(found)


@pytest.fixture(scope="module")
def served(tmp_path_factory):
    """A school of its own for each file of tests: migrated, with five people, served on a free
    port.
    """
    with pointed_back():
        yield from serve(tmp_path_factory.mktemp("served"))


def serve(folder):
    """The school of `served`, and its end."""
    ops_database.configure(folder)
    database = ops_database.open_database(f"sqlite:///{folder / 'portal.db'}")
    ops_database.migrate(database)
    app = portal.create_app(database, folder)
    with database.connection_context(), audit_log.acting_as("The tests"):
        # no test pulls the plug: every page view would wait for the disk
        database.pragma("synchronous", "off", permanent=True)
        # signing in with a code is in test_sign_in.py
        m.Setting.update(second_step=None).execute()
        for role, name, classes in PEOPLE:
            people.User.create(
                name=name,
                username=role,
                role=role,
                classes=classes,
                password=passwords.hash_password(PASSWORD),
            )
    server = waitress.server.create_server(
        app, host="127.0.0.1", port=0, threads=4, channel_timeout=FOREVER, cleanup_interval=FOREVER
    )
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    yield School(app, database, server)
    server.task_dispatcher.shutdown()
    server.close()
    thread.join(HANGS)


@pytest.fixture
def school(served):
    """The served school; its windows are closed after each test, and must have been quiet."""
    yield served
    served.close_screens()


@pytest.fixture(scope="module")
def children(served):
    """The addresses of the pages of a school in which something of everything has happened: {name:
    address}.
    """
    noon = datetime.datetime(*TODAY.timetuple()[:3], 9, tzinfo=datetime.UTC)
    with (
        time_machine.travel(noon, tick=False),
        served.database.connection_context(),
        audit_log.acting_as("The tests"),
        audit_log.transaction(),
    ):
        return addresses(people.User.get(username="senco"))


@pytest.fixture(params=[True, False], ids=["with JavaScript", "without JavaScript"])
def script(request):
    """Whether the browser runs JavaScript."""
    return request.param


@pytest.fixture
def go_to(the_day):
    """Move the date of the whole program: `go_to(datetime.date(2026, 9, 1))`."""

    def move(day):
        the_day.move_to(datetime.datetime(day.year, day.month, day.day, 10, tzinfo=datetime.UTC))

    return move
