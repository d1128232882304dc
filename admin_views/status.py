"""The Status page: what `portal check` says, for the technician, the SENCO and the head; and the
alarms of the home page.

Come here to change who sees it. The checks themselves are in `ops/checks.py`.
"""

import time

from flask import current_app
from flask_admin import expose
from flask_login import current_user

from admin_views.account import views as account
from admin_views.school import SchoolPage
from ops import checks
from privacy import retention
from records.questions import HEAD, SENCO, TECHNICIAN

READERS = (SENCO, HEAD, TECHNICIAN)
ALARMED = (SENCO, TECHNICIAN)
ORDER = (checks.BLOCK, checks.PROBLEM, checks.WARN, checks.NOTE)
# seconds: a share that does not answer must not slow every home page
ALARMS_LIVE = 60
# of a new portal: its check, what is to do, the page where it is done
FIRST_STEPS = (
    (
        "settings_are_written",
        "Write the school's name, last year group and holidays",
        "/setting/school/",
    ),
    ("somebody_is_in_charge", "Add the SENCO", "/user/new/"),
    ("backups_go_to_two_places", "Name two places for the backups", "/setting/backups/"),
    ("recovery_key_is_printed", "Print the key of the backups for the school's safe", "/status/"),
)
_told = {}  # data folder: (moment, alarms)


def facts_of_app(app, whole=False):
    """What the checks may look at, of a web program."""
    return checks.Facts(
        app.config["DATA_DIR"],
        app.database,
        app.config,
        account.OPEN,
        whole,
        retention.due,
    )


def alarms():
    """What the person who is signed in must hear at once: sentences; looked at once a minute."""
    if current_user.role not in ALARMED:
        return []
    at = facts_of_app(current_app)
    moment, found = _told.get(current_app.config["DATA_DIR"], (0, []))
    if not 0 <= time.time() - moment < ALARMS_LIVE:
        found = checks.ringing(at)
        _told[at.folder] = (time.time(), found)
    return found


def first_steps():
    """What a new portal needs from the technician: [(what is to do, address)]."""
    if current_user.role != TECHNICIAN:
        return []
    at = facts_of_app(current_app)
    left = []
    for name, words, address in FIRST_STEPS:
        if not checks.run_one(checks.named(name), at).ok:
            left.append((words, address))
    return left


class StatusView(SchoolPage):
    """Whether all is well with the portal, and what to do where it is not."""

    roles = READERS

    @expose("/")
    def index(self):
        """What is wrong first, the worst on top; then what is well, by group."""
        found = checks.run(facts_of_app(current_app))
        bad = []
        well = []
        for level in ORDER:
            bad += [one for one in found if not one.ok and one.level == level]
        for group in checks.GROUPS:
            answers = [one for one in found if one.ok and one.group == group]
            if answers:
                well.append((group, answers))
        return self.render("status.html", bad=bad, well=well, count=len(found))
