"""The register of screens: which record stands where in the menu, and with which view. A record
that is not named has no screen.
"""

from flask import request
from flask_login import current_user

import config
import models
import people
import workflow
from admin_views import documents, forms, imports, privacy, school, status
from admin_views.base import RecordView
from admin_views.home import Home, settings_now
from admin_views.pupil import CaseView, ListView, PupilView
from audit import log as audit_log
from models import every, may
from records.dates import say_day, say_moment, short_day, today
from records.record import Row

PAPERS = "Papers"
MORE = "More"
SCHOOL = "School"
# lists of every outcome, provision, contact ...: reached from the list of their paper
ROWS = "Lines of papers"
REGISTER = (
    (models.RecordOfConcern, PAPERS, RecordView),
    (models.ConcernReview, PAPERS, RecordView),
    (models.MyPlan, PAPERS, RecordView),
    (models.MyPlanReview, PAPERS, RecordView),
    (models.ParentInformation, PAPERS, RecordView),
    (models.ChildStory, PAPERS, RecordView),
    (models.FamilyThinks, PAPERS, RecordView),
    (models.PupilViews, PAPERS, RecordView),
    (models.AgencyInformation, PAPERS, RecordView),
    (models.MyPlanPlus, PAPERS, RecordView),
    (models.MyPlanPlusReview, PAPERS, RecordView),
    (models.EhcCase, MORE, CaseView),
    (models.Meeting, MORE, RecordView),
    (models.Consent, MORE, RecordView),
    (models.Letter, MORE, RecordView),
    (models.Document, MORE, documents.DocumentView),
    (models.Strategy, MORE, RecordView),
    (models.Placement, MORE, RecordView),
    (models.ListMembership, MORE, RecordView),
    (models.Disclosure, MORE, privacy.DisclosureView),
    (models.Erasure, MORE, RecordView),
    (people.User, SCHOOL, school.PersonView),
    (models.BankEntry, SCHOOL, RecordView),
    (models.Setting, SCHOOL, school.SettingView),
)


NAMED = {
    "/concerns-list/": lambda: workflow.list_label("CONCERNS", settings_now()),
    "/sen-list/": lambda: workflow.list_label("SEN", settings_now()),
}


def home():
    """The home page, for Flask-Admin."""
    return Home(name="Home", url="/", endpoint="home")


def register(app, admin):
    """Add every screen to the menu, and what every template may use."""
    admin.add_view(PupilView(models.Pupil))
    admin.add_view(ListView("CONCERNS", "concerns-list"))
    admin.add_view(ListView("SEN", "sen-list"))
    for record_class, category, view in REGISTER:
        admin.add_view(view(record_class, category=category))
    for row_class in every(Row):
        admin.add_view(RecordView(row_class, category=ROWS))
    admin.add_view(
        school.AuditView(name="Audit trail", endpoint="audit", url="/audit", category=SCHOOL)
    )
    admin.add_view(
        privacy.KeepingView(
            name="Data requests and retention", endpoint="keeping", url="/keeping", category=SCHOOL
        )
    )
    admin.add_view(
        status.StatusView(name="Status", endpoint="status", url="/status", category=SCHOOL)
    )
    admin.add_view(
        imports.ImportView(
            name="Bring in pupils", endpoint="import", url="/import", category=SCHOOL
        )
    )
    admin.add_view(school.HelpView(name="Help", endpoint="help", url="/help"))
    app.extensions["portal_admin"] = admin
    app.context_processor(lambda: common(admin))


def common(admin):
    """What every template may use."""
    return {
        "menu": menu(admin) if current_user.is_authenticated else [],
        "settings": settings_now(),
        "say_day": say_day,
        "short_day": short_day,
        "say_moment": say_moment,
        "today": today(),
        "may": may,
        "workflow": workflow,
        "Pupil": models.Pupil,
        "AuditEntry": audit_log.AuditEntry,
        "version": config.version(),
        "alarms": status.alarms,
        "first_steps": status.first_steps,
        "here": request.path,
        "draw": forms.draw,
        "by_control": forms.by_control,
    }


def menu(admin):
    """The menu of the signed-in person: [(name, address, [children])]; what one may not read is not
    there.
    """
    found = []
    for item in admin.menu():
        if item.is_category():
            below = (
                [(c.name, c.get_url(), []) for c in item.get_children()]
                if item.name != ROWS
                else []
            )
            found += [(item.name, "", below)] if below else []
        elif item.is_accessible():
            found.append((NAMED.get(item.get_url(), lambda: item.name)(), item.get_url(), []))
    return found
