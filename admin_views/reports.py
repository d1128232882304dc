"""The pages of the reports: filter, sort, save as a view of one's own, print, spreadsheet.

Come here to change what every report's page can do. What a report holds is its class in `reports/`.
The filters stand in the address: they name no child.
"""

from urllib.parse import urlencode

from flask import abort, current_app, flash, redirect, request, url_for
from flask_admin import expose
from flask_login import current_user

from admin_views.account import views as account
from admin_views.base import spreadsheet_of
from admin_views.forms import clean_line, key_of
from admin_views.home import settings_now
from admin_views.paging import Paging
from admin_views.school import SchoolPage
from audit import access
from audit.log import audit, transaction
from models import Letter, Pupil, may
from people import SavedView
from records.dates import read_day
from reports.report import BULK, PAGE, chosen, in_order, say_cell

MOST_VIEWS = 20  # of one person


class ReportView(SchoolPage):
    """The page of one report; `report_class` is its class."""

    proved = ("spreadsheet",)

    def __init__(self, report_class, **more):
        self.report_class = report_class
        self.roles = report_class.roles
        super().__init__(**more)

    def asked(self):
        """What the address or the form asks for: the report of a day, its filters, the column it is
        sorted by, and what is wrong with the day.
        """
        sent = request.values
        problem = ""
        on = self.report_class.first_day()
        if self.report_class.is_dated and sent.get("on"):
            try:
                on = read_day(sent["on"][:60]) or on
            except ValueError as fault:
                problem = f"As on: {fault}"
        report = self.report_class(account.me(), settings_now(), on)
        wanted = {}
        for name, _, options in report.filters:
            if sent.get(name, "") in dict(options):
                wanted[name] = sent[name]
        sort = sent.get("sort", report.sort)
        if sort.lstrip("-") not in [column.name for column in report.heads()]:
            sort = report.sort
        return report, wanted, sort, problem

    def lines_of(self, report, wanted, sort):
        columns = {column.name: column for column in report.heads()}
        lines = chosen(report.all_lines, wanted)
        return in_order(lines, columns[sort.lstrip("-")], sort.startswith("-"))

    @expose("/", methods=("GET", "POST"))
    def index(self):
        report, wanted, sort, problem = self.asked()
        if request.method == "POST" and not problem:
            address = url_for(".index", **query_of(report, wanted, sort, report.on))
            return redirect(address, 303)
        lines = self.lines_of(report, wanted, sort)
        at = Paging(len(lines), PAGE)
        shown = at.part(lines)
        if "whole" in request.args:
            shown = lines
        note_children(shown, "found" if wanted else "listed")
        return self.render(
            "report.html",
            report=report,
            columns=[column for column in report.heads() if not column.in_sheet_only],
            lines=shown,
            at=at,
            choices=report.filters,
            may_export=self.may_export(),
            bulk=self.bulk(),
            ticked="ticked" in request.args,
            beside=self.beside(),
            totals=report.totals(lines),
            wanted=wanted,
            narrowed=say_filters(report, wanted),
            sort=sort,
            on=report.on,
            problem=problem,
            query=query_of(report, wanted, sort, report.on),
            say_cell=say_cell,
            views=list(SavedView.of(current_user, report.slug)),
            whole="whole" in request.args,
        )

    def may_export(self):
        return all(may(account.me(), "x", kind) for kind in self.report_class.made_of)

    def bulk(self):
        """What is done for the children that are ticked: [(kind of work, words, address)]."""
        if not self.report_class.is_bulk or "prints.start" not in current_app.view_functions:
            return []
        user = account.me()
        to = url_for("prints.start")
        found = [(kind, words, to) for kind, words, record in BULK if may(user, "r", record)]
        if may(user, "w", Letter):
            found.append(("", "Invite to reviews", url_for("review-week.index")))
        return found

    def beside(self):
        """Where this report leads besides its children: [(name, address)]."""
        views = {view.endpoint: view for view in self.admin._views}
        found = []
        for endpoint in self.report_class.beside:
            view = views[endpoint]
            if view.is_accessible():
                name = view.plural() if hasattr(view, "plural") else view.name
                found.append((name, url_for(f"{endpoint}.{view._default_view}")))
        return found

    @expose("/spreadsheet/", methods=("POST",))
    def spreadsheet(self):
        if not self.may_export():
            abort(403)
        report, wanted, sort, _ = self.asked()
        lines = self.lines_of(report, wanted, sort)
        columns = report.heads()
        rows = [[line.cells.get(column.name) for column in columns] for line in lines]
        audit("export", Pupil(), reason=f"{len(lines)} lines of {report.title}")
        note_children(lines, "export")
        heads = [column.head for column in columns]
        return spreadsheet_of(report.slug, report.title, heads, rows)

    @expose("/views/", methods=("POST",))
    def keep_view(self):
        """Save the filters under a name, or take a saved view away."""
        gone = request.form.get("remove", 0, type=key_of)
        if gone:
            view = SavedView.get_or_none(id=gone, user=current_user.id)
            if view:
                view.delete_instance()
            return redirect(url_for(".index"))
        report, wanted, sort, _ = self.asked()
        name = (clean_line(request.form.get("name")) or "")[:60]
        query = urlencode(query_of(report, wanted, sort))
        address = f"{url_for('.index')}?{query}"
        if not name:
            flash("Give the view a name, such as “Year 3, reviews soon”.", "problem")
            return redirect(address)
        with transaction():
            if SavedView.of(current_user, report.slug).count() >= MOST_VIEWS:
                flash(f"There is room for {MOST_VIEWS} views; take one away first.", "problem")
                return redirect(address)
            SavedView.create(user=current_user.id, report=report.slug, name=name, query=query)
        flash(f"“{name}” is saved; only you see it.", "done")
        return redirect(address)


def say_filters(report, wanted):
    """How a report is filtered, for its print: `Class: 3B; Year: Year 3`."""
    said = []
    for name, label, options in report.filters:
        if name in wanted:
            said.append(f"{label}: {dict(options)[wanted[name]]}")
    return "; ".join(said)


def query_of(report, wanted, sort, on=None):
    """What stands in the address of a report; a saved view leaves the day out."""
    query = dict(wanted)
    if sort != report.sort:
        query["sort"] = sort
    if on and on != report.first_day():
        query["on"] = on.isoformat()
    return query


def note_children(lines, act):
    keys = set()
    for line in lines:
        keys.update((line.pupil, *line.others))
    access.log_access([Pupil(id=key) for key in keys - {None}], act)
