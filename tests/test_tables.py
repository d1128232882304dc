"""The usual query, written at once, finds exactly what peewee's own finds; and an unusual one is
left to peewee.
"""

import peewee
import pytest
from conftest import ON, START, press

import models as m
from records import query

P, S = m.Placement, m.Placement.select
USUAL = {
    "all": lambda robin: S(),
    "equal": lambda robin: S().where(P.stage == "S2"),
    "not equal": lambda robin: S().where(P.stage != "S2"),
    "a record": lambda robin: S().where(P.pupil == robin),
    "its number": lambda robin: S().where(P.pupil == robin.id),
    "a day": lambda robin: S().where(P.started_on >= START),
    "later than a day": lambda robin: S().where(P.started_on > START),
    "below": lambda robin: S().where(P.id < 10**6),
    "at most": lambda robin: S().where(P.started_on <= ON),
    "true": lambda robin: S().where(P.void),
    "not true": lambda robin: S().where(~P.void),
    "is true": lambda robin: S().where(P.void == True),  # noqa: E712
    "nothing": lambda robin: S().where(P.ended_on.is_null()),
    "none": lambda robin: S().where(P.ended_on == None),  # noqa: E711
    "one of": lambda robin: S().where(P.stage.in_(["S1", "S2"])),
    "one of the records": lambda robin: S().where(P.pupil.in_((robin, robin))),
    "none of": lambda robin: S().where(P.stage.not_in({"S1", "NONE"})),
    "or": lambda robin: S().where((P.stage == "S1") | (P.stage == "S2")),
    "and": lambda robin: S().where(P.stage == "S2", ~P.void, P.pupil == robin),
    "in order": lambda robin: S().order_by(P.started_on.desc(), P.id),
    "or within and": lambda robin: (
        S()
        .where(P.pupil == robin, (P.stage == "S2") | P.ended_on.is_null(), ~P.void)
        .order_by(-P.id)
    ),
    "and within or": lambda robin: (
        S().where((P.stage == "S1") & P.void | (P.stage == "S2") & ~P.void).order_by(P.id.asc())
    ),
    "some": lambda robin: S().order_by(P.id).limit(1),
    "some later": lambda robin: S().order_by(P.id).limit(1).offset(1),
    "as dictionaries": lambda robin: S().order_by(P.id).dicts(),
    "as tuples": lambda robin: S().where(P.pupil == robin).order_by(P.id).tuples(),
}
UNUSUAL = {
    "columns": lambda robin: S(P.id, P.stage),
    "not nothing": lambda robin: S().where(P.stage.is_null(False)),
    "within no list": lambda robin: S().where(P.stage.in_([])),
    "like": lambda robin: S().where(P.stage.startswith("S")),
    "not one of": lambda robin: S().where(~(P.stage.in_(["S1"]))),
    "beside another": lambda robin: S().where(P.id == P.cycle),
    "within another": (
        lambda robin: S().where(P.pupil.in_(m.Pupil.select(m.Pupil.id).where(m.Pupil.form == "3B")))
    ),
    "the later ones": lambda robin: S().order_by(P.id).offset(1),
    "of another": lambda robin: S().join(m.Pupil).where(m.Pupil.form == "3B"),
    "each once": lambda robin: S().distinct(),
    "in the order of words": lambda robin: S().order_by(peewee.fn.LOWER(P.stage)),
    "grouped": lambda robin: S().group_by(*P._meta.sorted_fields),
    "the opposite first": lambda robin: S().order_by(~P.void, P.id),
    "nothing first": lambda robin: S().order_by(peewee.Asc(P.ended_on, nulls="first"), P.id),
}


@pytest.fixture
def moved(robin, cast):
    """A pupil with several placements, one of them an error."""
    press("Place on Concerns List", robin, cast.senco)
    press("Entered in error", robin, cast.senco, None)
    press("Start at Stage 2", robin, cast.senco, reason="A diagnosis")
    press("Has left the school", cast.wren, cast.senco)
    return robin


def said(found):
    """The rows as plain data."""
    return [
        row if isinstance(row, dict | tuple) else (type(row), row.__data__, row.dirty_fields)
        for row in found
    ]


@pytest.mark.parametrize("name", [*USUAL, *UNUSUAL])
def test_a_query_finds_what_peewee_finds(moved, monkeypatch, name):
    """Row for row, and in the same order where there is one."""
    ask = {**USUAL, **UNUSUAL}[name]
    assert (" AS " not in ask(moved).sql()[0]) == (name in USUAL)
    ours = said(ask(moved))
    monkeypatch.setattr(query.Query, "_is_whole", lambda self: False)
    assert ours == said(ask(moved)) and (
        ours or name in ("true", "is true", "within no list", "beside another")
    )


def test_what_peewee_refuses_is_refused(moved):
    """A list where one value belongs, and rows that come from elsewhere: no wrong answer in place
    of an error.
    """
    assert " AS " in S().where(P.stage == moved).sql()[0], "a record that is compared with words"
    for asked in (
        S().where(P.stage == ["S1", "S2"]),
        S().from_(S().where(P.stage == "S1").alias("p")),
        S().order_by(P.alias().stage),
    ):
        with pytest.raises(peewee.PeeweeException), m.Placement._meta.database.atomic():
            list(asked)


def test_a_query_within_another_is_whole(moved):
    """Counted, asked whether there is any, and as a part of a change."""
    query = S().where(P.pupil == moved, ~P.void)
    assert (
        query.count() == len(list(query)) == 1
        and query.exists()
        and query.get().stage == query.first().stage == "S2"
    )
    assert P.update(reason="Changed").where(P.id.in_(S().where(P.pupil == moved))).execute() == 2


def test_a_column_that_is_not_there_is_an_error_and_no_word(moved, database):
    """SQLite takes a name in double quotes that it does not know for words, unless the table is
    named with it.
    """
    database.execute_sql("ALTER TABLE bank_entry RENAME COLUMN area TO elsewhere")
    with pytest.raises(peewee.PeeweeException, match="area"), database.atomic():
        m.BankEntry.select().first()
