"""The school's own pages: settings, audit trail, help with the flow chart."""

import hashlib

from flask import abort, flash, redirect, request, url_for
from flask_admin import BaseView, expose
from flask_login import current_user

import workflow
from admin_views import forms
from admin_views.account import views as account
from admin_views.base import PAGE_SIZE, Answering, Confirm, RecordView, typing_problems
from admin_views.documents import (
    MOST_BYTES_OF_FILE,
    WithFile,
    private_folder,
    refuse_file,
    shown_name,
    uploaded_file,
    write_private,
)
from admin_views.forms import key_of
from admin_views.home import settings_now
from admin_views.zip_guard import FileRefused
from audit import access, anchors, report
from audit import log as audit_log
from audit.log import NO_CHANGE, AuditEntry
from models import KINDS_OF_RECORD, RIGHTS_TABLE, MergedPupil, Pupil, Setting, every, may
from ops import backup
from papers import pdf, photo
from pathway import example_letters, tasks
from pathway.clock import holiday_faults
from people import User, class_key
from records.dates import read_day, say_day
from records.numbers import say_count
from records.query import by_id
from records.questions import OF_CLASSES, ROLES, SENCO
from records.record import Row

KEYS = (
    ("/", "to the box that finds a pupil: by name, initials, class or UPN"),
    ("Down, Up, Enter", "in that box: choose among the pupils offered, and open the page"),
    ("?", "to this list"),
    ("Tab", "to the next answer; Shift and Tab to the one before"),
    ("1 to 9", "choose that answer, of at most nine, and go on; of several to tick, tick it"),
    ("Ctrl and Enter", "in a list: one more line; in an empty line: on to what comes after"),
    ("Ctrl, Shift and Enter", "on to what comes after this list, or after this part of the form"),
    ("Alt and S", "save"),
    ("Ctrl and '", "in a line of a list: the same answer as in the line above"),
    ("Escape", "close a menu, or what is offered"),
)


class SettingView(WithFile, RecordView):
    """Settings: one record, with a form for each of its sections."""

    form_template = "setting_form.html"
    has_list = False
    proved = ("new", "edit")

    @expose("/", methods=("GET", "POST"))
    def index_view(self):
        """The sections, each with what it asks."""
        sections = []
        for section, lines in Setting.layout():
            asked = [line.verbose_name for _, line in lines]
            sections.append((section, asked, self.address_of(section.key)))
        return self.render("settings.html", sections=sections, whole=self.address_of(""))

    @expose("/<part>/")
    def part(self, part):
        """To the form of a section, for links that know the section only."""
        return redirect(self.address_of(self.section(part).key))

    def address_of(self, key):
        """Where a section can be changed, or read by somebody who may not change it; all of them
        without a key.
        """
        one = settings_now()
        if not key:
            return url_for(".page", key=one.id)
        if self.may_write():
            return url_for(".edit", key=one.id, part=key)
        keys = [section.key for section, _ in Setting.layout()]
        return url_for(".page", key=one.id, _anchor=f"s{keys.index(key) + 1}")

    def section(self, key):
        """The section of this key, or the “not found” page."""
        for section, _ in Setting.layout():
            if section.key == key:
                return section
        abort(404)

    def shown(self):
        """The section whose form is open; None for all of them."""
        key = request.args.get("part")
        return self.section(key) if key else None

    def not_asked(self, record):
        section = self.shown()
        if section is None:
            return ()
        asked = Setting.names_under(section.key)
        return [name for name, _ in Setting.questions() if name not in asked]

    def form_address(self, record):
        section = self.shown()
        if section is None:
            return super().form_address(record)
        return url_for(".edit", key=record.id, part=section.key)

    def place_of(self, record):
        return self.form_address(record) if self.shown() else super().place_of(record)

    def begin(self, pupil):
        return Setting.of_school(), {}

    def receive(self, record, prefilled):
        """Save the form, or show the letters as its wordings would make them, and save nothing."""
        do = request.form.get("do")
        if do not in ("preview", "preview-pdf"):
            return super().receive(record, prefilled)
        form = self.form_of(record, prefilled, request.form)
        record = typed_into(record, form)
        problems = typing_problems(form) + workflow.letter_faults(record)
        if problems or do == "preview":
            return self.show_form(record, form, problems)
        return pdf.example_pack(examples_of(record), current_user)

    def beside(self, record):
        examples = []
        if request.form.get("do") == "preview":
            examples = examples_of(record)
        section = self.shown()
        part = section.label if section else ""
        return {**super().beside(record), "examples": examples, "part": part}

    def to_confirm(self, record, form):
        typed = typed_into(record, form)
        if typing_problems(form) or self.faults(typed):
            return []
        return dates_moved(typed)

    def faults(self, record):
        """What is wrong on the form; a fault of another section stops nobody here."""
        found = super().faults(record) + workflow.letter_faults(record)
        elsewhere = self.not_asked(record)
        found = [(name, words) for name, words in found if name not in elsewhere]
        if "holidays" not in elsewhere:
            for place, words in holiday_faults(record.holidays):
                found.append((f"holidays-{place}-0", words))
        return found

    def save(self, record, form):
        """Save the settings; a folder that they newly name must be there now."""
        fault = None
        if "backup_places" in form:
            fault = folder_problem(form)
        if fault:
            return [*typing_problems(form), fault]
        try:
            logo = logo_sent()
        except FileRefused as fault:
            return [*typing_problems(form), ("file", str(fault))]
        told = {}
        if logo or "no_logo" in request.form:
            told["logo"] = keep_logo(logo)
        return self.save_with(record, form, "logo", told)


def typed_into(record, form):
    """The settings with what is typed, not to be saved."""
    typed = Setting(**record.__data__)
    for field in form:
        if field.short_name in Setting._meta.fields and field.short_name not in forms.CARRIED:
            setattr(typed, field.short_name, forms.answer_of(field))
    return typed


CHILDREN = ("child", "children")


def dates_moved(settings):
    """What weeks, days or holidays do to the dates of children: [Confirm], or empty."""
    more, fewer = tasks.moved_by(settings)
    parts = []
    if more:
        parts.append(f"something becomes overdue for {say_count(more, *CHILDREN)}")
    if fewer:
        parts.append(f"less is overdue for {say_count(fewer, *CHILDREN)}")
    if not parts:
        return []
    return [Confirm("moves", f"With this, {' and '.join(parts)}.", "Move the dates")]


def examples_of(settings):
    """The letters of a child that does not exist, in these wordings: [(subject, text), ...]."""
    found = example_letters.of_each(settings)
    return [(Setting.label_of(name), words) for name, words in found]


def logo_sent():
    """The logo that came, as it is kept; None when none came. Raises FileRefused."""
    name, data = uploaded_file(MOST_BYTES_OF_FILE)
    if data is None:
        return None
    refuse_file(shown_name(name), data)
    logo = photo.as_logo(data)
    if logo is None:
        raise FileRefused("Save the logo as a PNG or JPEG, at most 4,000 pixels wide and high.")
    return logo


def keep_logo(logo):
    """Write a logo to its file, if there is one; its name, which is its SHA-256."""
    if logo is None:
        return None
    name = hashlib.sha256(logo).hexdigest()
    path = private_folder("files") / name
    if not path.exists():
        write_private(path, logo)
    return name


def folder_problem(form):
    """The new folders of the form that cannot be used: (control, what is wrong), or None."""
    known = Setting.of_school()
    faults = []
    known_places = backup.folders_named(known.backup_places)
    for place in backup.folders_named(form.backup_places.data):
        fault = None if place in known_places else backup.destination_fault(place)
        if fault:
            faults.append(f"{place}: {fault}")
    if faults:
        return "backup_places", " ".join(faults)
    named = form.anchor_place.data
    if named and named != known.anchor_place:
        fault = anchors.folder_fault(named)
        return ("anchor_place", fault) if fault else None
    return None


class PersonView(RecordView):
    """People: the generated screens, and the link with which somebody gets in."""

    proved = ("new", "edit", "spreadsheet")

    def more_links(self, record):
        """The sign-in link and the sessions, for those who may let this person in."""
        if not account.may_link(current_user, record):
            return []
        signed_in = ("Where they are signed in", url_for("account.end_all", number=record.id))
        if waits_for_link(record):  # then it is offered above
            return [signed_in]
        return [link_to_make(record), signed_in]

    def after_save(self, record, do):
        """Saved, but a class that no pupil is in is said: it may be a slip of the pen."""
        for name in classes_without_pupils(record):
            flash(f"No pupil is in the class “{name}”. Check it under Classes.", "problem")
        return super().after_save(record, do)

    def render(self, template, **more):
        """Offer the sign-in link on the page of somebody who has never signed in."""
        person = more.get("record")
        waits = person is not None and person.id and waits_for_link(person)
        if waits and account.may_link(current_user, person):
            more["notice"] = (
                f"{person} has not chosen a password yet. Make a link for it, and give it to"
                f" {person} alone."
            )
            more["notice_link"] = link_to_make(person)
        return super().render(template, **more)


def classes_without_pupils(person):
    if person.role not in OF_CLASSES:
        return []
    names = person.class_names()
    here = Pupil.select(Pupil.class_key).where(
        Pupil.class_key.in_([class_key(name) for name in names]), Pupil.left_on.is_null()
    )
    filled = {key for (key,) in here.distinct().tuples()}
    return [name for name in names if class_key(name) not in filled]


def link_to_make(person):
    return "Make a sign-in link", url_for("account.make_link", number=person.id)


def waits_for_link(person):
    return person.active and not person.password


class SchoolPage(Answering, BaseView):
    """A page that is no record, for the `roles` that have the `right`."""

    roles = ROLES
    right = ()  # such as ("w", Pupil)

    def is_accessible(self):
        user = account.me()
        if not user.is_authenticated or user.role not in self.roles:
            return False
        return not self.right or may(user, *self.right)


class AuditView(SchoolPage):
    """Who saw and changed what, and when: of everything, or of one child."""

    right = ("r", AuditEntry)

    @expose("/", methods=("GET", "POST"))
    def index(self):
        """The newest first; of one child, with who saw or changed it on which day."""
        w = self.wanted()
        mine = Pupil.visible_to(current_user)
        pupil = None
        if w["pupil"]:
            pupil = mine.where(Pupil.id == w["pupil"]).first() or abort(404)
        newest = self.chosen(w).order_by(AuditEntry.id.desc())
        entries = list(newest.paginate(w["page"] + 1, AUDIT_PAGE))
        named = {entry.pupil_id for entry in entries}
        names = by_id(mine.where(Pupil.id.in_(named)))
        for merged in MergedPupil.select().where(MergedPupil.number.in_(named)):
            names[merged.number] = merged.pupil
        if pupil:
            access.log_access([pupil], "view")
        else:
            access.log_access(names.values(), "found")
        readable = set()
        for entry in entries:
            in_reach = entry.pupil_id is None or entry.pupil_id in names
            if in_reach and report.may_read(current_user, entry):
                readable.add(entry.id)
        return self.render(
            "audit.html",
            entries=entries,
            names=names,
            pupil=pupil,
            wanted=w,
            more=len(entries) == AUDIT_PAGE,
            visits=report.who_saw(pupil.id, most=VISITS) if pupil and not w["page"] else [],
            readable=readable,
            most=VISITS,
            people=[(user.id, user.name) for user in User.select().order_by(User.name)],
            shows=SHOWS.items(),
            kinds=KINDS_OF_RECORD,
        )

    @expose("/anchor/", methods=("GET", "POST"))
    def anchor(self):
        """The line of today for a book, and whether the trail still holds an old one."""
        typed = ""
        problems = []
        holds = None
        if request.method == "POST":
            typed = (forms.clean(request.form.get("line")) or "")[:200]
            line = anchors.read_line(typed)
            found = anchors.compare(line) if line else [UNREADABLE]
            problems = [("line", words) for words in found[:1]]
            holds = None if problems else line
        head = audit_log.head()
        today_line = anchors.as_line(head) if head.rows else ""
        return self.render(
            "anchor.html",
            line=today_line,
            typed=typed,
            problems=problems,
            holds=holds,
            sample=SAMPLE,
            restores=backup.restores(),
        )

    def wanted(self):
        """What the page is asked for. Numbers only: no name is in an address."""
        sent = request.values
        return {
            "pupil": sent.get("pupil", 0, type=key_of),
            "who": sent.get("who", 0, type=key_of),
            "show": sent.get("show") if sent.get("show") in SHOWS else "",
            "page": min(sent.get("page", 0, type=key_of), 100_000),
        }

    def chosen(self, w):
        found = AuditEntry.select()
        reads = AuditEntry.act.in_(NO_CHANGE)
        if w["pupil"]:
            numbers = MergedPupil.numbers_of(w["pupil"])
            found = found.where(AuditEntry.pupil_id.in_(numbers))
        if w["who"]:
            found = found.where(AuditEntry.user_id == w["who"])
        if w["show"]:
            found = found.where(reads if w["show"] == "looks" else ~reads)
        return found


SAMPLE = "57,789 rows, code 7F3A-19C2-44D0-8E1B"
UNREADABLE = f"Type the number of rows and the code of 16 letters and digits, such as: {SAMPLE}."
SHOWS = {"": "Looks and changes", "looks": "Looks only", "changes": "Changes only"}
AUDIT_PAGE = 2 * PAGE_SIZE
# lines of “who saw this child” on the page; the command `who-saw` has them all
VISITS = 60


class HelpView(SchoolPage):
    """How the pathway runs; what words and colours mean; who may do what."""

    @expose("/")
    def index(self):
        names = {c.__name__: c.kind_name() for c in every() if not issubclass(c, Row)}
        return self.render(
            "help.html",
            chart=workflow.chart(settings_now()),
            rights=RIGHTS_TABLE,
            names=names,
            say_rights=say_rights,
            roles=ROLES,
            office_moves=say_movers(),
            keys=KEYS,
        )

    @expose("/blank/<stage>.pdf")
    def blank(self, stage):
        if stage not in workflow.OPEN:
            abort(404)
        return pdf.blank_pack(stage)

    @expose("/leaflet.pdf")
    def leaflet(self):
        return pdf.family_leaflet()

    @expose("/day/", methods=("POST",))
    def day(self):
        """A typed date in full, or what is wrong with it: for the line beside a date box."""
        try:
            return {"words": say_day(read_day(request.form.get("words", "")[:60]))}
        except ValueError as fault:
            return {"words": str(fault)}


def say_movers():
    """Who may press which move, in words: the SENCO all of them, others those that name them."""
    words = ["The SENCO makes the moves"]
    for role in ROLES:
        names = [move.name for move in workflow.MOVES if role in move.by]
        if names and role != SENCO:
            words.append(f"the {role} may press: {', '.join(names)}")
    return "; ".join(words) + "."


def say_rights(letters):
    words = {"r": "read", "w": "write", "x": "export"}
    return ", ".join(words[letter] for letter in letters if letter in words) or "nothing"
