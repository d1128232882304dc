"""The school's own pages: settings, audit trail, help with the flow chart."""
import functools
import pathlib

from flask import abort, redirect, request, url_for
from flask_admin import BaseView, expose
from flask_login import current_user

import workflow
from admin_views import account, paper
from admin_views.base import PAGE_SIZE, RecordView
from admin_views.desk import settings_now
from admin_views.forms import key_of
from clock import check_holidays
from models import RIGHTS_TABLE, Pupil, Setting, every, may
from questions import ROLES, AuditEntry, Row, read_day, say_day


@functools.cache
def version():
    """The version of the program: the first heading of CHANGELOG.md that has a number."""
    lines = (pathlib.Path(__file__).parent.parent / "CHANGELOG.md").read_text("utf-8").splitlines()
    return next((line.split()[1] for line in lines if line.startswith("## ") and line.split()[1][0].isdigit()), "0")


class SettingView(RecordView):
    """Settings: one record, so its list is its page."""
    has_list = False
    proved = ("new", "edit")

    @expose("/", methods=("GET", "POST"))
    def index_view(self):
        """Straight to the one record; made with the defaults at the first visit of somebody who may change it."""
        one = Setting.of_school()
        return redirect(url_for(".page", key=one.id)) if one.id else redirect(url_for(".new"))

    def begin(self, pupil):
        """The settings as they are, or the defaults."""
        return Setting.of_school(), {}

    def check(self, record):
        """The holidays must be dates."""
        super().check(record)
        fault = check_holidays(record.holidays)
        if fault:
            raise workflow.Invalid([("holidays", fault)])


class PersonView(RecordView):
    """People: the generated screens, and the link with which somebody gets in for the first time or again."""
    proved = ("new", "edit", "spreadsheet")

    def more_links(self, record):
        """The sign-in link and the places signed in, for those who may let this person in."""
        found = [("Make a sign-in link", "account.make_link"), ("Where they are signed in", "account.end_all")]
        return [(words, url_for(page, number=record.id)) for words, page in found if account.may_link(current_user, record)]


class SchoolPage(BaseView):
    """A page that is no record."""

    def inaccessible_callback(self, name, **kwargs):
        """To the sign-in page, or a plain refusal."""
        return abort(403) if current_user.is_authenticated else redirect(url_for("account.sign_in"))


class AuditView(SchoolPage):
    """Who changed what, and when."""

    def is_accessible(self):
        """Those who may read the audit trail (table RIGHTS)."""
        return current_user.is_authenticated and may(current_user, "r", AuditEntry)

    @expose("/")
    def index(self):
        """The newest changes first, of everything or of one pupil."""
        page, pupil = max(request.args.get("page", 0, type=int), 0), request.args.get("pupil", 0, type=key_of)
        found = AuditEntry.select().where(AuditEntry.pupil_id == pupil) if pupil else AuditEntry.select()
        entries = list(found.order_by(AuditEntry.id.desc()).paginate(min(page, 100_000) + 1, 2 * PAGE_SIZE))
        names = {p.id: p for p in Pupil.visible_to(current_user).where(Pupil.id.in_({e.pupil_id for e in entries}))}
        return self.render("audit.html", entries=entries, names=names, page=page, pupil=names.get(pupil), more=len(entries) == 2 * PAGE_SIZE)


class HelpView(SchoolPage):
    """How the pathway runs, drawn from the tables; what the words and colours mean; who may do what."""

    def is_accessible(self):
        """Everybody who is signed in."""
        return current_user.is_authenticated

    @expose("/")
    def index(self):
        """The help page."""
        names = {c.__name__: c.kind_name() for c in every() if not issubclass(c, Row)}
        return self.render("help.html", chart=workflow.chart(settings_now()), rights=RIGHTS_TABLE, names=names, say_rights=say_rights,
                           roles=ROLES, office_moves=say_movers())

    @expose("/blank/<stage>.pdf")
    def blank(self, stage):
        """All papers of one stage, empty."""
        return paper.blank_pack(stage, current_user) if stage in workflow.OPEN else abort(404)


    @expose("/day/", methods=("POST",))
    def day(self):
        """A typed date in full, or what is wrong with it: for the line beside a date box."""
        try:
            return {"words": say_day(read_day(request.form.get("words", "")[:60]))}
        except ValueError as fault:
            return {"words": str(fault)}


def say_movers():
    """Who may press which move, in words: the SENCO all of them, others those that name them."""
    others = {role: [m.name for m in workflow.MOVES if role in m.by] for role in ROLES if role != workflow.SENCO}
    said = [f"the {role} may press: {', '.join(names)}" for role, names in others.items() if names]
    return "The SENCO makes the moves; " + "; ".join(said) + "."


def say_rights(letters):
    """The letters of the table RIGHTS in words."""
    words = {"r": "read", "w": "write", "x": "export"}
    return ", ".join(words[c] for c in letters if c in words) or "nothing"
