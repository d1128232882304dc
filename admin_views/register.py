"""The register of screens: which record stands where in the menu, and with which view. A record
that is not named has no screen.
"""

from flask import request
from flask_admin import Admin
from flask_admin.theme import Bootstrap4Theme

import config
import models
import people
import workflow
from admin_views import (
    documents,
    forms,
    imports,
    privacy,
    reports,
    school,
    starting_register,
    status,
)
from admin_views.account import views as account
from admin_views.base import HistoryView, PupilRecordView, RecordView, RowView
from admin_views.home import Home, in_school_words, settings_now
from admin_views.paper import PaperView
from admin_views.pupil import AgencyView, CaseView, ConsentView, ListView, PupilView
from audit import log as audit_log
from models import every, may
from records.dates import say_day, say_moment, short_day, today
from records.record import Row
from reports.register import Register

PAPERS = "Papers"
MORE = "More"
REPORTS = "Reports"
SCHOOL = "School"
# the two lists bear the school's names: address, code
LISTS = {"/concerns-list/": "CONCERNS", "/sen-list/": "SEN"}
# lists of every outcome, provision, contact ...: reached from the list of their paper
ROWS = "Lines of papers"
REGISTER = (
    (models.RecordOfConcern, PAPERS, PaperView),
    (models.ConcernReview, PAPERS, PaperView),
    (models.MyPlan, PAPERS, PaperView),
    (models.MyPlanReview, PAPERS, PaperView),
    (models.ParentInformation, PAPERS, PaperView),
    (models.ChildStory, PAPERS, PaperView),
    (models.FamilyThinks, PAPERS, PaperView),
    (models.PupilViews, PAPERS, PaperView),
    (models.AgencyInformation, PAPERS, PaperView),
    (models.MyPlanPlus, PAPERS, PaperView),
    (models.MyPlanPlusReview, PAPERS, PaperView),
    (models.AnnualReview, PAPERS, PaperView),
    (models.EhcCase, MORE, CaseView),
    (models.Meeting, MORE, PupilRecordView),
    (models.Agency, MORE, AgencyView),
    (models.Consent, MORE, ConsentView),
    (models.Letter, MORE, PupilRecordView),
    (models.Document, MORE, documents.DocumentView),
    (models.Strategy, MORE, PupilRecordView),
    (models.Placement, MORE, HistoryView),
    (models.ListMembership, MORE, HistoryView),
    (models.Disclosure, MORE, privacy.DisclosureView),
    (models.Erasure, MORE, HistoryView),
    (people.User, SCHOOL, school.PersonView),
    (models.BankEntry, SCHOOL, RecordView),
    (models.Setting, SCHOOL, school.SettingView),
)
REPORT_CLASSES = (Register,)
# pages that are no record: name in the menu, address, category, view
PAGES = (
    ("Audit trail", "audit", SCHOOL, school.AuditView),
    ("Data requests and retention", "keeping", SCHOOL, privacy.KeepingView),
    ("Status", "status", SCHOOL, status.StatusView),
    ("Bring in pupils", "import", SCHOOL, imports.ImportView),
    ("Register at the start", "starting-register", SCHOOL, starting_register.StartingRegisterView),
    ("Help", "help", None, school.HelpView),
)


def add_screens(app):
    """Add every screen to the program and its menu, and what every template may use."""
    admin = Admin(
        app,
        name="Learning Pathway",
        url="/",
        index_view=Home(name="Home", url="/", endpoint="home"),
        theme=Bootstrap4Theme(),
    )
    admin.add_view(PupilView(models.Pupil))
    admin.add_view(ListView("CONCERNS"))
    admin.add_view(ListView("SEN"))
    for record_class, category, view in REGISTER:
        admin.add_view(view(record_class, category=category))
    for row_class in every(Row):
        admin.add_view(RowView(row_class, category=ROWS))
    for name, slug, category, view in PAGES:
        admin.add_view(view(name=name, endpoint=slug, url=f"/{slug}", category=category))
    for report in REPORT_CLASSES:
        admin.add_view(
            reports.ReportView(
                report,
                name=report.title,
                endpoint=report.slug,
                url=f"/{report.slug}",
                category=REPORTS,
            )
        )
    menus = {}
    app.context_processor(lambda: common(admin, menus))


def common(admin, menus):
    """What every template may use; `menus` keeps the menu of each role."""
    user = account.me()
    return {
        "current_user": user,
        "menu": menu_of(user, admin, menus) if user.is_authenticated else [],
        "settings": settings_now(),
        "in_school_words": in_school_words,
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
        "parts_of": forms.parts_of,
        "boxes_at": forms.boxes_at,
        "is_open": forms.is_open,
        "is_empty": forms.is_empty,
        "applies": forms.applies,
        "by_control": forms.by_control,
    }


def menu_of(user, admin, menus):
    """What a person may read: [(name, address, [(name, address, [])])]."""
    if user.role not in menus:
        menus[user.role] = menu_of_role(admin)
    found = []
    for name, address, below in menus[user.role]:
        code = LISTS.get(address)
        if code:
            name = workflow.list_label(code, settings_now())
        found.append((name, address, below))
    return found


def menu_of_role(admin):
    """The menu of everybody who has the role of the signed-in person."""
    found = []
    for item in admin.menu():
        if item.is_category():
            below = [(child.name, child.get_url(), []) for child in item.get_children()]
            if below and item.name != ROWS:
                found.append((item.name, "", below))
        elif item.is_accessible():
            found.append((item.name, item.get_url(), []))
    return found
