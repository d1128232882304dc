"""What the program relies on in peewee and SQLite when it asks for rows."""

import peewee
import pytest
from conftest import press

import models as m

P, S = m.Placement, m.Placement.select


@pytest.fixture
def moved(robin, cast):
    """A pupil with several placements, one of them an error."""
    press("Place on Concerns List", robin, cast.senco)
    press("Entered in error", robin, cast.senco, None)
    press("Start at Stage 2", robin, cast.senco, reason="A diagnosis")
    press("Has left the school", cast.wren, cast.senco)
    return robin


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
