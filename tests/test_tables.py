"""A query for whole rows finds exactly what peewee's own finds."""

import peewee
import pytest
from conftest import press

import models as m
from records import query

P, S = m.Placement, m.Placement.select
QUERIES = {
    "all": lambda robin: S(),
    "some": lambda robin: S().where(P.pupil == robin, ~P.void).order_by(P.id.desc()).limit(1),
    "as dictionaries": lambda robin: S().order_by(P.id).dicts(),
    "as tuples": lambda robin: S().order_by(P.id).tuples(),
    "columns": lambda robin: S(P.id, P.stage).order_by(P.id),
    "each once": lambda robin: S().distinct().order_by(P.id),
    "of another": lambda robin: S().join(m.Pupil).where(m.Pupil.form == "3B").order_by(P.id),
    "with another": lambda robin: S(P, m.Pupil).join(m.Pupil).order_by(P.id),
    "within another": lambda robin: S().where(P.id.in_(S().where(P.pupil == robin))),
    "both of two": lambda robin: S().where(P.void) | S().where(~P.void),
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


@pytest.mark.parametrize("name", QUERIES)
def test_a_query_finds_what_peewee_finds(moved, monkeypatch, name):
    ours = said(QUERIES[name](moved))
    monkeypatch.delattr(query.Query, "__sql_selection__")
    assert ours and ours == said(QUERIES[name](moved))


def test_a_query_is_counted_and_is_part_of_a_change(moved):
    found = S().where(P.pupil == moved, ~P.void)
    assert found.count() == len(list(found)) == 1 and found.exists()
    assert S().order_by(P.id).limit(1).count() == 1
    assert P.update(reason="Changed").where(P.id.in_(S().where(P.pupil == moved))).execute() == 2


def test_a_column_that_is_not_there_is_an_error_and_no_word(moved, database):
    """SQLite takes a name in double quotes that it does not know for words, unless the table is
    named with it.
    """
    database.execute_sql("ALTER TABLE bank_entry RENAME COLUMN area TO elsewhere")
    with pytest.raises(peewee.PeeweeException, match="area"), database.atomic():
        m.BankEntry.select().first()
