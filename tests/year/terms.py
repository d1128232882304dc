"""The driver's own calendar of the school year 2026/27: it asks the program for no date."""

import datetime

D = datetime.date
HOLIDAYS = (
    (D(2026, 7, 22), D(2026, 9, 1)),
    (D(2026, 10, 24), D(2026, 11, 1)),
    (D(2026, 12, 19), D(2027, 1, 3)),
    (D(2027, 2, 13), D(2027, 2, 21)),
    (D(2027, 3, 27), D(2027, 4, 11)),
    (D(2027, 5, 29), D(2027, 6, 6)),
    (D(2027, 7, 22), D(2027, 9, 1)),
    (D(2027, 10, 23), D(2027, 10, 31)),
    (D(2027, 12, 18), D(2028, 1, 2)),
)
BANK_HOLIDAYS = (
    D(2026, 8, 31),
    D(2026, 12, 25),
    D(2026, 12, 28),
    D(2027, 1, 1),
    D(2027, 3, 26),
    D(2027, 3, 29),
    D(2027, 5, 3),
    D(2027, 5, 31),
    D(2027, 8, 30),
    D(2027, 12, 27),
    D(2027, 12, 28),
)
FIRST_DAY = D(2026, 9, 2)
NEW_YEAR = D(2027, 9, 2)
LEAVING_DAY = D(2027, 7, 16)
LAST_YEAR = "6"
AFTER_HOLIDAYS = (D(2026, 11, 2), D(2027, 1, 4), D(2027, 4, 12), D(2027, 6, 7))
KNOWN_TO = D(2028, 1, 2)


def is_school_day(day):
    if day.weekday() >= 5 or day in BANK_HOLIDAYS:
        return False
    return not any(begins <= day <= ends for begins, ends in HOLIDAYS)


def typed():
    """The holidays as they are typed on the Settings page."""
    lines = []
    for begins, ends in HOLIDAYS:
        lines.append(f"{begins:%d/%m/%Y} to {ends:%d/%m/%Y}")
    return "\n".join(lines)
