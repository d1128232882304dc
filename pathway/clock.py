"""The dates: when a review may be held and must be held, school days, and the local authority's
clock.

Come here to change how weeks are counted. How many weeks there are is on the Settings screen; which
stage has which window is in `workflow.STAGES`. Everything here takes dates and returns dates;
nothing is stored.
"""

import datetime
import functools
from dataclasses import dataclass

from records.dates import read_day, say_day, today


@dataclass(frozen=True)
class Clock:
    """When the next review of a placement may be and must be held, and how that stands on
    one day.
    """

    opens: datetime.date
    closes: datetime.date
    state: str  # waiting, open, due soon, overdue
    school_day: datetime.date  # `closes`, or the next school day after it (A7)

    def say(self):
        """The dates in words."""
        later = (
            f" (school is closed; the next school day is {say_day(self.school_day)})"
            if self.school_day != self.closes
            else ""
        )
        return f"by {say_day(self.closes)}{later}"


def window(stage, start, settings, on):
    """The review clock of a stage entered, or last reviewed, on `start`; None for a stage without
    reviews (5.6).
    """
    if not (stage.closes or stage.months):
        return None
    opens = add_weeks(start, getattr(settings, stage.opens), settings) if stage.opens else start
    closes = (
        add_months(start, stage.months)
        if stage.months
        else add_weeks(start, getattr(settings, stage.closes), settings)
    )
    soon = closes - datetime.timedelta(int(settings.due_soon_days))
    state = (
        "overdue"
        if on > closes
        else "due soon"
        if on >= soon
        else "open"
        if on >= opens
        else "waiting"
    )
    return Clock(opens, closes, state, next_school_day(closes, settings))


def add_weeks(start, weeks, settings):
    """`weeks` calendar weeks after `start`; or school weeks, when the school has set so (A7).

    A school week is a week from Monday to Friday with at least one school day.
    """
    if settings.school_weeks_only != "Yes":
        return start + datetime.timedelta(weeks=int(weeks))
    at, left = start, int(weeks)
    while left and at < start + datetime.timedelta(weeks=int(weeks) + 60):
        at += datetime.timedelta(weeks=1)
        left -= any(
            is_school_day(at + datetime.timedelta(d - at.weekday()), settings) for d in range(5)
        )
    return at


def add_months(start, months):
    """The same day `months` later, or the last day of a shorter month."""
    year, month = divmod(start.month - 1 + months, 12)
    for back in range(4):
        try:
            return datetime.date(start.year + year, month + 1, start.day - back)
        except ValueError:
            continue


def holidays(settings):
    """The school's holidays: a list of (first day, last day). A line that cannot be read is left
    out; saving checks them.
    """
    return _spans(settings.holidays or "", today())


@functools.lru_cache(8)
def _spans(words, _):
    spans = []
    for line in words.splitlines():
        first, _, last = line.partition(" to ")
        try:
            spans.append((read_day(first), read_day(last or first)))
        except ValueError:
            continue
    return spans


def is_school_day(day_, settings):
    """Whether school is open that day: a weekday outside the holidays of the Settings screen."""
    return day_.weekday() < 5 and not any(a and b and a <= day_ <= b for a, b in holidays(settings))


def next_school_day(day_, settings):
    """The day itself, or the first school day after it (within a year)."""
    later = (day_ + datetime.timedelta(n) for n in range(366))
    return next((d for d in later if is_school_day(d, settings)), day_)


def school_days_after(day_, count, settings):
    """The date `count` school days after a day (within two years)."""
    later = [
        d
        for d in (day_ + datetime.timedelta(n) for n in range(1, 732))
        if is_school_day(d, settings)
    ]
    return later[count - 1] if len(later) >= count else day_


def request_due(asked, settings):
    """The day by which a request for information must be answered (a date); None while the clock is
    stopped.

    The record of a leaver, and at a maintained school a parent's request for the educational
    record: 15 school days (Education (Pupil Information) (England) Regulations 2005). All else: one
    calendar month from the day it came, or from the day on which identity was known, and two more
    when it is complex (UK GDPR, art. 12(3)); the clock stands still while clarification is awaited
    (Data (Use and Access) Act 2025).
    """
    came = asked.asked_on or today()
    if asked.kind == "transfer" or asked.kind == "record" and settings.maintained == "Yes":
        return school_days_after(
            (asked.kind == "transfer" and asked.pupil.left_on) or came, 15, settings
        )
    if asked.paused_on and not asked.resumed_on:
        return None
    start = max(came, asked.identity_on or came)
    stopped = (
        asked.resumed_on - max(asked.paused_on, start) if asked.paused_on else datetime.timedelta(0)
    )
    return add_months(start, 3 if asked.more_time == "Yes" else 1) + max(
        stopped, datetime.timedelta(0)
    )


# Weeks from the day the local authority receives the request (SEND Regulations 2014, reg. 5, 10,
# 13): T23, 5.5
CASE_WEEKS = {"decided_assess_on": 6, "decided_issue_on": 16, "final_on": 20}
REFUSED = {"refused_assess": 6, "refused_issue": 16}  # after a refusal no later date runs
# the school's to keep; every other is the local authority's
FOR_THE_SCHOOL = ("advice_sent_on", "consultation_answered_on")


def case_dates(case):
    """The local authority's due dates: a list of (question, due date, done date or None). Never
    moved for holidays (5.6).
    """
    if not case.received_on:
        return []
    done = {n: getattr(case, n) for n in CASE_WEEKS}
    # who serves a draft has decided to issue
    done["decided_issue_on"] = done["decided_issue_on"] or case.draft_served_on
    rows = [
        (n, case.received_on + datetime.timedelta(weeks=w), done[n])
        for n, w in CASE_WEEKS.items()
        if w <= REFUSED.get(case.state, w)
    ]
    # advice within 6 weeks of being asked
    if case.advice_asked_on:
        rows.append(
            (
                "advice_sent_on",
                case.advice_asked_on + datetime.timedelta(weeks=6),
                case.advice_sent_on,
            )
        )
    # at least 15 days to comment on the draft
    if case.draft_served_on:
        rows.append(
            (
                "draft_answered_on",
                case.draft_served_on + datetime.timedelta(15),
                case.draft_answered_on,
            )
        )
    # the school answers a consultation within 15 days
    if case.consulted_on:
        rows.append(
            (
                "consultation_answered_on",
                case.consulted_on + datetime.timedelta(15),
                case.consultation_answered_on,
            )
        )
    return rows


def check_holidays(typed):
    """A sentence about the first holiday line that cannot be read, or None."""
    for line in (typed or "").splitlines():
        first, _, last = line.partition(" to ")
        try:
            begins, ends = read_day(first), read_day(last or first)
        except ValueError as fault:
            return f"School holidays, line “{line}”: {fault}"
        if begins and ends and ends < begins:
            return f"School holidays, line “{line}”: it ends before it begins."
    return None
