"""Dates: today in London, dates in words, and dates as people type them.

Come here to change how a date is read or said. It imports nothing of ours.
"""

import datetime
from zoneinfo import ZoneInfo

LONDON = ZoneInfo("Europe/London")


def today():
    """Today's date in the school's time zone (Europe/London)."""
    return datetime.datetime.now(LONDON).date()


def say_day(day):
    """A date as people say it: `Friday 3 July 2026`."""
    return f"{day:%A} {day.day} {day:%B %Y}" if day else ""


def short_day(day):
    """A date in little room: `3 Jul 2026`."""
    return f"{day.day} {day:%b %Y}" if day else ""


def say_moment(stamp):
    """A UTC stamp as London clock time: `3 Jul 2026, 14:05`."""
    if not stamp:
        return ""
    local = stamp.replace(tzinfo=datetime.UTC).astimezone(LONDON)
    return f"{short_day(local)}, {local:%H:%M}"


DAY_HELP = "Type a date such as 3/7/26, 3 July 2026, today, or +6w for six weeks from today."
LONGEST_DAY = 60  # characters
SHAPES = ("%d/%m/%Y", "%d/%m/%y", "%d/%b/%Y", "%d/%B/%Y", "%d/%b/%y", "%d/%B/%y", "%Y/%m/%d")


def read_day(typed, start=None):
    """The date that somebody typed in one of the ways people write dates in the UK; None for
    nothing.

    Raises ValueError with a sentence for the person who typed it. `start` is the day that `today`
    and `+6w` count from.
    """
    start, words = (
        start or today(),
        " ".join(typed[: LONGEST_DAY + 1].lower().replace(",", " ").split()),
    )
    named = {
        "": None,
        "today": start,
        "yesterday": start - datetime.timedelta(1),
        "tomorrow": start + datetime.timedelta(1),
    }
    if words in named:
        return named[words]
    if words[0] in "+-" and words[1:-1].strip().isdecimal() and words[-1] in "dw":
        days = int(words[1:-1][:9]) * (7 if words[-1] == "w" else 1)
        if days > 40_000:
            raise ValueError(f"“{typed}” is too far away. {DAY_HELP}")
        return start + datetime.timedelta(days if words[0] == "+" else -days)
    if len(typed) > LONGEST_DAY:
        raise ValueError(f"“{typed[:LONGEST_DAY]} ...” is not a date we can read. {DAY_HELP}")
    first, _, rest = words.partition(" ")
    weekday = first if first[:3] in ("mon", "tue", "wed", "thu", "fri", "sat", "sun") else ""
    words = rest if weekday else words
    parts = [
        (
            p.removesuffix("st").removesuffix("nd").removesuffix("rd").removesuffix("th")
            if p[:1].isdigit()
            else p
        )
        for p in words.replace(".", "/").replace("-", "/").replace(" ", "/").split("/")
    ]
    for shape in SHAPES:
        try:
            day = datetime.datetime.strptime(
                "/".join("sep" if p == "sept" else p for p in parts), shape
            )
        except ValueError:
            continue
        if 1900 <= day.year <= 2150 and f"{day:%A}".lower().startswith(weekday):
            return day.date()
    raise ValueError(f"“{typed}” is not a date we can read. {DAY_HELP}")
