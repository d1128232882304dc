"""The school and its year: who is there, what happens to children from day to day, the diary.

Come here to change how people behave, or what else may happen in a year.
"""

import contextlib
import datetime
import random
import re
import traceback
from collections import Counter
from dataclasses import dataclass

import time_machine
from flask import request
from peewee import fn
from web import values_of

import app as portal_module
import models as m
from audit import log as audit_log
from demo import names
from demo.school import upn
from ops import backup, numbering
from people import User
from year import book, duties, errands, evening, terms, words
from year.colleagues import CASE, Colleague
from year.hands import Answers, Stuck, send_file

DAY = datetime.timedelta(1)
FRIDAY = 4
INCOMPLETE = 422  # the status of a form that is not taken yet
STAFF = (
    ("office", "Olga Frontdesk", ""),
    ("senco", "Wilma Senwood", ""),
    ("head", "Hector Headley-Mock", ""),
    ("technician", "Tess Cableford", ""),
    ("teacher", "Rhea Trialshaw", "2A, 2B, 3A, 3B"),
    ("teacher", "Clay Fableford", "4A, 4B, 5A, 5B"),
    ("teacher", "Reed Pretendale", "6A, 6B, 7A, 7B"),
    ("ta", "Tansy Asideham", "2A, 3A, 4A, 5A"),
)
YEARS = ("2", "4", "6")
NAMESAKES = (3, 4)  # two children of the file who share a name
HEADINGS = "Forename,Surname,Date of birth,Year,Form,Sex,UPN,Contact 1 name"
# how likely somebody sees to a line of the home page on one day
DILIGENCE = {
    "senco": 0.7,
    "office": 0.5,
    "teacher": 0.25,
    "head": 0.5,
    "ta": 0.3,
}
# how many days after it happened somebody types a thing
TYPED_LATER = {
    "senco": (0, 0, 0, 2),
    "office": (0, 1, 1, 2),
    "teacher": (0, 0, 3, 8),
    "head": (0,),
    "ta": (0, 0, 1),
}
CAPACITY = {"senco": 5, "office": 4, "teacher": 2, "head": 1, "ta": 1}
ON_REGISTER = ("Stage 1", "My Plan", "My Plan", "My Plan+", "EHCP")


@dataclass(frozen=True)
class Fault:
    """Something that must not be: on which day, of which child, and what."""

    day: datetime.date
    child: str
    words: str

    def __str__(self):
        return f"{self.day:%d %b %Y}, {self.child or 'the school'}: {self.words}"


def child_of(link):
    """The child that a link is about."""
    found = re.search(r"^/pupil/(\d+)/|[?&]pupil=(\d+)", link)
    if found:
        return int(found[1] or found[2])
    found = re.search(r"^/([a-z-]+)/(\d+)/", link)
    if not found:
        return None
    for cls in m.every(m.PupilRecord):
        if cls.slug() == found[1]:
            record = cls.get_or_none(cls.id == int(found[2]))
            if record:
                return record.pupil_id
    return None


class Year:
    """One school's year, decided by a seed."""

    def __init__(self, database, folder, seed, out=None, pace=1):
        self.database, self.folder, self.out = database, folder, out
        self.chance = random.Random(seed)
        self.pace = pace
        self.traveller = None
        self.moment = None
        self.book = {}  # pupil id: Entry
        self.faults = []
        self.told_faults = set()
        self.counts = Counter()
        self.touched = set()
        self.families = {}  # pupil id: whether the family declines papers
        self.last_letter = 0
        self.letters = set()  # those that moves have written
        self.done_on = {}  # duty: the day on which it was done last
        self.duties_done = Counter()  # how often there was something to do, by duty
        self.leavers = set()  # the children of the last year group, once they are gone
        self.closed = set()  # the days on which the school is closed besides the holidays
        self.days = 0
        self.pages = Counter()  # how many answers of each status
        self.ill_from = terms.FIRST_DAY + DAY * self.chance.randrange(40, 200)
        self.app = None

    # --- the diary
    def tell(self, line):
        if self.out:
            print(line, file=self.out, flush=True)

    def fault(self, child, said):
        """Write down what must not be, once for each child and sentence."""
        name = self.book[child].name if child in self.book else ""
        key = (child, re.sub(r"\d+", "#", said))
        if key in self.told_faults:
            return
        self.told_faults.add(key)
        found = Fault(self.today(), name, said)
        self.faults.append(found)
        self.tell(f"  FAULT  {found}")

    def count(self, what, how):
        self.counts[f"{what}: {how}"] += 1

    def today(self):
        return datetime.datetime.now(words.LONDON).date()

    def is_school_day(self, day):
        return terms.is_school_day(day) and day not in self.closed

    def school_day_after(self, days):
        """The first school day that is so many days ahead or more."""
        day = self.today() + days * DAY
        while not self.is_school_day(day):
            day += DAY
        return day

    def sentence(self):
        return words.sentence(self.chance)

    def summary(self):
        """What was done in the year, in lines."""
        lines = ["", "What was done"]
        for what, times in sorted(self.counts.items()):
            lines.append(f"  {times:5} {what}")
        for duty, times in self.duties_done.items():
            lines.append(f"  {times:5} duty: {duty.__name__}")
        acts = sum(self.counts.values())
        pages = self.pages.total()
        lines.append(f"{self.days} school days, {acts} acts, {pages} pages: {dict(self.pages)}")
        lines.append(f"{len(self.faults)} faults")
        lines += [f"  {fault}" for fault in self.faults]
        return lines

    # --- the beginning
    @contextlib.contextmanager
    def open_school(self):
        """The school on its first day, as a technician and a SENCO set it up."""
        first = datetime.datetime(*terms.FIRST_DAY.timetuple()[:3], 9, tzinfo=datetime.UTC)
        with time_machine.travel(first, tick=False) as traveller:
            self.traveller = traveller
            numbering.never_reuse(self.database)
            backup.set_folder(self.folder)
            self.be_at(terms.FIRST_DAY, 8)
            with audit_log.acting_as("The year"):
                settings = m.Setting.of_school()
                for name, said in names.SETTINGS.items():
                    setattr(settings, name, said.replace(", ", "\n"))
                settings.holidays, settings.second_step = terms.typed(), None
                settings.last_year, settings.head_confirms_ehcp = terms.LAST_YEAR, "Yes"
                settings.save()
                for number, (role, name, classes) in enumerate(STAFF):
                    User.create(
                        name=name, username=f"{role}{number}", role=role, classes=classes or None
                    )
            self.restart()
            yield self

    def restart(self):
        """The program starts anew on the same data."""
        self.app = portal_module.create_app(self.database, self.folder, testing=True)
        self.app.config["PROPAGATE_EXCEPTIONS"] = True
        self.app.after_request(self.note_page)
        people = User.select().order_by(User.id)
        everybody = [Colleague(self, user) for user in people]
        self.staff = [one for one in everybody if one.role != "technician"]
        (self.technician,) = [one for one in everybody if one.role == "technician"]

    def note_page(self, response):
        """Count an answer; nobody of the school follows a link that is refused or leads nowhere."""
        status = response.status_code
        self.pages[status] += 1
        if status >= 400 and status != INCOMPLETE:
            self.fault(None, f"{request.method} {request.path} answers {status}")
        return response

    def of_role(self, role, child=None):
        """Somebody with a role; of a child's teachers, the child's own, or nobody."""
        form = None
        if role == "teacher" and child:
            form = m.Pupil.get_by_id(child).form
        for one in (*self.staff, self.technician):
            if one.role == role and (form is None or form in one.user.class_names()):
                return one
        return None

    def bring_in(self, how_many):
        """The office brings in the pupils of September from a file; two share a name."""
        self.roll = [self.row_of(number) for number in range(how_many)]
        self.import_roll()
        self.tell(f"  The office brings in {len(self.book)} pupils from a file.")

    def row_of(self, number, year=None, september=2026):
        """A row of the school's own system: [forename, surname, born, year, class, ...]."""
        year = year or YEARS[number % len(YEARS)]
        sex = self.chance.choice("FM")
        parts = [self.chance.choice(names.LISTS[part]) for part in ("starts", "ends")]
        surname = "".join(parts)
        forename = self.chance.choice(names.LISTS[sex])
        if number in NAMESAKES:
            forename, surname = "Robin", "Mockwood"
        born = datetime.date(september - 5 - int(year), 9, 1) + DAY * self.chance.randrange(365)
        carer = f"{self.chance.choice(names.LISTS['F'])} {surname}"
        form = "AB"[number % 2]
        code = upn(number + 1, 2020)
        return [forename, surname, f"{born:%d/%m/%Y}", year, form, sex, code, carer]

    def import_roll(self):
        """Bring in the file of the school's own system."""
        self.send_roll(self.rows_on_roll())
        for pupil in m.Pupil.select().where(m.Pupil.id.not_in(list(self.book))):
            self.know(pupil)

    def send_roll(self, rows):
        """The office brings in a file with these rows."""
        office = self.of_role("office")
        lines = [HEADINGS]
        for row in rows:
            forename, surname, born, year, form, *rest = row
            lines.append(",".join([forename, surname, born, year, year + form, *rest]))
        page = office.open("/import/")
        form = page.form("//main//form[@class='card']")
        page = send_file(office.browser, page, form, "pupils.csv", "\n".join(lines).encode())
        form = page.form("//main//form[.//button[starts-with(normalize-space(),'Import ')]]")
        response = office.browser.send("POST", form.get("action"), values_of(form), token=False)
        office.browser.read(response)

    def rows_on_roll(self):
        """The rows of those who did not leave with the last year group."""
        gone = m.Pupil.select(m.Pupil.upn).where(m.Pupil.id.in_(list(self.leavers)))
        codes = set(gone.scalars())
        return [row for row in self.roll if row[6] not in codes]

    def children_at(self, stage):
        return {child for child, entry in self.book.items() if entry.stage == stage}

    def children_of_year(self, year):
        """The children on roll in a year group."""
        theirs = m.Pupil.select(m.Pupil.id).where(m.Pupil.year == year)
        return {child for child in theirs.scalars() if self.book[child].on_roll}

    def sees(self, colleague, child):
        return m.Pupil.visible_to(colleague.user).where(m.Pupil.id == child).exists()

    def child_seen_by(self, colleague):
        """Some child on roll of somebody's classes, or None."""
        pupils = [pupil.id for pupil in m.Pupil.visible_to(colleague.user).order_by(m.Pupil.id)]
        return self.chance.choice(pupils) if pupils else None

    def roll_over(self):
        """In September everybody is a year older and new children come: the file of the new year is
        brought in.
        """
        for row in self.roll:
            row[3] = str(int(row[3]) + 1)
        for _ in self.leavers:
            self.roll.append(self.row_of(len(self.roll), YEARS[0], 2027))
        self.import_roll()
        self.tell("  The office brings in the file of the new year.")

    def know(self, pupil):
        self.book[pupil.id] = book.Entry(f"{pupil.name} ({pupil.form})")
        self.families[pupil.id] = self.chance.random() < 0.4
        self.book[pupil.id].hopeful = self.chance.random() < 0.5

    def take_over_register(self):
        """The SENCO enters who was on the register before the portal: some on one page for all,
        some each on the child's own.
        """
        senco = self.of_role("senco")
        were_on = list(self.book)[: len(self.book) // 3]
        on_one_page = {child: self.chance.choice(ON_REGISTER) for child in were_on[::2]}
        self.attempt_with(senco, None, errands.register_at_the_start(on_one_page))
        for child in were_on[1::2]:
            kind = self.chance.choice(ON_REGISTER)
            moves = senco.more_moves(child)
            name = f"On our register before: {kind}"
            if name not in moves:
                self.fault(child, f"“{name}” is not offered")
                continue
            self.attempt(senco, moves[name], child)

    # --- what somebody knows and answers
    def answers_of(self, colleague, child):
        today = self.today()
        happened = today
        happened -= DAY * self.chance.choice(TYPED_LATER[colleague.role])
        hopeful = child not in self.book or self.book[child].hopeful
        return Answers(today, happened, hopeful, self.chance)

    def chart_answer(self, child, question):
        """Yes or no to a question of the chart, as the child's term went."""
        hopeful = self.book[child].hopeful
        asked = question.lower()
        if "appropriate" in asked:
            return self.chance.choice(("Yes", "No"))
        if "achieved" in asked or "progress" in asked:
            return "Yes" if hopeful else "No"
        return self.chance.choice(("Yes", "No"))

    def family_declines(self, child, paper):
        return self.families[child] and self.chance.random() < 0.5

    def moved(self, colleague, child, name, promise):
        """A move was made: the driver's own count, and what the page promised."""
        entry = self.book[child]
        try:
            entry.move(name, self.today())
        except LookupError as unknown:
            self.fault(child, str(unknown))
        entry.hopeful = self.chance.random() < 0.5
        self.touched.add(child)
        self.counts[f"move: {name}"] += 1
        self.read_letters(child, name, promise)

    def note_letters(self):
        """What was written till now was promised by no move."""
        self.last_letter = m.Letter.select(fn.MAX(m.Letter.id)).scalar() or 0

    def read_letters(self, child, name, promise):
        """A move that promised a letter wrote one, about this child and with nothing left open."""
        pupil = m.Pupil.get_by_id(child)
        newest = m.Letter.select().where(m.Letter.pupil == child, m.Letter.id > self.last_letter)
        letters = list(newest)
        promised = any(said.startswith("A letter") for said in promise)
        if promised != bool(letters):
            self.fault(child, f"“{name}”: letter promised {promised}, {len(letters)} written")
        for letter in letters:
            self.last_letter = max(self.last_letter, letter.id)
            self.letters.add(letter.id)
            if "{" in letter.body or pupil.called not in letter.body:
                self.fault(child, f"“{name}”: the letter says: {letter.body[:200]}")
            self.counts["letters"] += 1

    # --- a day
    def run(self, first, last):
        """Live from one day to another; of the school days, one in `pace`."""
        day = first
        lived = 0
        while day <= last:
            if day == terms.NEW_YEAR:
                self.be_at(day, 8)
                self.roll_over()
            if day in terms.AFTER_HOLIDAYS:
                self.tell("The program is started again.")
                self.restart()
            if self.is_school_day(day) and self.chance.random() < 1 / self.pace:
                lived += 1
                self.live(day, everybody=lived % 5 == 0)
            day += DAY

    def live(self, day, everybody):
        self.be_at(day, 9)
        self.tell(f"\n{day:%A} {day.day} {day:%B %Y}")
        self.days += 1
        self.touched = set()
        duties.of_the_day(self, day)
        self.something_happens()
        for colleague in self.staff:
            if self.is_in(colleague, day):
                self.work_of(colleague, day)
        self.be_at(day, 20)
        evening.look(self, everybody)
        duties.of_the_night(self, day)

    def be_at(self, day, hour):
        """Set the clock to an hour of a day (UTC)."""
        self.moment = datetime.datetime(*day.timetuple()[:3], hour, tzinfo=datetime.UTC)
        self.traveller.move_to(self.moment)

    def is_in(self, colleague, day):
        if colleague.role == "head":
            return day.weekday() == FRIDAY or self.pace > 1
        if colleague.role == "senco" and self.ill_from:
            return not self.ill_from <= day < self.ill_from + 14 * DAY
        return True

    def work_of(self, colleague, day):
        """What somebody does on one day: some of the lines of their home page."""
        self.be_at(day, 10)
        if colleague.role == "teacher" and self.chance.random() < 0.2:
            self.be_at(day, 23)  # after midnight in London, in summer
        try:
            lines = colleague.tasks()
        except Stuck as stuck:
            self.fault(None, f"The home page of {colleague.user.name}: {stuck}")
            return
        wanted = evening.GROUPS[colleague.role]
        lines = [line for line in lines if line[0] in wanted]
        self.chance.shuffle(lines)
        left = CAPACITY[colleague.role]
        for group, link, *_ in lines:
            child = child_of(link)
            if left and child in self.book and self.takes_up(colleague, group):
                left -= 1
                self.attempt(colleague, link, child)

    def takes_up(self, colleague, group):
        likely = DILIGENCE[colleague.role]
        if group == "others":
            likely = 0.03
        return self.chance.random() < likely

    def attempt(self, colleague, link, child):
        """Somebody does what a link leads to; what cannot be done is a fault."""
        self.attempt_with(colleague, child, work_at(link))

    def attempt_with(self, colleague, child, act):
        if child:
            self.touched.add(child)
        try:
            done = act(colleague, child)
        except (Stuck, AssertionError) as stuck:
            self.fault(
                child, f"{colleague.user.name} ({colleague.role}) at {colleague.began}: {stuck}"
            )
            return ""
        except Exception as crash:
            place = traceback.extract_tb(crash.__traceback__)[-1]
            self.fault(child, f"{colleague.began}: {crash!r} at {place.filename}:{place.lineno}")
            return ""
        if done:
            name = self.book[child].name if child else "the school"
            self.tell(f"  {colleague.user.name} ({colleague.role}), {name}: {done}")
        return done

    def attempt_duty(self, colleague, duty):
        """Do a duty; what was done, or empty."""
        colleague.began = duty.__name__
        done = self.attempt_with(colleague, None, duty)
        if done:
            self.duties_done[duty] += 1
        return done

    child_of = staticmethod(child_of)

    # --- what happens to children
    def something_happens(self):
        for happening, likely in HAPPENINGS:
            if self.chance.random() < likely:
                happening(self)

    def some_child(self, *stages):
        fitting = [child for child, entry in self.book.items() if entry.stage in stages]
        if fitting:
            return self.chance.choice(fitting)
        return None


def work_at(link):
    """The act of following a link."""

    def act(colleague, child):
        return colleague.work(link, child)

    return act


# --- happenings
def a_worry(year):
    """A teacher writes down a worry about a child who is on no list."""
    child = year.some_child("NONE", "LEFT")
    if child is None:
        return
    teacher = year.of_role("teacher", child)
    if teacher:
        year.attempt(teacher, f"/pupil/{child}/", child)


def a_move(role, stages, pattern):
    """Something that a person enters under “More moves”."""

    def happen(year):
        child = year.some_child(*stages)
        if child is None:
            return
        colleague = year.of_role(role)
        try:
            moves = colleague.more_moves(child)
        except Stuck as stuck:
            year.fault(child, str(stuck))
            return
        fitting = [address for said, address in moves.items() if re.search(pattern, said)]
        if fitting:
            year.attempt(colleague, year.chance.choice(fitting), child)

    return happen


def a_next_step(year):
    """The SENCO turns to one child and does the next step, though nothing is due."""
    child = year.some_child("S1", "S2", "S3", "E")
    if child:
        year.attempt(year.of_role("senco"), f"/pupil/{child}/", child)


def a_record(role, kind, *stages):
    """Somebody adds a record about a child."""

    def happen(year):
        child = year.some_child(*stages)
        colleague = year.of_role(role, child)
        if child and colleague:
            year.attempt(colleague, f"/{kind}/new/?pupil={child}", child)

    return happen


def a_joiner(year):
    """A child joins in the middle of the year; some have a name that is here already."""
    row = year.row_of(len(year.roll))
    if year.chance.random() < 0.3:
        row[:2] = year.chance.choice(year.roll)[:2]
    row[6] = upn(len(year.roll) + 1, 2020)
    year.roll.append(row)
    office = year.of_role("office")
    forename, surname, born, age, form, *_ = row
    given = {"forename": forename, "surname": surname, "dob": born, "year": age}
    office.begin(None)
    office.answers.given = {**given, "form": age + form, "upn": row[6]}
    try:
        page = office.open("/pupil/new/")
        office.on_form(page)
    except (Stuck, AssertionError) as stuck:
        year.fault(None, f"/pupil/new/ for {surname}, {forename}: {stuck}")
        return
    pupil = m.Pupil.get(m.Pupil.upn == row[6])
    year.know(pupil)
    year.tell(f"  {pupil} joins the school.")


def a_step_of_the_authority(year):
    """The office or the SENCO enters a step of an EHC case."""
    cases = list(m.EhcCase.select().where(m.EhcCase.state.in_(m.CASE_OPEN)))
    if not cases:
        return
    child = year.chance.choice(cases).pupil_id
    if year.book[child].stage == "OFF":
        return
    year.attempt_with(year.of_role("senco"), child, press_any_step)


def press_any_step(colleague, child):
    colleague.begin(child)
    page = colleague.open(f"/pupil/{child}/")
    if page.all(CASE):
        colleague.press_case_step(page)
    return colleague.acted


HAPPENINGS = (
    (a_worry, 0.35),
    (a_next_step, 0.5),
    (a_joiner, 0.03),
    (a_record("teacher", "meeting", "S1", "S2", "S3", "E"), 0.05),
    (a_record("senco", "disclosure", "S2", "S3", "E", "NONE"), 0.02),
    (a_record("office", "agency", "S1", "S2", "E"), 0.04),
    (a_step_of_the_authority, 0.3),
    (a_move("senco", ("NONE", "LEFT"), r"^Start at Stage"), 0.05),
    (a_move("senco", ("S2",), r"between reviews"), 0.03),
    (a_move("office", ("S1", "S2", "S3", "E", "NONE"), r"^Has left"), 0.03),
    (a_move("office", ("OFF",), r"^Has returned$"), 0.03),
    (a_move("senco", ("OFF",), r"^Has returned: "), 0.03),
    (a_move("office", ("S2", "S1"), r"EHC request"), 0.03),
    (a_move("senco", ("S3", "S2"), r"^EHCP issued"), 0.02),
    (a_move("senco", ("E",), r"^EHCP ceased"), 0.02),
    (a_move("senco", ("S1", "S2", "S3"), r"^Entered in error"), 0.1),
)
