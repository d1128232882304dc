"""The lists at any size: how often the database is asked, that an index serves each order, and what
the search box finds.
"""

import datetime
from unittest import mock

import pytest
from web import rules

import models as m
from audit.log import db, on_sqlite
from privacy import erasure
from records.record import Row

MOST = 12  # questions to the database for one page of any list
# what is kept, what is typed: each finds one child (cases of schools that tried it)
NAMES = (
    ("O’Mocken", "Zoë", ("O'Mocken", "OMocken", "o’mocken", "zoe", "ZOË", "mocken zoë")),
    ("Mock-Testley", "Ann", ("Mock-Testley, Ann", "testley", "ann mock", "testl")),
    ("Ångmock", "Åsa", ("ångmock", "angmock", "ÅSA", "ngmo")),
    ("de Mocksouza", "Élodie", ("élodie", "elodie", "de mocksouza", "souza")),
    ("Øvermock", "Ødger", ("øvermock", "overmock")),
    ("Mockapos", "D'Arcy", ("D’Arcy", "darcy")),
    ("Łukaszmock", "Олена", ("łukasz", "lukasz", "олена", "Олена")),
    ("Şahin", "İpek", ("şahin", "sahin", "ipek")),
)


def lists_of(school):
    return [rule.rule for name, rule in rules(school.app, "GET") if name.endswith(".index_view")]


def questions(person, url, sent=()):
    """How often the database is asked for a page that was fetched before."""
    person.post(url, sent) if sent else person.get(url)
    with mock.patch.object(db.obj, "execute_sql", wraps=db.obj.execute_sql) as asked:
        response = person.post(url, sent) if sent else person.get(url)
    assert response.status_code in (200, 302), url
    return asked.call_count


def more_pupils(school, times=30):
    """Copy a pupil and the newest record of each kind so many times."""
    for turn in range(times):
        pupil = copied(school.mine, surname=f"Copied{turn}", upn=None)
        for cls in m.every(m.PupilRecord):
            newest = cls.select().where(cls.pupil == school.mine).order_by(cls.id.desc()).first()
            if newest:
                copied(newest, pupil=pupil, done_with=None)


def copied(record, **more):
    """The number of a copy of a record, past the audit trail."""
    cls = type(record)
    data = {**record.__data__, **more}
    data.pop("id")
    return cls.insert({n: v for n, v in data.items() if n in cls._meta.fields}).execute()


@pytest.mark.parametrize("who", ("senco", "teacher", "office"))
def test_a_list_asks_as_often_in_a_large_school_as_in_a_small_one(school, browser, who):
    person = browser(who)
    person.names = ()  # what is witnessed is asked of the database too
    open_to = [url for url in lists_of(school) if person.get(url).status_code == 200]
    before = {url: questions(person, url) for url in open_to}
    more_pupils(school)
    after = {url: questions(person, url) for url in open_to}
    assert len(open_to) > 20
    assert {url: n for url, n in before.items() if n > MOST} == {}
    # the first page of a list that was nearly empty may not yet need each kind of question
    assert {url: (before[url], n) for url, n in after.items() if n > max(before[url], MOST)} == {}


def test_a_page_in_the_middle_and_a_search_ask_no_more(school, browser):
    person = browser("senco")
    person.names = ()
    more_pupils(school, 60)
    first = questions(person, "/pupil/")
    for sent in ({"page": 1}, {"sort": "-year"}, {"sort": "form", "page": 1}):
        assert questions(person, "/pupil/", sent) == first
    assert questions(person, "/pupil/", {"search": "copied"}) <= MOST


def test_an_index_serves_every_order_of_every_list_about_pupils(database):
    for cls in (m.Pupil, *m.every(m.PupilRecord)):
        for name in cls.list_columns():
            field = cls._meta.fields.get(name)
            if field is None or name == "pupil" or type(field) is m.TextField:
                continue
            order = [field, cls.id]
            if name == cls.order_by[0]:
                order = [cls._meta.fields[one] for one in (*cls.order_by, "id")]
            query = cls.select(cls.id).order_by(*order).limit(25)
            sql, values = query.sql()
            if not on_sqlite():  # PostgreSQL plans by the number of rows, and here are few
                continue
            plan = [row[3] for row in db.execute_sql(f"EXPLAIN QUERY PLAN {sql}", values)]
            assert not [line for line in plan if "TEMP B-TREE" in line], (cls, name, plan)


@pytest.mark.parametrize("surname, forename, typed", NAMES)
def test_a_name_is_found_however_it_is_typed(school, browser, acting, surname, forename, typed):
    pupil = m.Pupil.create(
        surname=surname, forename=forename, dob=datetime.date(2017, 5, 5), year="3", form="3B"
    )
    office = browser("office")
    for words in typed:
        got = office.post("/pupil/", {"search": words})
        assert (got.status_code, got.location) == (302, f"/pupil/{pupil.id}/"), words
        named = office.post("/pupil/look-up/", {"words": words}).json["names"]
        assert named == [str(pupil)], words


@pytest.mark.parametrize("typed", ("%", "_", "%%", "*", "'", "Nobody"))
def test_what_names_nobody_finds_nobody(school, browser, typed):
    page = browser("senco").read(browser("senco").post("/pupil/", {"search": typed}))
    assert "0 found" in page.text


def kept_words():
    return set(m.PupilWord.select(m.PupilWord.word, m.PupilWord.pupil).tuples())


def words_from_nothing():
    m.PupilWord.delete().execute()
    m.PupilWord.fill_up()
    return kept_words()


def test_the_words_of_a_pupil_follow_the_names(school, acting):
    pupil = school.mine
    pupil.surname, pupil.known_as = "Newname", "Bo"
    pupil.save()
    kept = kept_words()
    assert ("newname", pupil.id) in kept and ("bo", pupil.id) in kept
    assert kept == words_from_nothing()


def test_an_erased_pupil_is_found_by_no_word(school, acting):
    erasure.empty_to_stub(school.mine)
    assert school.mine.id not in {number for _, number in kept_words()}
    assert kept_words() == words_from_nothing()


def test_lines_of_papers_are_listed_in_the_order_of_their_numbers():
    assert all(cls.order_by == ("-id",) for cls in m.every(Row))
