"""A record that was made by mistake goes away again, when nothing was done with it.

Come here to change what keeps such a record from going. What was worked with is merged into the
right record (`two_records.py`) or kept by retention and then erased by two people (`erasure.py`).
"""

from audit.log import audit, transaction
from models import Erasure, Form, MergedPupil, Pupil, PupilRecord, Strategy, every
from privacy import erasure
from privacy.erasure import Cannot
from records.questions import SENCO

# a paper that nobody agreed goes, and so do these
GOES = (Strategy,)


def what_stands_in_the_way(pupil):
    """What was done with a record, such as “Placements: 2”; nothing when it may go."""
    found = []
    if pupil.erased_on:
        found.append("it was erased already")
    if pupil.hold:
        found.append(f"it is on hold: {pupil.hold}")
    for cls in every(PupilRecord):
        if cls in GOES:
            continue
        rows = cls.select().where(cls.pupil == pupil)
        if "void" in cls._meta.fields:
            rows = rows.where(~cls.void)
        if issubclass(cls, Form):
            count = sum(form.locked for form in rows)
        else:
            count = rows.count()
        if count:
            found.append(f"{cls.plural()}: {count}")
    return found


def take_out(pupil, user, reason, folder):
    """Delete a record made by mistake; the audit log keeps that it was, and why it went.

    `folder` is the data folder; call `erasure.scrub` afterwards. Raises Cannot.
    """
    with transaction():
        if user.role != SENCO:
            raise Cannot("Only the SENCO takes a record out.")
        if not reason:
            raise Cannot("Say what the mistake was.")
        now = Pupil.get_or_none(id=pupil.id, version=pupil.version)
        if now is None or what_stands_in_the_way(now):
            raise Cannot("Something was done with this record since; look at the page again.")
        nobodys = erasure.blank_trail(pupil)
        erasure.delete_records(pupil, Erasure.pupil == pupil)
        after = erasure.words_about_nobody(nobodys)
        for number in MergedPupil.numbers_of(pupil.id):
            audit("taken out", Pupil(id=number), after=after, reason=reason)
        Pupil.delete().where(Pupil.id == pupil.id).execute()
    erasure.throw_away_copies(pupil, folder)
