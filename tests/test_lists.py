"""The lists at any size: how often the database is asked, that an index serves each order, and what
the search box finds.
"""

import datetime
import sqlite3
from unittest import mock

import pytest
from peewee import OperationalError
from web import rules

import models as m
from admin_views import base, searches
from admin_views.register import REPORT_CLASSES
from audit.log import db, on_sqlite
from people import ListSearch
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
    # names of the kinds that the W3C's "Personal names around the world" tells of
    ("Nguyễn", "Thị Mock", ("nguyen", "NGUYỄN", "nguye\u0302\u0303n", "Nguyễn, Thị")),
    ("Đặngmock", "Anh", ("dangmock", "đặngmock", "ĐẶNG")),
    ("Straußmock", "Jürgen", ("strauss", "STRAUSSMOCK", "straußmock", "jurgen")),
    ("Þórmock", "Æsa", ("thormock", "þór", "aesa")),
    ("Ćirićmock", "Željko", ("ciric", "ĆIRIĆ", "zeljko")),
    ("O´Brienmock", "Siân", ("O'Brienmock", "obrienmock", "sian", "o`brienmock")),
    ("van der Mockberg", "Ioana-Maria", ("van der mock", "mockberg", "Ioana Maria", "mar ioana")),
    ("Παπαμόκ", "Σοφία", ("παπαμοκ", "ΣΟΦΊΑ", "σοφια")),
    ("José", "Mock\u0327a", ("jose\u0301", "JOSÉ", "mocka", "ＪＯＳＥ")),
    ("McMock", "Ñandú", ("mcm", "MCMOCK", "nandu", "McMock, Ñandú (3B)")),
)


def lists_of(school):
    return [rule.rule for name, rule in rules(school.app, "GET") if name.endswith(".index_view")]


def questions(person, url, sent=()):
    """How often the database is asked for a page that was fetched before."""
    if sent:
        url = person.send("POST", url, sent).location
    person.get(url)
    with mock.patch.object(db.obj, "execute_sql", wraps=db.obj.execute_sql) as asked:
        response = person.get(url)
    assert response.status_code in (200, 302), url
    return asked.call_count


def more_pupils(school, times=30):
    """Copy a pupil and the newest record of each kind so many times, past the audit trail."""
    pupils = []
    for turn in range(times):
        said = {**answers_of(school.mine), "surname": f"Copied{turn}", "upn": None}
        pupils.append(m.Pupil.insert(said).execute())
    for cls in m.every(m.PupilRecord):
        newest = cls.select().where(cls.pupil == school.mine).order_by(cls.id.desc()).first()
        if newest:
            said = answers_of(newest)
            cls.insert_many([{**said, "pupil": pupil} for pupil in pupils]).execute()
    m.PupilWord.fill_up()


def answers_of(record):
    """What a record says, without what no two of its kind may have."""
    return {name: said for name, said in record.__data__.items() if name not in ("id", "done_with")}


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


def test_requests_and_retention_ask_as_often_however_much_is_open(school, browser):
    person = browser("senco")
    person.names = ()
    counts = []
    for _ in range(2):
        more_pupils(school, 10)
        m.Disclosure.update(kind="access", given_on=None).execute()
        m.Erasure.update(asked_id=school.senco.id, done_at=None).execute()
        counts.append([questions(person, url) for url in ("/keeping/", "/disclosure/")])
    assert counts[0] == counts[1]


def most_values(person, url):
    """The most values of one question to the database, for a page and its spreadsheet."""
    counts = []
    real = db.obj.execute_sql

    def note(sql, params=None, **more):
        if sql.startswith("SELECT"):
            counts.append(len(params or ()))
        return real(sql, params, **more)

    with mock.patch.object(db.obj, "execute_sql", note):
        assert person.get(url).status_code == 200
        assert person.send("POST", f"{url}spreadsheet/").status_code == 200
    return max(counts)


def test_no_question_has_more_values_in_a_larger_school(school, browser):
    """SQLite takes 32,766 values in one statement: a trust has more children than that."""
    person = browser("senco")
    person.names = ()
    urls = [f"/{report.slug}/" for report in REPORT_CLASSES]
    urls += ["/pupil/", "/placement/", "/sen-list/", "/need/"]
    more_pupils(school, 60)  # more than a page
    found = []
    for _ in range(2):
        copies = m.Pupil.select(m.Pupil.id).where(m.Pupil.surname.startswith("Copied"))
        open_ones = m.Placement.update(stage="E", ended_on=None, void=False)
        open_ones.where(m.Placement.pupil.in_(copies)).execute()
        m.EhcCase.update(state="final", closed_on=None).execute()
        found.append({url: most_values(person, url) for url in urls})
        more_pupils(school, 60)
    assert found[0] == found[1]


def test_a_page_in_the_middle_and_a_search_ask_no_more(school, browser):
    person = browser("senco")
    person.names = ()
    more_pupils(school, 60)
    first = questions(person, "/pupil/")
    for sent in ({"page": 1}, {"sort": "-year"}, {"sort": "form", "page": 1}):
        assert questions(person, "/pupil/", sent) == first
    more = 0 if on_sqlite() else 1  # the hits are written down one statement later
    assert questions(person, "/pupil/", {"search": "copied"}) <= MOST + more


def test_an_index_serves_every_order_of_every_list_about_pupils(database):
    for cls in (m.Pupil, *m.every(m.PupilRecord)):
        for name in cls.list_columns():
            field = cls._meta.fields.get(cls.sort_keys.get(name, name))
            if field is None or name == "pupil" or type(field) is m.TextField:
                continue
            order = [field, cls.id]
            query = cls.select(cls.id).order_by(*order).limit(25)
            sql, values = query.sql()
            if not on_sqlite():  # PostgreSQL plans by the number of rows, and here are few
                continue
            plan = [row[3] for row in db.execute_sql(f"EXPLAIN QUERY PLAN {sql}", values)]
            assert not [line for line in plan if "TEMP B-TREE" in line], (cls, name, plan)


def offered(person, words):
    """The names that are offered when this is typed."""
    said = person.post("/pupil/look-up/", {"words": words}).json
    return [one["name"] for one in said["pupils"]]


@pytest.mark.parametrize("surname, forename, typed", NAMES)
def test_a_name_is_found_however_it_is_typed(school, browser, acting, surname, forename, typed):
    pupil = m.Pupil.create(
        surname=surname, forename=forename, dob=datetime.date(2017, 5, 5), year="3", form="3B"
    )
    office = browser("office")
    for words in typed:
        got = office.post("/pupil/", {"search": words})
        assert (got.status_code, got.location) == (302, f"/pupil/{pupil.id}/"), words
        assert offered(office, words) == [str(pupil)], words


# forename, known as, surname, class
OTHERS = (
    ("Rowan", None, "Ivy", "3B"),
    ("Alexander", "Sandy", "Quay", "4C"),
    ("Kim", None, "Zorro", "4C"),
    ("Erased", None, "Zorro", "4C"),
)
# what is typed, and whom it finds, in the order of the offers
TYPED = {
    "ri": ("Ivy, Rowan (3B)",),
    "i, r.": ("Ivy, Rowan (3B)",),
    "sq": ("Quay, Sandy (4C)",),
    "AQ": ("Quay, Sandy (4C)",),
    "alexander": ("Quay, Sandy (4C)",),
    "zo": ("Zorro, Kim (4C)",),
    "4c": ("Quay, Sandy (4C)", "Zorro, Kim (4C)"),
    "4C kim": ("Zorro, Kim (4C)",),
    "Zorro, Kim": ("Zorro, Kim (4C)",),
    # initials, a name that begins so, letters within one
    "ro": ("Oakley, Robin (3B)", "Ivy, Rowan (3B)", "Zorro, Kim (4C)"),
    "i": (),
    " ,": (),
}


def test_the_list_finds_whom_the_box_offers(school, browser, acting):
    for forename, known_as, surname, form in OTHERS:
        born = datetime.date(2017, 5, 5)
        names = {"forename": forename, "known_as": known_as, "surname": surname}
        erased = m.Pupil.create(**names, dob=born, year="3", form=form)
    erasure.empty_to_stub(erased)
    senco = browser("senco")
    senco.names = ()
    for typed, found in TYPED.items():
        assert offered(senco, typed) == list(found), typed
        answer = senco.post("/pupil/", {"search": typed})
        if len(found) == 1:
            assert answer.status_code == 302, typed
        elif found:
            assert f"{len(found)} found" in senco.read(answer).text, typed


def test_an_offer_says_who_it_is_and_where(school, browser, acting):
    pupil = m.Pupil.get_by_id(school.mine.id)
    pupil.known_as, pupil.left_on = "Zo", datetime.date(2026, 1, 5)
    pupil.save()
    said = browser("senco").post("/pupil/look-up/", {"words": "zo"}).json
    assert said == {
        "pupils": [
            {
                "name": str(pupil),
                "more": f"{pupil.forename}, {pupil.answer('year')}, has left",
                "address": f"/pupil/{pupil.id}/",
            }
        ],
        "more": False,
    }


def test_few_are_offered_and_the_first_are_those_who_begin_so(school, browser):
    more_pupils(school, 20)
    m.Pupil.update(sort_name="zz0ann", sort_forename="ann0zz").where(
        m.Pupil.surname == "Copied7"
    ).execute()
    senco = browser("senco")
    senco.names = ()
    said = senco.post("/pupil/look-up/", {"words": "copied"}).json
    assert len(said["pupils"]) == searches.MOST_OFFERS and said["more"]
    assert offered(senco, "za")[0].startswith("Copied7,")


def test_an_offer_asks_as_often_in_a_large_school_as_in_a_small_one(school, browser):
    counts = []
    for who in ("senco", "teacher"):
        person = browser(who)
        person.names = ()
        for words in ("zebmine", "copied", "zz"):
            person.post("/pupil/look-up/", {"words": words})
            with mock.patch.object(db.obj, "execute_sql", wraps=db.obj.execute_sql) as asked:
                person.post("/pupil/look-up/", {"words": words})
            counts.append(asked.call_count)
        more_pupils(school, 30)
    assert max(counts) <= MOST, counts


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


# what is kept, in the order in which people look it up: surnames, forenames, classes, years
SURNAMES = (
    *("Ångström", "Berg", "Çelik", "de Vries", "Devries-Smith", "D’Souza", "Dylan", "Éluard"),
    *("MacDonald", "McDonald", "Oakley", "Oakleyson", "Ødegaard", "O'Neill", "Zoll", "Олена"),
)
CLASSES = ("N", "NB", "R", "RA", "1A", "2 Oak", "3a", "3B", "10A", "12B", "Robins")
YEARS = ("E1", "N1", "N2", "R", "1", "2", "9", "10", "14", "X")


@pytest.mark.parametrize(
    "column, kept", [("surname", SURNAMES), ("form", CLASSES), ("year", YEARS)]
)
def test_a_list_is_sorted_where_people_look(school, browser, acting, column, kept):
    for value in reversed(kept):
        given = {"surname": "Same", "year": "3", "form": "3B", column: value}
        m.Pupil.create(forename="Sorted", dob=datetime.date(2017, 5, 5), **given)
    senco = browser("senco")
    place = m.Pupil.list_columns().index(column) + 1
    path = f"//main//table//tr[contains(., 'Sorted')]/*[{place}]"
    words = [m.Pupil(**{column: value}).answer(column) for value in kept]
    for sort, wanted in ((column, words), (f"-{column}", words[::-1])):
        page = senco.page(
            senco.send("POST", "/pupil/", {"search": "sorted", "sort": sort}).location
        )
        assert [cell.text_content().strip() for cell in page.all(path)] == wanted
    if column == "surname":
        first = [name.partition(",")[0] for name in offered(senco, "sorted")]
        assert first == list(kept)[: searches.MOST_OFFERS]


def test_pupils_of_an_older_version_are_sorted_too(school, acting):
    m.Pupil.update(sort_name=None).where(m.Pupil.id == school.mine.id).execute()
    m.Pupil.fill_sort_keys()
    assert m.Pupil.get_by_id(school.mine.id).sort_name == "zebminesur0zebminefore"


# --- on paper
def test_a_list_is_printed_with_all_its_rows(school, browser, monkeypatch):
    more_pupils(school, 60)
    senco = browser("senco")
    senco.names = ()  # copies have the names of others
    page = senco.page(found_at(senco, "Copied", f0="F", sort="-year"))
    assert "“Print all” on the page prints every row" in page.text
    printed = senco.page(page.one("//a[.='Print all']/@href"))
    assert len(printed.all("//main//tbody/tr")) == 60 and not printed.all("//a[.='Print all']")
    # without the menus, which paper does not show, and which were five sixths of the page
    assert page.all("//main//tbody//details") and not printed.all("//main//tbody//details")
    assert len(printed.all("//main//thead//th")) == len(page.all("//main//thead//th")) - 1
    (title,) = printed.all("//p[@class='print-only']")
    words = " ".join(title.text_content().split())
    assert words.startswith("Hill School, ") and "Search: Copied; " in words
    assert words.endswith("Sex: Female; Sorted by: Year group, downwards")
    monkeypatch.setattr(base, "MOST_PRINTED", 40)
    printed = senco.page(f"{printed.response.request.full_path}&page=1")
    assert "40 rows are the most for one page: print each of the 2 pages" in printed.text
    assert "41 to 60 shown" in printed.text


# --- back from a child to the list as it was
def found_at(person, words, **more):
    """The address to which the form of the list leads."""
    answer = person.send("POST", "/pupil/", {"search": words, **more})
    assert answer.status_code == 303
    return answer.location


def test_back_leads_to_the_list_as_it_was(school, browser, acting):
    """An address that can be opened again and again, and says no name."""
    more_pupils(school)
    senco = browser("senco")
    senco.names = ()  # copies have the names of others
    there = found_at(senco, "Copied", page=1, sort="-surname", f0="F")
    assert "copied" not in there.lower()
    for _ in range(2):
        page = senco.page(there)
        assert page.one("//input[@id='q']/@value") == "Copied"
        assert page.all("//option[@selected and @value='F']")
    page = senco.page(found_at(senco, "Copied", sort="-surname"))
    assert "30 found, 1 to 25 shown" in page.text
    (second,) = page.all("//nav[@aria-label='Pages']//a[contains(., '2')]/@href")
    assert "26 to 30 shown" in senco.page(second).text
    (turned,) = page.all("//main//a[@class='sort' and .='Surname']/@href")
    assert "30 found, 1 to 25 shown" in senco.page(turned).text


def test_two_windows_keep_two_searches(school, browser, acting):
    more_pupils(school, 2)
    senco = browser("senco")
    senco.names = ()  # copies have the names of others
    one, two = found_at(senco, "Copied"), found_at(senco, "sur")
    assert one == found_at(senco, "Copied")
    assert senco.page(one).one("//input[@id='q']/@value") == "Copied"
    assert senco.page(two).one("//input[@id='q']/@value") == "sur"


def test_a_search_is_opened_by_nobody_else_and_ends(school, browser, acting, the_day):
    more_pupils(school, 2)
    senco = browser("senco")
    senco.names = ()  # copies have the names of others
    there = found_at(senco, "Copied")
    for who, address in (("head", there), ("senco", "/pupil/?find=x")):
        page = browser(who).page(address)
        assert "That search is no longer kept" in page.text
        assert page.one("//input[@id='q']/@value") == ""
    assert "2 found" in senco.page(there).text
    the_day.shift(datetime.timedelta(days=1, minutes=1))
    again = browser("senco")
    assert "That search is no longer kept" in again.page(there).text
    found_at(again, "sur")
    assert [search.words for search in ListSearch.select()] == ["sur"]


def test_searches_end_with_the_session_and_are_few(school, browser):
    senco = browser("senco")
    for number in range(searches.MOST_SEARCHES + 3):
        found_at(senco, f"word {number}")
    assert ListSearch.select().count() == searches.MOST_SEARCHES
    senco.post("/sign-out")
    assert not ListSearch.select().exists()


def test_a_full_database_keeps_nobody_from_searching(school, browser):
    senco = browser("senco")
    senco.names = ()
    full = OperationalError("database or disk is full")
    full.sqlite_errorcode = sqlite3.SQLITE_FULL
    with mock.patch.object(ListSearch, "create", side_effect=full):
        answer = senco.send("POST", "/pupil/", {"search": "sur"})
    assert answer.status_code == 200 and "2</b> found" in answer.text


def test_lines_of_papers_are_listed_in_the_order_of_their_numbers():
    assert all(cls.order_by == ("-id",) for cls in m.every(Row))
