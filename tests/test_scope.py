"""What is out of reach stays out of reach: other classes' pupils, closed parts of a record, columns
that no form asks.

Every answer of the test school has words that stand nowhere else (`web.canary`), so a leak is found
wherever it is.
"""

import datetime

import pytest
from conftest import TODAY, dump, press
from test_access import REFUSED, allowed, change_everything, hidden_from
from web import MARKS, address, class_of, key_of, rules, value_for

import models as m
import people
import workflow as w
from records import questions as q
from records.record import Row


# --- other classes
def test_a_teacher_gets_no_page_paper_or_button_of_another_class(school, browser, plain_paper):
    """Every address with the key of another class's record is “no such page”, and names nobody
    (IDOR).
    """
    before, found, person = dump(), [], browser("teacher")
    for method in ("GET", "POST"):
        for endpoint, rule in rules(school.app, method):
            cls = class_of(endpoint)
            if (
                "key" not in rule.arguments
                or cls is None
                or cls in (m.BankEntry, m.Programme, m.Setting, people.User)
            ):
                continue
            person.begin_again()
            response = person.send(
                method, address(school, rule, "other"), {"pupil": str(school.mine), "version": "1"}
            )
            wanted = {404} if allowed(endpoint, q.TEACHER) else REFUSED
            found += (
                [f"{response.status_code} for {method} {rule}"]
                if response.status_code not in wanted
                else []
            )
            found += (
                [f"{method} {rule} names the pupil"]
                if MARKS["other"] in response.get_data(as_text=True)
                else []
            )
    assert not found, "\n".join(found)
    assert dump() == before


def test_a_teacher_finds_nobody_of_another_class(school, browser):
    """Search, filters, sorting, look-up, spreadsheet and new papers reach the own classes only."""
    at, mark = browser("teacher"), MARKS["other"]
    for endpoint, rule in rules(school.app, "POST"):
        if (
            endpoint.endswith((".index_view", ".spreadsheet", ".look_up"))
            and class_of(endpoint) is not None
        ):
            for asked in (
                {"search": mark, "words": mark},
                {"search": "5A", "f0": "F", "sort": "-pupil"},
            ):
                source = at.post(address(school, rule), asked).get_data(as_text=True)
                # what was typed stands in the search box, and above a printed list
                shown = source.replace(f'value="{mark}"', "").replace(f"Search: {mark}", "")
                assert mark not in shown, f"{rule} with {asked}"
    for words in (mark[:4], "yy", "y y", "5A", str(school.other)):
        assert at.post("/pupil/look-up/", {"words": words}).json == {"pupils": [], "more": False}
        assert browser("senco").post("/pupil/look-up/", {"words": words}).json["pupils"], words
    assert at.post("/pupil/look-up/", {"words": MARKS["mine"][:4]}).json["pupils"]


TEACHERS_WRITE = [c for c in m.every(m.PupilRecord) if "w" in m.RIGHTS_TABLE[c.__name__][q.TEACHER]]


@pytest.mark.parametrize("cls", TEACHERS_WRITE, ids=lambda c: c.__name__)
def test_a_teacher_cannot_write_about_a_pupil_of_another_class(school, browser, cls):
    """Not by the address, not by typing the name, not by choosing the number."""
    at, before = browser("teacher"), cls.select().count()
    typed = {n: value_for("X", cls, n, f) for n, f in cls.questions() if n != "pupil"}
    for sent in (
        {"pupil": str(school.other)},
        {"pupil": [MARKS["other"], str(school.other.id)]},
        {"pupil": ["", str(school.other.id)]},
    ):
        response = at.post(f"/{cls.slug()}/new/?pupil={school.other.id}", {**typed, **sent})
        assert response.status_code in (404, 422)
        source, mark = response.get_data(as_text=True), MARKS["other"]
        for typed_back in (str(school.other), f"“{mark}”", f'"{mark}"', f">{mark}</textarea>"):
            source = source.replace(typed_back, "")
        assert mark not in source
    assert cls.select().count() == before
    own = key_of(school, cls)
    at.post(
        f"/{cls.slug()}/{own}/edit/",
        {**typed, "pupil": ["", str(school.other.id)], "version": str(cls.get_by_id(own).version)},
    )
    assert cls.get_by_id(own).pupil_id == school.mine.id


# --- parts of a record (what a role may not read is in no page at all: test_access.py)
def test_a_filter_never_asks_about_a_part_that_one_may_not_see(school, browser):
    """A filter would tell what a closed part says: who is found, who is not."""
    page = browser("teacher").page("/pupil/")
    shown = {c.text_content().strip() for c in page.all("//form[@id='filter']//label")}
    closed = {
        f.verbose_name for n, f in m.Pupil.questions() if q.TEACHER not in m.Pupil.section_of(n).see
    }
    assert not shown & closed
    everyone = browser("teacher").post("/pupil/", {}).get_data(as_text=True).count('scope="row"')
    for number in range(20):
        source = browser("teacher").post("/pupil/", {f"f{number}": "No"}).get_data(as_text=True)
        asked = next((f for i, f in enumerate(filters_of(school)) if i == number), None)
        if asked and asked.name in closed:
            assert source.count('scope="row"') == everyone, (
                f"the filter “{asked.name}” answers a teacher"
            )


def filters_of(school):
    """The filters of the list of pupils."""
    return school.app.extensions["admin"][0]._views[1]._filters or []


def test_a_teacher_reads_nothing_of_an_ehc_case(school, browser):
    """RIGHTS gives a teacher nothing of EhcCase: neither its state nor its dates."""
    text = browser("teacher").page(f"/pupil/{school.mine.id}/").text
    assert "EHC case" not in text
    assert "EHC case" in browser("senco").page(f"/pupil/{school.mine.id}/").text


def test_a_restricted_file_is_for_the_senco_and_the_head(school, browser):
    """The office may read documents, but not this one."""
    key = school.records["mine"]["Document"].id
    m.Document.update(restricted="Yes", stored_as="0" * 32, sha256="0").where(
        m.Document.id == key
    ).execute()
    assert browser("office").get(f"/document/{key}/file").status_code == 403
    assert browser("office").get(f"/document/{key}/edit/").status_code == 403
    assert browser("head").get(f"/document/{key}/file").status_code == 302


# --- mass assignment
WRITTEN = [
    (c, role)
    for c in m.every()
    if not issubclass(c, Row) and c.__name__ not in w.ONLY_BY_MOVES
    for role in q.ROLES
    if "w" in m.RIGHTS_TABLE[c.__name__][role]
]


@pytest.mark.parametrize(
    "cls, role", WRITTEN, ids=lambda x: x if isinstance(x, str) else x.__name__
)
def test_a_form_changes_only_what_it_asks(school, browser, cls, role):
    """Every column is sent to every form, the new one and the old one; only the questions which the
    role may write change.
    """
    asked = {
        n
        for n, _ in cls.questions()
        if role in cls.section_of(n).write and role in cls.section_of(n).see
    } - {*cls.readonly}
    hostile = {
        n: hostile_value(cls, f)
        for n, f in cls._meta.fields.items()
        if n not in asked and n != "version"
    }
    record = cls.get_by_id(key_of(school, cls))
    before = dict(record.__data__)
    real = {
        n: value_for("New", cls, n, cls._meta.fields[n])
        for n in asked
        if cls._meta.fields[n].__class__.__name__ != "ForeignKeyField"
    }
    real |= good_values(cls)
    browser(role).post(
        f"/{cls.slug()}/{record.id}/edit/",
        {**form_words(real), **hostile, "version": str(record.version), "confirmed": "moves"},
    )
    after = cls.get_by_id(record.id).__data__
    changed = {n for n in after if after[n] != before[n]}
    # another role ends every session
    own = {"token", "setup_token"} if cls is people.User else {*cls.sort_keys.values()}
    assert changed - asked - own <= {"version"}, (
        f"{role} could write {changed - asked} of {cls.__name__}"
    )
    assert changed & asked or cls in (
        m.Document,
        people.User,
    ), f"nothing was saved: the test sends too little to {cls.__name__}"


def form_words(said):
    """Answers as a form sends them."""
    return {
        n: (
            f"{v:%d/%m/%Y}"
            if hasattr(v, "year")
            else str(v).split("\n")
            if "\n" in str(v)
            else str(v)
        )
        for n, v in said.items()
    }


def good_values(cls):
    """Answers that must be of a special shape."""
    return {
        m.Pupil: {
            "upn": "",
            "former_upn": "",
            "form": "3B",
            "dob": "5/5/2017",
            "admitted_on": "",
            "left_on": "",
        },
        m.Agency: {"asked_on": ""},
        people.User: {
            "username": "somebody.new",
            "name": "New",
            "role": "teacher",
            "account": "on",
            "classes": "7X",
        },
        m.Setting: {
            "holidays": "",
            "import_columns": "",
            "idle_minutes": "20",
            "backup_places": "",
            "anchor_place": "",
        },
    }.get(cls, {})


def hostile_value(cls, asked):
    """Something that a column would accept."""
    kind = type(asked).__name__
    words = asked.choices[-1][0] if asked.choices else "Mallory"
    return {
        "ForeignKeyField": "2",
        "IntegerField": "77",
        "BooleanField": "1",
        "DateField": "1/1/2020",
        "AutoField": "9999",
        "DateTimeField": "2020-01-01 00:00:00",
        "DecimalField": "77",
    }.get(kind, words)


def test_a_row_takes_only_its_questions(school, browser):
    """Not its own key, not another form, not a row of another form."""
    mine, other = (school.records[which]["RecordOfConcern"] for which in ("mine", "other"))
    theirs, own = other.key_concerns.get(), mine.key_concerns.get()
    browser("senco").post(
        f"/record-of-concern/{mine.id}/edit/",
        {
            "version": str(mine.version),
            "happened_on": "1/9/2026",
            "key_concerns-0-row_id": str(theirs.id),
            "key_concerns-0-what": "Taken over",
            "key_concerns-0-form": str(other.id),
            "key_concerns-0-id": str(theirs.id),
            "key_concerns-0-version": "99",
            "key_concerns-1-row_id": str(theirs.id),
            "key_concerns-1-gone": "y",
        },
    )
    assert m.KeyConcern.get_by_id(theirs.id).__data__ == theirs.__data__
    assert m.KeyConcern.get_by_id(own.id).__data__ == own.__data__
    assert {r.what for r in mine.key_concerns} == {own.what, "Taken over"}


# --- every field that carries a key
@pytest.mark.parametrize("role", (q.TEACHER, q.OFFICE))
def test_a_refusal_or_a_clash_tells_no_more_than_the_page(school, browser, role):
    """What somebody else saved meanwhile is shown to the second writer, but nothing of a part or
    record that is closed to them (IDOR).

    The portal sends no mail and has no feeds; those are the only places of the issue's list that
    there is nothing to look at.
    """
    change_everything(school)
    hidden, found = {**hidden_from(role, "mine"), **hidden_from(role, "other")}, set()
    for cls in (c for c, who in WRITTEN if who == role):
        key, other = key_of(school, cls), key_of(school, cls, "other")
        odd = {n: "no such day" for n, f in cls.questions() if type(f).__name__ == "DateField"}
        for sent in (
            {"version": "0"},
            {"version": "0", "do": "complete"},
            {**odd, "version": "99"},
            {"more": next(iter(cls.groups()), "")},
        ):
            for url in (
                f"/{cls.slug()}/{key}/edit/",
                f"/{cls.slug()}/new/?pupil={school.mine.id}",
                f"/{cls.slug()}/{other}/edit/",
            ):
                if url.endswith(f"/{other}/edit/") and role != q.TEACHER:
                    continue
                source = browser(role).post(url, sent).get_data(as_text=True)
                found |= {f"{words} at {url}" for mark, words in hidden.items() if mark in source}
    assert not found, f"{role} reads what is closed: {sorted(found)[:10]}"


def test_no_key_of_another_child_is_taken_from_a_form(school, browser):
    """Row, sibling, look-up, `seen`, `pupil=`, `url=`, `key`, `id`: a key of another class's child
    in any of them moves, shows and changes nothing.
    """
    at, mine, theirs = (
        browser("teacher"),
        school.records["mine"]["RecordOfConcern"],
        school.records["other"]["RecordOfConcern"],
    )
    before = {
        c: [dict(r.__data__) for r in c.select().where(c.pupil == school.other)]
        for c in m.every(m.PupilRecord)
    }
    rows = {
        c: [dict(r.__data__) for r in c.select().where(c.form == theirs)]
        for c in m.RecordOfConcern.groups().values()
    }
    carried = {
        "url": f"/record-of-concern/{theirs.id}/",
        "key": str(theirs.id),
        "id": str(theirs.id),
        "form": str(theirs.id),
        "placement": str(theirs.placement_id or 0),
        "pupil": ["", str(school.other.id)],
        "pupil_id": str(school.other.id),
        "next": f"/pupil/{school.other.id}/",
        "supersedes": str(theirs.id),
        "seen": str(m.Placement.current(school.other).id),
        "token": "x",
        "do": "save",
    }
    for group, row in mine.groups().items():
        foreign = next(iter(getattr(theirs, group)))
        carried |= {
            f"{group}-0-row_id": str(foreign.id),
            f"{group}-0-gone": "y",
            f"{group}-1-row_id": str(foreign.id),
        }
        carried |= {
            f"{group}-1-{n}": "1" if hasattr(f, "rel_model") else "Taken over"
            for n, f in row.questions()
            if not f.choices
        }
    sent = [
        (
            "/record-of-concern/{0}/edit/?url=/pupil/{1}/&pupil={1}&key={1}",
            {**carried, "version": str(mine.version)},
        ),
        ("/record-of-concern/new/?pupil={1}", carried),
        ("/record-of-concern/{0}/act/?pupil={1}", {**carried, "do": "version"}),
        ("/strategy/new/?pupil={1}", {**carried, "strategy": "x"}),
        ("/pupil/{2}/review/?pupil={1}", {**carried, "ask": "achieved", "answer": "Yes"}),
        ("/pupil/?pupil={1}&search=5A", carried),
        ("/pupil/{1}/move/place-on-concerns-list/", carried),
        ("/help/day/?pupil={1}", {**carried, "words": "today"}),
    ]
    for url, data in sent:
        answer = at.post(url.format(mine.id, school.other.id, school.mine.id), data)
        assert answer.status_code < 500 and MARKS["other"] not in answer.get_data(as_text=True), url
        assert f"/pupil/{school.other.id}/" not in (answer.location or ""), url
    assert before == {
        c: [dict(r.__data__) for r in c.select().where(c.pupil == school.other)]
        for c in m.every(m.PupilRecord)
    }
    assert rows == {
        c: [dict(r.__data__) for r in c.select().where(c.form == theirs)]
        for c in m.RecordOfConcern.groups().values()
    }
    assert browser("teacher").get(f"/audit/?pupil={school.other.id}").status_code == 403


@pytest.mark.parametrize("role", ["senco", "office", "head", "teacher"])
@pytest.mark.parametrize("days", [0, 250, 296, 340, 364, 400])
def test_under_an_ehcp_nobody_is_told_that_nothing_needs_doing(school, browser, role, days):
    """From the first warning, ten weeks before the year ends, the SENCO's next step is the year."""
    press("EHCP issued", school.mine, school.senco, TODAY)
    placed = m.Placement.current(school.mine)
    placed.clock_from = TODAY - datetime.timedelta(days)
    placed.save()
    text = browser(role).page(f"/pupil/{school.mine.id}/").text
    assert "Nothing waits" not in text and "runs beside the stage" not in text
    wanted = "plan the meeting" if days > 294 else "My Plan+"
    assert role == "teacher" or wanted in text
