"""The dates: when a review may and must be held, school days, and the local authority's clock.

Come here to change how weeks are counted. How many there are is on the Settings screen; which stage
has which window is in `workflow.STAGES`.
"""

import bisect
import datetime
import functools
from dataclasses import dataclass

from records.dates import read_day, school_year, today
from records.questions import cells_of

LONGEST_WINDOW = 1_000  # days, holidays included


@dataclass(frozen=True)
class Clock:
    """When the next review may be and must be held, and how that stands on one day."""

    start: datetime.date
    opens: datetime.date
    closes: datetime.date
    state: str  # waiting, open, due soon, overdue; held when only the decision is to be made


def window(stage, start, settings, on, held=None):
    """The review clock of a stage that runs from `start`; None for some stages (5.6). `held` is the
    day of the review, once there was one.
    """
    opens = start
    if stage.opens:
        opens = add_weeks(start, getattr(settings, stage.opens), settings)
    if stage.months:
        closes = year_ends(start, stage.months)
        opens = closes - FIRST_WARNING
    elif stage.closes:
        closes = add_weeks(start, getattr(settings, stage.closes), settings)
        first = max(opens, start + datetime.timedelta(1))
        closes = last_school_day(first, closes, settings)
    else:
        return None
    if held:
        state = "held"
    elif on > closes:
        state = "overdue"
    elif on >= closes - datetime.timedelta(int(settings.due_soon_days)):
        state = "due soon"
    elif on >= opens:
        state = "open"
    else:
        state = "waiting"
    return Clock(start, opens, closes, state)


def window_start(stage, closes, settings):
    """The first day from which the review window of a stage closes on a day, or after it."""
    first = closes - datetime.timedelta(LONGEST_WINDOW)
    days = [first + datetime.timedelta(number) for number in range(LONGEST_WINDOW)]

    def end(start):
        return window(stage, start, settings, closes).closes

    return days[bisect.bisect_left(days, closes, key=end)]


def add_weeks(start, weeks, settings):
    """`weeks` calendar weeks later, or weeks with a school day, as the school has set (A7)."""
    left = int(weeks)
    week = datetime.timedelta(weeks=1)
    if settings.school_weeks_only != "Yes":
        return start + left * week
    day = start
    last = start + (left + 60) * week
    while left and day < last:
        day += week
        monday = day - datetime.timedelta(day.weekday())
        week_days = [monday + datetime.timedelta(number) for number in range(5)]
        left -= any(is_school_day(one, settings) for one in week_days)
    return day


def add_months(start, months):
    """The same day `months` later, or the last day of a shorter month."""
    year, month = divmod(start.month - 1 + months, 12)
    for back in range(4):
        try:
            return datetime.date(start.year + year, month + 1, start.day - back)
        except ValueError:
            continue


def holidays(settings):
    """The school's holidays: [(first day, last day), ...]; unreadable lines are left out."""
    return _holidays(settings.holidays or "", today())


# kept for a day, for a line of earlier versions may say "today"
@functools.lru_cache(8)
def _holidays(words, _):
    spans = []
    for cells in cells_of(words):
        try:
            begins, ends = _holiday(cells)
        except ValueError:
            continue
        if begins:
            spans.append((begins, ends))
    return spans


def _holiday(cells):
    first, last, *_ = [*cells, ""]
    return read_day(first), read_day(last or first)


def holiday_faults(typed):
    """What is wrong with the holidays as they are written: [(place of the line, sentence), ...]."""
    above = []
    for place, cells in enumerate(cells_of(typed)):
        try:
            begins, ends = _holiday(cells)
        except ValueError as error:
            words = str(error)
        else:
            words = _span_fault(begins, ends, above)
        if words:
            yield place, f"School holidays, line {place + 1}: {words}"
        else:
            above.append((place, begins, ends))


def _span_fault(begins, ends, above):
    if not begins:
        return "write its first day."
    if ends < begins:
        return "it ends before it begins."
    for place, first, last in above:
        if begins <= last and first <= ends:
            return f"it has days that line {place + 1} has too."
    return ""


@functools.cache
def bank_holidays(year):
    """The bank holidays of England and Wales, as https://www.gov.uk/bank-holidays has them; a day
    that a government adds for once is written with the school's holidays.
    """
    easter = easter_sunday(year)
    found = {easter - datetime.timedelta(2), easter + datetime.timedelta(1)}
    for month, last in ((5, 7), (5, 31), (8, 31)):
        day = datetime.date(year, month, last)
        found.add(day - datetime.timedelta(day.weekday()))
    for month, number in ((1, 1), (12, 25), (12, 26)):
        day = datetime.date(year, month, number)
        # on a weekend, the next working day that is free stands for it
        while day.weekday() >= 5 or day in found:
            day += datetime.timedelta(1)
        found.add(day)
    return found


def easter_sunday(year):
    """By the anonymous Gregorian rule (Meeus, Jones, Butcher)."""
    golden = year % 19
    century, years = divmod(year, 100)
    skipped = (century - (century + 8) // 25 + 1) // 3
    moon = (19 * golden + century - century // 4 - skipped + 15) % 30
    sunday = (32 + 2 * (century % 4) + 2 * (years // 4) - moon - years % 4) % 7
    late = (golden + 11 * moon + 22 * sunday) // 451
    month, day = divmod(moon + sunday - 7 * late + 114, 31)
    return datetime.date(year, month, day + 1)


def is_school_day(day, settings):
    if day.weekday() >= 5 or day in bank_holidays(day.year):
        return False
    return not any(begins <= day <= ends for begins, ends in holidays(settings))


def school_days(first, last, settings):
    """The school days from `first` to `last`, in order."""
    count = (last - first).days + 1
    days = [first + datetime.timedelta(number) for number in range(count)]
    return [day for day in days if is_school_day(day, settings)]


def last_school_day(first, last, settings):
    """The last school day from `first` to `last` (A7); when all are holidays, the next one."""
    for earlier in range((last - first).days + 1):
        day = last - datetime.timedelta(earlier)
        if is_school_day(day, settings):
            return day
    return school_days_after(last, 1, settings)


def school_days_after(day, count, settings):
    """The date `count` school days after a day (within two years)."""
    for later in range(1, 732):
        count -= is_school_day(day + datetime.timedelta(later), settings)
        if not count:
            return day + datetime.timedelta(later)
    return day


CENSUS_DAYS = ((1, 3), (5, 3), (10, 1))  # month, which of its Thursdays
THURSDAY = 3


def next_census(on):
    """The first day of the school census that is not before a day."""
    found = []
    for year in (on.year, on.year + 1):
        for month, which in CENSUS_DAYS:
            first = datetime.date(year, month, 1)
            days = (THURSDAY - first.weekday()) % 7 + 7 * (which - 1)
            found.append(first + datetime.timedelta(days))
    return min(day for day in found if day >= on)


def term_began(on):
    """The first day of a school term: 1 September, 1 January, or the day after Easter."""
    begins = (
        datetime.date(on.year - 1, 9, 1),
        datetime.date(on.year, 1, 1),
        easter_sunday(on.year) + datetime.timedelta(1),
        datetime.date(on.year, 9, 1),
    )
    return max(day for day in begins if day <= on)


def request_due(asked, settings):
    """The day by which a request for information must be answered; None while the clock is stopped.

    The record of a leaver, and at a maintained school the educational record: 15 school days
    (Education (Pupil Information) (England) Regulations 2005). All else: one calendar month from
    the day it came or identity was known, and two more when it is complex (UK GDPR, art. 12(3)); it
    stands still while clarification is awaited (Data (Use and Access) Act 2025).
    """
    came = asked.asked_on or today()
    if asked.kind == "transfer":
        return school_days_after(asked.pupil.left_on or came, 15, settings)
    if asked.kind == "record" and settings.maintained == "Yes":
        return school_days_after(came, 15, settings)
    if asked.paused_on and not asked.resumed_on:
        return None
    start = max(came, asked.identity_on or came)
    due = add_months(start, 3 if asked.more_time == "Yes" else 1)
    if asked.paused_on:
        due += max(asked.resumed_on - max(asked.paused_on, start), datetime.timedelta(0))
    return due


# --- the dates of an EHC case
FIRST_WARNING = datetime.timedelta(weeks=10)  # of an annual review, before its year ends
YEAR_WARNING = datetime.timedelta(weeks=2)  # before each step of it
SCHOOL = "school"
AUTHORITY = "authority"
FAMILY = "family"


def year_ends(start, months=12):
    """The last day of the months that start with a day (Children and Families Act 2014, s.44)."""
    return add_months(start, months) - datetime.timedelta(1)


@dataclass(frozen=True)
class CaseDate:
    """A date of an EHC case: so many days after which other date, and in which states it runs."""

    sets: str
    runs_from: str
    days: int
    open_in: tuple
    owner: str
    task: str


@dataclass(frozen=True)
class DueDate:
    """One line of the dates of a case: what is due, when, from whom, and when it was done."""

    record: object
    name: str  # the question of the record that it answers
    due: datetime.date
    done: datetime.date
    owner: str
    task: str  # what is to be done
    excused: bool = False  # the law allows more time

    @property
    def words(self):
        return self.record.label_of(self.name)

    def is_late(self, on):
        """Whether somebody lets others wait; a family's right that runs out is no delay."""
        if self.done or self.excused or self.owner == FAMILY:
            return False
        return self.due < on


# SEND Regulations 2014, reg. 5, 8, 10, 13 (T23, 5.5). Never moved for holidays (5.6). After an
# order, or an appeal that is not opposed, other limits run: reg. 44 and 45, as amended in 2015. Of
# two rows for one date the later counts. A period "beginning with" a day ends a day sooner; the 15
# days of a school (Code 9.83) are counted so too, on the safe side.
REQUESTED = ("preparing", "requested")
UNDECIDED = ("requested", "assessing")
UNISSUED = ("requested", "assessing", "draft")
ASSESS = "the local authority decides whether to assess"
DECIDE = "the local authority decides whether to make a plan"
DRAFT = "the local authority sends the draft"
FINISH = "the local authority issues the final plan"
CASE_DATES = (
    CaseDate("decided_assess_on", "received_on", 42, REQUESTED, AUTHORITY, ASSESS),
    CaseDate("advice_sent_on", "advice_asked_on", 42, UNISSUED, SCHOOL, "send the advice"),
    CaseDate("decided_issue_on", "received_on", 112, UNDECIDED, AUTHORITY, DECIDE),
    CaseDate("decided_issue_on", "assess_ordered_on", 70, ("assessing",), AUTHORITY, DECIDE),
    CaseDate("draft_served_on", "issue_ordered_on", 35, ("after_all",), AUTHORITY, DRAFT),
    CaseDate("draft_answered_on", "draft_served_on", 14, ("draft",), FAMILY, "comment"),
    CaseDate(
        "consultation_answered_on",
        "consulted_on",
        14,
        ("draft",),
        SCHOOL,
        "answer the consultation",
    ),
    CaseDate("final_on", "received_on", 140, UNISSUED, AUTHORITY, FINISH),
    CaseDate("final_on", "assess_ordered_on", 98, UNISSUED, AUTHORITY, FINISH),
    CaseDate("final_on", "issue_ordered_on", 77, ("after_all", "draft"), AUTHORITY, FINISH),
)


def time_for(sets):
    """How long the law gives for what a date of a case says."""
    days = next(row.days for row in CASE_DATES if row.sets == sets)
    return datetime.timedelta(days)


# One annual review (T26). SEND Regulations 2014, reg. 20: two weeks' notice, papers two weeks
# before, report two weeks after, decision four weeks after, and that falls into the year, too.
# Reg. 22: the amended plan eight weeks after the notice, so twelve after the meeting (R (L, M and
# P) v Devon [2022] EWHC 493). The weeks of the first two rows are no law: they make it possible.
COMING = ("coming",)
AMENDING = ("amending",)
AMEND = "the local authority amends the plan"
YEAR_DATES = (
    CaseDate("planned_on", "closes", -56, COMING, SCHOOL, "plan the meeting"),
    CaseDate("asked_on", "planned_on", -28, COMING, SCHOOL, "ask for advice for the meeting"),
    CaseDate("invited_on", "planned_on", -14, COMING, SCHOOL, "send the invitations"),
    CaseDate("papers_on", "planned_on", -14, COMING, SCHOOL, "send the papers round"),
    CaseDate("held_on", "closes", -28, COMING, SCHOOL, "hold the meeting"),
    CaseDate("held_on", "planned_on", 0, COMING, SCHOOL, "hold the meeting"),
    CaseDate("report_on", "held_on", 14, ("held",), SCHOOL, "send the report"),
    CaseDate("decided_on", "held_on", 28, ("held",), AUTHORITY, "the local authority decides"),
    CaseDate("amended_on", "held_on", 84, AMENDING, AUTHORITY, AMEND),
    CaseDate("amended_on", "notice_on", 56, AMENDING, AUTHORITY, AMEND),
)


def dates_of(record, table, starts=()):
    """The lines of one record: what is done, and what runs in the state it is in."""
    starts = dict(starts)
    allowed = bool(getattr(record, "exception", None))
    lines = {}
    for row in table:
        start = starts.get(row.runs_from) or getattr(record, row.runs_from, None)
        done = getattr(record, row.sets)
        if start and (done or record.state in row.open_in):
            due = start + datetime.timedelta(row.days)
            excused = allowed and row.owner == AUTHORITY
            lines[row.sets] = DueDate(record, row.sets, due, done, row.owner, row.task, excused)
    return list(lines.values())


def case_dates(case, closes, settings, on):
    """The lines of a case that count now; `closes` is the day an EHCP's year ends, if one runs."""
    lines = []
    if case.state != "final":
        lines = dates_of(case, CASE_DATES)
    lines += appeal_dates(case.last_decision(), on)
    if closes is None:
        return lines
    return lines + yearly_dates(case, closes) + phase_dates(case, settings, on)


def yearly_dates(case, closes):
    """The lines of the annual reviews of a case: of the last one while it is not over, and of the
    one that is to come.
    """
    lines = []
    held = case.held_year()
    if held and held.state != "over":
        lines += dates_of(held, YEAR_DATES)
    return lines + year_dates(case.coming_year(), closes)


def year_dates(year, closes):
    """The lines of a review year whose meeting is still to come."""
    lines = dates_of(year, YEAR_DATES, {"closes": closes})
    # the day of the meeting is not the day on which it was planned
    return [line for line in lines if not (line.name == "planned_on" and line.done)]


def appeal_dates(decision, on):
    """Until when the family may appeal: two months from the letter, or one from the mediation
    certificate, whichever is later (Tribunal Procedure Rules 2008, SI 2008/2699, r. 20(1)(c)).
    """
    if decision is None or not decision.on or not decision.may_be_appealed:
        return []
    last = add_months(decision.on, 2)
    if decision.certificate_on:
        last = max(last, add_months(decision.certificate_on, 1))
    if last < on and not decision.appeal_on:
        return []
    return [DueDate(decision, "appeal_on", last, decision.appeal_on, FAMILY, "appeal")]


def phase_dates(case, settings, on):
    """By when the final plan for the next phase is due: 15 February of the last year at this
    school, 31 March when a post-16 place follows (the Code, 9.179 and 9.180, says "by"; the SEND
    Regulations 2014, reg. 18, "before": on the day itself the authority is late by a day).
    """
    if case.pupil.year != settings.last_year:
        return []
    begins, ends = school_year(on)
    due = datetime.date(ends.year, 2, 15)
    if case.pupil.year in POST_16:
        due = datetime.date(ends.year, 3, 31)
    done = case.phase_final_on
    # one of an earlier year was for another school
    if done and done < begins:
        done = None
    return [DueDate(case, "phase_final_on", due, done, AUTHORITY, NEXT_PHASE)]


NEXT_PHASE = "the local authority issues the plan for the next phase"
POST_16 = ("11", "12", "13", "14")  # after these years a college or sixth form follows
