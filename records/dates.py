"""Dates: today in London, dates in words, and dates as people type them and programs write them.

Come here to change how a date is read or said. It imports nothing of ours.
"""

import datetime
import re
from zoneinfo import ZoneInfo

LONDON = ZoneInfo("Europe/London")
DAY_HELP = "Type a date such as 3/7/26, 3 July 2026, today, or +6w for six weeks from today."
LONGEST_DAY = 60  # characters
WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
SHAPES = ("%d/%m/%Y", "%d/%m/%y", "%d/%b/%Y", "%d/%B/%Y", "%d/%b/%y", "%d/%B/%y", "%Y/%m/%d")
SHAPES += ("%b/%d/%Y", "%B/%d/%Y")  # a month in words can stand first
IN_FIGURES = re.compile(r"\d{1,2}/\d{1,2}/\d{2,4}")
MONTH_FIRST = ("%m/%d/%Y", "%m/%d/%y")
CLOCK_TIME = re.compile(r"(\d)[t ]\d{1,2}:\d\d(?::\d\d(?:\.\d{1,9})?)?(?: ?[ap]m)?$")
INSTANT = re.compile(r"\d{4}-\d\d-\d\d[t ]\d\d:\d\d.{0,20}(?:z|[+-]\d\d:?\d\d)")
RUN_TOGETHER = re.compile(r"((?:19|20)\d\d)(\d\d)(\d\d)")
# days since then, as spreadsheets count; five digits are 1927 to 2119
SERIAL = re.compile(r"([1-7]\d{4})(?:\.\d{1,12})?")
SERIAL_START = datetime.date(1899, 12, 30)


def today():
    """Today's date in the school's time zone."""
    return datetime.datetime.now(LONDON).date()


def school_year(on):
    """The first and the last day of the school year of a day."""
    first = on.year - (on.month < 9)
    return datetime.date(first, 9, 1), datetime.date(first + 1, 8, 31)


def say_day(day):
    """A date as people say it: `Friday 3 July 2026`."""
    if day:
        return f"{day:%A} {day.day} {day:%B %Y}"
    return ""


def short_day(day):
    """A date in little room: `3 Jul 2026`."""
    return f"{day.day} {day:%b %Y}" if day else ""


def say_weeks(number):
    """A number of weeks: `1 week`, `3 weeks`."""
    return f"{number:.0f} {'week' if number == 1 else 'weeks'}"


def say_moment(stamp):
    """A UTC stamp as London clock time: `3 Jul 2026, 14:05`."""
    if not stamp:
        return ""
    local = london(stamp)
    return f"{short_day(local)}, {local:%H:%M}"


def london(stamp):
    """A UTC stamp as the clock in London showed it, both without a time zone."""
    return stamp.replace(tzinfo=datetime.UTC).astimezone(LONDON).replace(tzinfo=None)


def read_time(typed):
    """The hour and minute that somebody typed, or None: `15:30`, `3.30 pm`, `9am`."""
    found = re.fullmatch(r"(\d{1,2})(?:[:.](\d\d))? ?([ap])?\.?m?\.?", typed.strip().lower())
    if not found:
        return None
    hour = int(found[1])
    minute = int(found[2] or 0)
    if found[3] and not 1 <= hour <= 12:
        return None
    if found[3]:
        hour = hour % 12 + (12 if found[3] == "p" else 0)
    if hour > 23 or minute > 59:
        return None
    return hour, minute


SLOT = re.compile(
    r"\b(mon|tue|wed|thu|fri|sat|sun)(?:s|nes|rs?|ur)?(?:day)?s?\b|\b(daily|every ?day)\b"
    r"|\b(\d{1,2}[:.]\d\d(?: ?[ap]\.?m)?|\d{1,2} ?[ap]\.?m)|(-|–|\bto\b|\buntil\b)"
)


def read_slots(typed):
    """The times of a week that somebody typed, such as `Mon-Thu 9:15, Fri 2 pm`: [(weekday, minute
    of the day), ...]; none when it says none. What follows `to` is a last day, or an end.
    """
    found = set()
    days = []
    after = ""  # what stands before: a day or an hour
    is_range = False
    for day, daily, hour, to in SLOT.findall((typed or "").lower()):
        if to:
            is_range = True
            continue
        if hour:
            if not (is_range and after == "hour"):
                found |= {(one, minute) for one in days for minute in _minute_of_day(hour)}
            after = "hour"
        else:
            days = [] if after == "hour" else days
            first, last = (0, 4) if daily else (WEEKDAYS.index(day),) * 2
            if is_range and days:
                first = days[-1] + 1
            days += [*range(first, last), last]
            after = "day"
        is_range = False
    return sorted(found)


def _minute_of_day(typed):
    """The minute of a time at school, in a list: `1:30` is in the afternoon; empty for none."""
    clock = read_time(typed)
    if not clock:
        return []
    hour, minute = clock
    if hour < 7 and "a" not in typed:
        hour += 12
    return [hour * 60 + minute]


def read_day(typed, start=None):
    """The date that somebody typed, None for nothing. Raises ValueError with a sentence."""
    start = start or today()
    words = " ".join(typed[: LONGEST_DAY + 1].lower().replace(",", " ").split())
    one = datetime.timedelta(1)
    named = {"": None, "today": start, "yesterday": start - one, "tomorrow": start + one}
    if words in named:
        return named[words]
    counted = re.fullmatch(r"([+-]) ?(\d+) ?([dw])", words)
    if counted:
        days = int(counted[2][:9]) * (7 if counted[3] == "w" else 1)
        if days > 40_000:
            raise ValueError(f"“{typed}” is too far away. {DAY_HELP}")
        return start + int(f"{counted[1]}1") * days * one
    if len(typed) > LONGEST_DAY:
        raise ValueError(f"“{typed[:LONGEST_DAY]} ...” is not a date we can read. {DAY_HELP}")
    day = _as_programs_write(words) or _as_people_write(words)
    if day is None:
        raise ValueError(f"“{typed}” is not a date we can read. {DAY_HELP}")
    return day


def fixed_day(typed):
    """The date itself where words are counted from today (`+6w`); other words as they are."""
    try:
        day = read_day(typed)
        moves = day != read_day(typed, today() - datetime.timedelta(1))
    except ValueError:
        return typed
    return short_day(day) if moves else typed


def _as_programs_write(words):
    """A moment with its time zone, a date without signs, a number of a spreadsheet; or None."""
    if INSTANT.fullmatch(words):
        try:
            return datetime.datetime.fromisoformat(words.upper()).astimezone(LONDON).date()
        except (ValueError, OverflowError):
            return None
    serial = SERIAL.fullmatch(words)
    if serial:
        return SERIAL_START + datetime.timedelta(int(serial[1]))
    together = RUN_TOGETHER.fullmatch(words)
    if together:
        return _first_fit("/".join(together.groups()), ("%Y/%m/%d",))
    return None


def _as_people_write(words):
    words = CLOCK_TIME.sub(r"\1", words)
    weekday, _, rest = words.partition(" ")
    if weekday[:3] in WEEKDAYS:
        words = rest
    else:
        weekday = ""
    day = _first_fit(_with_slashes(words), SHAPES)
    if day and f"{day:%A}".lower().startswith(weekday):
        return day
    return None


def _with_slashes(words):
    words = re.sub(r"(\d)(st|nd|rd|th)\b", r"\1", words)
    words = re.sub(r"[. -]+", "/", re.sub(r"\bsept\b", "sep", words))
    return words.replace("//", "/")


def _first_fit(words, shapes):
    for shape in shapes:
        try:
            day = datetime.datetime.strptime(words, shape).date()
        except ValueError:
            continue
        if 1900 <= day.year <= 2150:
            return day
    return None


def is_month_first(typed):
    """Whether a date in figures makes sense only with the month before the day: `5/22/19`."""
    words = _with_slashes(CLOCK_TIME.sub(r"\1", typed[:LONGEST_DAY].lower().strip()))
    if not IN_FIGURES.fullmatch(words):
        return False
    return not _first_fit(words, SHAPES) and _first_fit(words, MONTH_FIRST) is not None
