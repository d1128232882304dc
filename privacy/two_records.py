"""Two records of one child become one: nothing is lost, and the other number leads to what stays.

Come here to change what keeps two records from being merged, or which answer is taken. Every table
that links to a pupil is found by its link; sealed papers keep their words and their check code.
"""

import re

from peewee import ForeignKeyField

from audit.log import audit, audit_all, transaction
from models import (
    EhcCase,
    MergedPupil,
    Placement,
    Pupil,
    every_table,
    known_name,
)
from people import Draft
from privacy.erasure import ASKED_FOR, Cannot, newest
from records.questions import SENCO

CLOSED = "LEFT"  # the stage of a pathway that was closed


def links():
    """Every table whose rows are kept about a pupil: [(table, its link)]."""
    found = []
    for cls in every_table():
        for field in cls._meta.sorted_fields:
            is_link = isinstance(field, ForeignKeyField) and field.rel_model is Pupil
            # what goes with the pupil is made anew from the records
            if is_link and field.on_delete != "CASCADE":
                found.append((cls, field))
    return found


# --- before
def merge_obstacle(kept, other):
    """Why two records cannot be merged, as a sentence with its cure; None when they can."""
    if kept.id == other.id:
        return "This is the same record. Choose the other one."
    for pupil in (kept, other):
        if pupil.erased_on:
            return f"The record of {pupil} was erased; nothing is merged with it."
        if newest(pupil, ASKED_FOR):
            return f"Somebody has asked to erase the record of {pupil}. Take that back first."
    stages = [
        placement.stage
        for placement in (Placement.current(kept), Placement.current(other))
        if placement
    ]
    if len(stages) == 2 and CLOSED not in stages:
        return (
            "Both records stand on a stage. On the one that is wrong use “Entered in error”, take"
            " the child off its list, or for a leaver use “Has returned”; then merge."
        )
    if EhcCase.current(kept) and EhcCase.current(other):
        return "Both records have an open EHC case. Close the wrong one first, then merge."
    if typed_in_both(kept, other):
        return (
            "Somebody has typed the same form about both and not saved it. Save it or throw it away"
            " first: it is on their home page."
        )
    return None


def differing_answers(kept, other):
    """The questions that both records answer, and not alike: [(name, label, kept, other)]."""
    found = []
    for name, asked in Pupil.questions():
        ours = kept.answer(name)
        theirs = other.answer(name)
        if ours and theirs and ours != theirs:
            found.append((name, asked.verbose_name, ours, theirs))
    return found


def what_moves(other):
    """What is carried over, such as “My Plans: 2”."""
    found = []
    for cls, field in links():
        count = cls.select().where(field == other.id).count()
        if count:
            found.append(f"{cls.plural()}: {count}")
    return found


# --- merging
def merge_records(kept, other, user, theirs=()):
    """Carry everything of `other` over to `kept`, all or nothing; `theirs` names the questions
    whose answer is taken from `other` although both answer. Raises Cannot.
    """
    with transaction():
        kept = Pupil.get_by_id(kept.id)
        other = Pupil.get_by_id(other.id)
        if user.role != SENCO:
            raise Cannot("Only the SENCO merges two records.")
        if merge_obstacle(kept, other):
            raise Cannot(merge_obstacle(kept, other))
        close_older_placement(kept, other)
        lines = {}
        for group in Pupil.groups():
            lines[group] = {row.id for row in other.rows(group)}
        for cls, field in links():
            for row in cls.select().where(field == other.id).order_by(cls.id):
                repoint(row, field, kept)
        carry_drafts(kept, other)
        for group, carried in lines.items():
            fold(kept, group, carried)
        answers = answers_of_both(kept, other, theirs)
        take_away(other, kept)
        for name, value in answers.items():
            setattr(kept, name, value)
        kept.save(act="merge", reason=f"Merged with record {other.id}")
        kept.touch()
    return kept


def close_older_placement(kept, other):
    """End the closed stage of one, where both have a stage: a child stands on one only."""
    both = [Placement.current(kept), Placement.current(other)]
    if None in both:
        return
    ended = both[0] if both[1].stage != CLOSED else both[1]
    goes_on = both[1] if ended is both[0] else both[0]
    ended.ended_on = max(ended.started_on, goes_on.started_on)
    ended.save(act="merge", reason="The record was merged with another one")


def repoint(row, field, kept):
    cls = type(row)
    before = str(row.__data__[field.name])
    # past `save`, which refuses a sealed paper: its words stay as they are
    cls.update({field: kept.id}).where(cls.id == row.id).execute()
    setattr(row, field.name, kept)
    audit("merge", row, field.name, before, str(kept.id))


def take_away(other, kept):
    """Take the other record away; the audit log keeps its answers, its number leads to `kept`."""
    changes = []
    for name, _ in Pupil.questions():
        if other.answer(name):
            changes.append((name, other.answer(name), "", Pupil.section_of(name).label))
    changes.append(("merged into", "", str(kept.id), ""))
    audit_all("merge", other, changes)
    MergedPupil.update(pupil=kept).where(MergedPupil.pupil == other).execute()
    Pupil.delete().where(Pupil.id == other.id).execute()
    MergedPupil.create(number=other.id, pupil=kept)


def answers_of_both(kept, other, theirs):
    """What `kept` is to answer from now on, where `other` answers: {name: value}."""
    found = {}
    for name, _ in Pupil.questions():
        if other.answer(name) and (name in theirs or not kept.answer(name)):
            found[name] = other.__data__[name]
    upn = found.get("upn", kept.upn)
    for former in (kept.upn, other.upn):
        if former and former != upn and not kept.former_upn:
            found["former_upn"] = former
    return found


# --- lines that both have
# by which question two lines may be of the same person, need or arrangement
SAME = {"contacts": "name", "sen_needs": "code", "arrangements": "arrangement"}


def fold(kept, group, carried):
    """Make one line of two that contradict each other in nothing; give the needs their ranks.

    carried: the numbers of the lines of the other record
    """
    name = SAME[group]
    rows = kept.rows(group)
    twins = [row for row in rows if row.id not in carried]
    for row in rows:
        if row.id not in carried:
            continue
        twin = next((one for one in twins if is_same_line(one, row, name)), None)
        if twin is None:
            continue
        for question, _ in row.questions():
            if not twin.answer(question):
                setattr(twin, question, row.__data__[question])
        twin.save(act="merge")
        row.remove("The same line stood in both records")
    if group == "sen_needs":
        rank_anew(kept)


def is_same_line(one, row, name):
    if known_name(getattr(one, name) or "") != known_name(getattr(row, name) or ""):
        return False
    for question, _ in row.questions():
        said = {one.answer(question), row.answer(question)} - {""}
        if len(said) > 1 and question not in (name, "rank"):
            return False
    return True


def rank_anew(kept):
    needs = kept.rows("sen_needs")
    ranks = set()
    for need in needs:
        while need.rank in ranks:
            need.rank += 1
        if not need.until:
            ranks.add(need.rank)
        need.save(act="merge")


# --- what was typed and not saved
def address_in(form, kept, other):
    pattern = rf"(?<=[?&]pupil=){other.id}(?=&|$)|(?<=^/pupil/){other.id}(?=/)"
    return re.sub(pattern, str(kept.id), form)


def typed_in_both(kept, other):
    for draft in Draft.select().where(Draft.pupil_id == other.id):
        there = address_in(draft.form, kept, other)
        mine = Draft.select().where(Draft.user == draft.user, Draft.form == there)
        if there != draft.form and mine.exists():
            return True
    return False


def carry_drafts(kept, other):
    for draft in Draft.select().where(Draft.pupil_id == other.id):
        draft.form = address_in(draft.form, kept, other)
        draft.pupil_id = kept.id
        draft.save()
