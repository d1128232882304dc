"""Sessions this week: a line for each thing that is to be given, and how often it was.

Come here to change the page on which teachers and assistants tick them. What runs in a week is
worked out in `pathway/provision.py`.
"""

import datetime

from flask import flash, redirect, request, url_for
from flask_admin import expose

from admin_views.account import views as account
from admin_views.forms import clean_line
from admin_views.paging import Paging
from admin_views.school import SchoolPage
from audit import access
from audit.log import transaction
from models import ProvisionWeek
from pathway.provision import running
from records.dates import read_day, today
from records.numbers import read_number
from records.questions import fault
from reports.report import PAGE, code_of_words, typed_options
from reports.roll import placements_seen

WEEK = datetime.timedelta(7)


class SessionsView(SchoolPage):
    """What is given in a week, planned against given, one line each."""

    right = ("w", ProvisionWeek)

    @expose("/", methods=("GET", "POST"))
    def index(self):
        monday = week_asked()
        lines = lines_of_week(monday)
        adults = typed_options(given.adult for given, _ in lines)
        adult = request.values.get("adult", code_of_words(account.me().name))
        if adult not in dict(adults):
            adult = ""
        if adult:
            lines = [line for line in lines if code_of_words(line[0].adult) == adult]
        at = Paging(len(lines), PAGE)
        shown = at.part(lines)
        here = {"week": monday.isoformat(), "adult": adult}
        problems = []
        if request.method == "POST":
            problems = self.receive(shown, monday)
            if not problems:
                flash("Saved.", "done")
                return redirect(url_for(".index", **here, page=at.page))
        access.log_access([given.pupil for given, _ in shown], "listed")
        return self.render(
            "sessions.html",
            monday=monday,
            last=(monday - WEEK).isoformat(),
            next=(monday + WEEK).isoformat() if monday + WEEK <= today() else "",
            lines=shown,
            adults=adults,
            here=here,
            at=at,
            problems=problems,
            typed=request.form,
            box_name=box_name,
        )

    def receive(self, lines, monday):
        """Save what was typed, all or nothing; the problems: [(id of the box, sentence)]."""
        asked = ProvisionWeek._meta.fields["given"]
        records = []
        problems = []
        for given, kept in lines:
            name = box_name(given)
            try:
                times = read_number(request.form.get(name))
                words = fault(asked, times)
            except ValueError as wrong:
                words = str(wrong)
            if words:
                problems.append((name, f"{given.pupil.called}, {given.row.words}: {words}"))
            elif times is not None:
                why = clean_line(request.form.get(f"{name}-why"))
                records.append(week_record(given, kept, monday, times, why))
        if problems:
            return problems
        with transaction():
            for record in records:
                record.save()
        return []


def week_asked():
    """The Monday of the week in the address, or of this week."""
    try:
        on = read_day(request.values.get("week", "")[:60]) or today()
    except ValueError:
        on = today()
    on = min(on, today())
    return on - datetime.timedelta(on.weekday())


def lines_of_week(monday):
    """What runs in a week, each with what is kept of it: [(Given, ProvisionWeek or None), ...]."""
    last = min(monday + datetime.timedelta(4), max(today(), monday))
    given = running(placements_seen(account.me(), last), last)
    kept = {}
    for record in ProvisionWeek.select().where(ProvisionWeek.week == monday):
        kept[record.pupil_id, record.words, record.who] = record
    found = []
    for one in given:
        found.append((one, kept.get((one.pupil.id, one.row.words, one.row.who))))
    return found


def box_name(given):
    """The name of the box of a line."""
    return f"{given.row.slug()}-{given.row.id}"


def week_record(given, kept, monday, times, why):
    row = given.row
    record = kept or ProvisionWeek(
        pupil=given.pupil, words=row.words, who=row.who, week=monday, planned=row.times
    )
    record.given = times
    record.why = why
    return record
