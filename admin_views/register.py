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
    leavers,
    measure_import,
    planning,
    privacy,
    reports,
    school,
    sessions,
    starting_register,
    status,
    work,
)
from admin_views.account import views as account
from admin_views.base import HistoryView, PupilRecordView, RecordView, RowView
from admin_views.concern import ConcernView
from admin_views.home import Home, in_school_words, settings_now
from admin_views.paper import PaperView
from admin_views.pupil import (
    AdviceView,
    AgencyView,
    CaseView,
    ConsentView,
    LetterView,
    ListView,
    NoteView,
    PupilView,
)
from admin_views.review import ReviewView
from audit import log as audit_log
from models import every, may
from records.dates import say_day, say_moment, short_day, today
from records.record import Row
from reports.agencies import AgenciesWaiting, RecommendationsTaken
from reports.census import CensusCheck, CensusFigures, CensusReturn
from reports.class_sheet import ClassSheet
from reports.ehcps import EhcpYear
from reports.governors import Governors
from reports.programmes import Programmes
from reports.provision_map import AdultWeeks, ProvisionCosts, ProvisionMap
from reports.register import Register
from reports.year_end import NextPhase

PAPERS = "Papers"
MORE = "More"
SCHOOL = "School"
# not in the menu: the two lists are reached from the register, the list of every outcome,
# provision, contact ... from the list of their paper
BESIDE = "Beside"
REGISTER = (
    (models.RecordOfConcern, PAPERS, ConcernView),
    (models.ConcernReview, PAPERS, ReviewView),
    (models.MyPlan, PAPERS, PaperView),
    (models.MyPlanReview, PAPERS, ReviewView),
    (models.ParentInformation, PAPERS, PaperView),
    (models.ChildStory, PAPERS, PaperView),
    (models.FamilyThinks, PAPERS, PaperView),
    (models.PupilViews, PAPERS, PaperView),
    (models.AgencyInformation, PAPERS, PaperView),
    (models.MyPlanPlus, PAPERS, PaperView),
    (models.MyPlanPlusReview, PAPERS, ReviewView),
    (models.AnnualReview, PAPERS, ReviewView),
    (models.EhcCase, MORE, CaseView),
    (models.EducationalAdvice, MORE, AdviceView),
    (models.ConsultationAnswer, MORE, AdviceView),
    (models.Meeting, MORE, PupilRecordView),
    (models.TeamMember, MORE, PupilRecordView),
    (models.WritingTask, MORE, PupilRecordView),
    (models.Note, MORE, NoteView),
    (models.Agency, MORE, AgencyView),
    (models.Consent, MORE, ConsentView),
    (models.Letter, MORE, LetterView),
    (models.Document, MORE, documents.DocumentView),
    (models.Measure, MORE, PupilRecordView),
    (models.Strategy, MORE, PupilRecordView),
    (models.HeadAgreement, MORE, HistoryView),
    (models.ProvisionWeek, MORE, PupilRecordView),
    (models.Placement, MORE, HistoryView),
    (models.ListMembership, MORE, HistoryView),
    (models.Disclosure, MORE, privacy.DisclosureView),
    (models.Erasure, MORE, HistoryView),
    (people.User, SCHOOL, school.PersonView),
    (models.BankEntry, SCHOOL, RecordView),
    (models.Programme, SCHOOL, RecordView),
    (models.Setting, SCHOOL, school.SettingView),
)
REPORT_CLASSES = (
    Register,
    ClassSheet,
    ProvisionMap,
    ProvisionCosts,
    AdultWeeks,
    Programmes,
    CensusCheck,
    CensusReturn,
    CensusFigures,
    Governors,
    EhcpYear,
    AgenciesWaiting,
    RecommendationsTaken,
    NextPhase,
)
# pages that are no record: name in the menu, address, category, view
PAGES = (
    ("Print for many children", "prints", MORE, work.WorkView),
    ("Sessions this week", "sessions", MORE, sessions.SessionsView),
    ("Audit trail", "audit", SCHOOL, school.AuditView),
    ("Data requests and retention", "keeping", SCHOOL, privacy.KeepingView),
    ("Status", "status", SCHOOL, status.StatusView),
    ("Bring in pupils", "import", SCHOOL, imports.ImportView),
    ("Bring in measures", "import-measures", SCHOOL, measure_import.MeasureImportView),
    ("Register at the start", "starting-register", SCHOOL, starting_register.StartingRegisterView),
    ("Leavers", "leavers", SCHOOL, leavers.LeaversView),
    ("Reviews to plan", "review-week", MORE, planning.ReviewWeekView),
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
    for report in REPORT_CLASSES:
        admin.add_view(
            reports.ReportView(
                report,
                name=report.title,
                endpoint=report.slug,
                url=f"/{report.slug}",
                category=report.menu,
            )
        )
    admin.add_view(ListView("CONCERNS", BESIDE))
    admin.add_view(ListView("SEN", BESIDE))
    for record_class, category, view in REGISTER:
        admin.add_view(view(record_class, category=category))
    for row_class in every(Row):
        admin.add_view(RowView(row_class, category=BESIDE))
    for name, slug, category, view in PAGES:
        admin.add_view(view(name=name, endpoint=slug, url=f"/{slug}", category=category))
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
        "RecordOfConcern": models.RecordOfConcern,
        "Document": models.Document,
        "AuditEntry": audit_log.AuditEntry,
        "version": config.version(),
        "alarms": status.alarms,
        "first_steps": status.first_steps,
        "works_of": work.works_of,
        "here": request.path,
        "draw": forms.draw,
        "parts_of": forms.parts_of,
        "boxes_at": forms.boxes_at,
        "is_open": forms.is_open,
        "is_empty": forms.is_empty,
        "applies_now": forms.applies_now,
        "by_control": forms.by_control,
    }


def menu_of(user, admin, menus):
    """What a person may read: [(name, address, [(name, address, [])])]."""
    if user.role not in menus:
        menus[user.role] = menu_of_role(admin)
    return menus[user.role]


def menu_of_role(admin):
    """The menu of everybody who has the role of the signed-in person."""
    found = []
    for item in admin.menu():
        if item.is_category():
            below = [(child.name, child.get_url(), []) for child in item.get_children()]
            if below and item.name != BESIDE:
                found.append((item.name, "", below))
        elif item.is_accessible():
            found.append((item.name, item.get_url(), []))
    return found
