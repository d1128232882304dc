"""Whether two records may be of one child.

Come here to change when a new pupil is taken for one who is here; the form and the import ask here.
"""

import datetime
from collections import defaultdict

from models import Pupil
from records.dates import short_day
from records.unicode_text import folded_words

NAMES = ("surname", "forename", "known_as")
WHO = (*NAMES, "dob", "upn", "former_upn")


def name_keys(pupil):
    """A child's name as it is compared: without accents, capitals, signs and the names' order."""
    found = set()
    surname = folded_words(pupil.surname or "")
    for first in (pupil.forename, pupil.known_as):
        words = folded_words(first or "")
        if not surname or not words:
            continue
        found.add(" ".join(sorted(surname + words)))
        found.add(" ".join(sorted(("".join(surname), "".join(words)))))
        # a second forename that only one of the two records has
        found.add(" ".join(sorted(("".join(surname), words[0]))))
    return found


def close_days(day):
    """A date, and what a slip makes of it: day and month changed round, or one digit wrong."""
    figures = f"{day:%d%m%Y}"
    written = {figures, figures[2:4] + figures[:2] + figures[4:]}
    for place in range(len(figures)):
        for digit in "0123456789":
            written.add(figures[:place] + digit + figures[place + 1 :])
    found = set()
    for figures in written:
        try:
            found.add(datetime.datetime.strptime(figures, "%d%m%Y").date())
        except ValueError:
            continue
    return found


def upns_of(pupil):
    return {pupil.upn, pupil.former_upn} - {None, ""}


def has_changed(pupil):
    """Whether something of `WHO` is other than what is saved."""
    saved = Pupil.get_or_none(Pupil.id == pupil.id) if pupil.id else Pupil()
    return any(getattr(saved, name) != getattr(pupil, name) for name in WHO)


class Likeness:
    """The children of some records, by what a child is known by."""

    def __init__(self, pupils):
        self.by_upn = {}
        self.by_name = defaultdict(list)
        for pupil in pupils:
            if pupil.erased_on:
                continue
            for upn in upns_of(pupil):
                self.by_upn[upn] = pupil
            for key in name_keys(pupil):
                self.by_name[key].append(pupil)

    def like(self, pupil):
        """Who may be the same child: by a UPN, or by the name and a date of birth that is near."""
        found = {}
        for upn in upns_of(pupil):
            if upn in self.by_upn:
                other = self.by_upn[upn]
                found[other.id] = other
        days = close_days(pupil.dob) if pupil.dob else ()
        for key in name_keys(pupil):
            for other in self.by_name[key]:
                if other.dob in days:
                    found[other.id] = other
        found.pop(pupil.id, None)
        return list(found.values())


def like(pupil):
    """Who of all who are here may be the same child as this one."""
    is_near = Pupil.upn.in_(upns_of(pupil)) | Pupil.former_upn.in_(upns_of(pupil))
    if pupil.dob:
        is_near |= Pupil.dob.in_(close_days(pupil.dob))
    return Likeness(Pupil.select().where(is_near)).like(pupil)


def question_about(other):
    """The sentence that asks whether it is the same child."""
    where = []
    if other.form:
        where.append(other.form)
    if other.dob:
        where.append(f"born {short_day(other.dob)}")
    return f"Perhaps {other.name} ({', '.join(where)}) is here already."
