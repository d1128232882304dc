"""The dates: when a review may and must be held, school days, and the local authority's clock.

Come here to change how weeks are counted. How many there are is on the Settings screen; which stage
has which window is in `workflow.STAGES`.
"""

import bisect
import datetime
import functools
from dataclasses import dataclass

from records.dates import read_day, say_day, today

LONGEST_WINDOW = 1_000  # days, holidays included


@dataclass(frozen=True)
class Clock:
    """When the next review may be and must be held, and how that stands on one day."""

    opens: datetime.date
    closes: datetime.date
    state: str  # waiting, open, due soon, overdue
    school_day: datetime.date  # `closes`, or the next school day after it (A7)

    def say(self):
        words = f"by {say_day(self.closes)}"
        if self.school_day == self.closes:
            return words
        return f"{words} (school is closed; the next school day is {say_day(self.school_day)})"


def window(stage, start, settings, on):
    """The review clock of a stage entered or last reviewed on `start`; None for some (5.6)."""
    opens = start
    if stage.opens:
        opens = add_weeks(start, getattr(settings, stage.opens), settings)
    if stage.months:
        closes = add_months(start, stage.months)
    elif stage.closes:
        closes = add_weeks(start, getattr(settings, stage.closes), settings)
    else:
        return None
    if on > closes:
        state = "overdue"
    elif on >= closes - datetime.timedelta(int(settings.due_soon_days)):
        state = "due soon"
    elif on >= opens:
        state = "open"
    else:
        state = "waiting"
    return Clock(opens, closes, state, next_school_day(closes, settings))


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


# kept for a day, for a line may say "today"
@functools.lru_cache(8)
def _holidays(words, _):
    spans = []
    for line in words.splitlines():
        try:
            spans.append(_holiday(line))
        except ValueError:
            continue
    return spans


def _holiday(line):
    first, _, last = line.partition(" to ")
    return read_day(first), read_day(last or first)


def check_holidays(typed):
    """A sentence about the first holiday line that cannot be read, or None."""
    for line in (typed or "").splitlines():
        try:
            begins, ends = _holiday(line)
        except ValueError as error:
            return f"School holidays, line “{line}”: {error}"
        if begins and ends and ends < begins:
            return f"School holidays, line “{line}”: it ends before it begins."
    return None


def is_school_day(day, settings):
    if day.weekday() >= 5:
        return False
    for begins, ends in holidays(settings):
        if begins and ends and begins <= day <= ends:
            return False
    return True


def next_school_day(day, settings):
    """The day itself, or the first school day after it (within a year)."""
    for later in range(366):
        if is_school_day(day + datetime.timedelta(later), settings):
            return day + datetime.timedelta(later)
    return day


def school_days_after(day, count, settings):
    """The date `count` school days after a day (within two years)."""
    for later in range(1, 732):
        count -= is_school_day(day + datetime.timedelta(later), settings)
        if not count:
            return day + datetime.timedelta(later)
    return day


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
@dataclass(frozen=True)
class CaseDate:
    """A date of an EHC case: so many days after which other date it is due, and for whom."""

    runs_from: str
    days: int
    owner: str = "authority"


# SEND Regulations 2014, reg. 5, 10, 13 (T23, 5.5). Never moved for holidays (5.6).
CASE_DATES = {
    "decided_assess_on": CaseDate("received_on", 6 * 7),
    "decided_issue_on": CaseDate("received_on", 16 * 7),
    "final_on": CaseDate("received_on", 20 * 7),
    "advice_sent_on": CaseDate("advice_asked_on", 6 * 7, owner="school"),
    "draft_answered_on": CaseDate("draft_served_on", 15),
    "consultation_answered_on": CaseDate("consulted_on", 15, owner="school"),
}
FOR_THE_SCHOOL = tuple(name for name, date in CASE_DATES.items() if date.owner == "school")
# after a refusal no later date of the request runs
REFUSED = {"refused_assess": 6 * 7, "refused_issue": 16 * 7}


def case_dates(case):
    """The due dates of a case: [(question, due date, done date or None), ...]."""
    if not case.received_on:
        return []
    rows = []
    last = REFUSED.get(case.state, 20 * 7)
    for name, date in CASE_DATES.items():
        start = getattr(case, date.runs_from)
        done = getattr(case, name)
        if start is None or (date.runs_from == "received_on" and date.days > last):
            continue
        # who serves a draft has decided to issue
        if name == "decided_issue_on":
            done = done or case.draft_served_on
        rows.append((name, start + datetime.timedelta(date.days), done))
    return rows
