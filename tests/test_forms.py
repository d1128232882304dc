"""Filling in a form as a browser without JavaScript does: lines, links, drafts, completing,
mistakes, two people at once.
"""

import csv
import io
import re

import pytest
from conftest import agree_plan, dump, take_to, write
from peewee import CharField, DateField, TextField
from web import MARKS, class_of, edit, key_of, name_of, rules

import models as m
import people
import workflow as w
from admin_views import forms, offers
from audit import log as audit_log
from records import dates

each = pytest.mark.parametrize
FORMS = w.every_form()


# --- lines
@each("cls", [c for c in FORMS if c.groups()] + [m.Pupil, m.Meeting], ids=name_of)
def test_a_line_is_added_without_saving_and_without_losing_what_was_typed(school, senco, cls):
    """“Add another line” shows one line more in its list; nothing is saved yet."""
    before = dump()
    for group, row_class in cls.groups().items():
        name, asked = next(
            (n, f)
            for n, f in row_class.questions()
            if not f.choices and not hasattr(f, "rel_model")
        )
        words = "3/7/26" if isinstance(asked, DateField) else "Typed just now"
        shown = senco.page(f"/{cls.slug()}/{key_of(school, cls)}/edit/")
        page = senco.submit(shown, button=("more", group), **{f"{group}__0__{name}": words})
        assert page.said(f"{group}-0-{name}") == words
        lines = getattr(cls.get_by_id(key_of(school, cls)), group).count()
        assert (
            f"{group}-{lines}-{name}" in page.ids and f"{group}-{lines + 1}-{name}" not in page.ids
        )
    assert dump() == before


def test_a_new_line_is_saved_with_its_form_and_an_empty_one_is_not(senco, concern):
    """The words of the new line, in the order of the lines; no line without words."""
    page = senco.submit(senco.page(edit(concern)), button=("more", "key_concerns"))
    page = senco.submit(
        page,
        button=("more", "key_concerns"),
        key_concerns__1__what="Leaves the room",
        key_concerns__1__how_often="Daily",
    )
    senco.submit(page)
    rows = list(concern.key_concerns.order_by(m.KeyConcern.id))
    assert [(r.what, r.how_often) for r in rows][1:] == [("Leaves the room", "Daily")]


def test_a_line_is_removed_when_it_is_ticked(senco, concern):
    """It goes with the save, and the audit trail keeps what it said."""
    said = concern.key_concerns.get().what
    senco.submit(senco.page(edit(concern)), key_concerns__0__gone="y")
    assert not concern.key_concerns.count()
    told = audit_log.AuditEntry.get(
        audit_log.AuditEntry.act == "remove", audit_log.AuditEntry.question == "what"
    )
    assert (told.before, told.pupil_id) == (said, concern.pupil_id)


def test_a_line_that_others_refer_to_can_be_removed_with_them(senco, plan):
    """Need, outcome and provision of one path, in one save."""
    senco.submit(
        senco.page(edit(plan)), needs__0__gone="y", outcomes__0__gone="y", provision__0__gone="y"
    )
    assert (plan.needs.count(), plan.outcomes.count(), plan.provision.count()) == (0, 0, 0)


def test_a_need_cannot_vanish_below_an_outcome_that_refers_to_it(senco, plan):
    """Removing only the need: the page says so or unlinks the outcome; it is no error page, and
    nothing is half done.
    """
    response = senco.post(
        edit(plan),
        [
            ("version", str(plan.version)),
            ("needs-0-row_id", str(plan.needs.get().id)),
            ("needs-0-gone", "y"),
        ],
    )
    assert response.status_code in (302, 422)
    assert all(
        o.need_id is None or m.PlusNeed.get_or_none(m.PlusNeed.id == o.need_id)
        for o in plan.outcomes
    )


def test_an_outcome_is_linked_to_a_need_of_the_same_save_by_its_number(senco, plan):
    """Two new lines, one pointing to the other, before either has a key."""
    page = senco.page(edit(plan))
    for group in ("needs", "outcomes", "provision"):
        page = senco.submit(page, button=("more", group))
    # a line to spare, left empty
    page = senco.submit(page, button=("more", "needs"), needs__1__words="Ask for help")
    assert "2: Ask for help" in page.one("//select[@name='outcomes-1-need']").text_content()
    senco.submit(
        page,
        outcomes__1__words="Asks twice a day",
        outcomes__1__need="1",
        provision__1__words="A help card",
        provision__1__outcome="1",
    )
    made = plan.outcomes.where(m.PlusOutcome.words == "Asks twice a day").get()
    assert made.need.words == "Ask for help"
    assert [p.words for p in made.provided] == ["A help card"]
    page = senco.page(edit(plan))
    assert (
        page.said("outcomes-0-need"),
        page.said("outcomes-1-need"),
        page.said("provision-1-outcome"),
    ) == ("0", "1", "1")


@each("number", ("999", "-1", "0 or 1=1", "²", "5A"))
def test_a_link_leads_to_a_line_of_the_same_form_or_nowhere(school, senco, plan, number):
    """Neither a key of another pupil's line nor nonsense."""
    other = school.records["other"]["PlusNeed"]
    for said in (number, str(other.id)):
        version = str(m.MyPlanPlus.get_by_id(plan.id).version)
        response = senco.post(
            edit(plan), {"version": version, "outcomes-0-words": "Theirs?", "outcomes-0-need": said}
        )
        assert response.status_code in (302, 422)
    assert (
        not m.PlusOutcome.select()
        .where(m.PlusOutcome.need == other, m.PlusOutcome.plan == plan)
        .exists()
    )


@each(
    "cls, last",
    ((m.MyPlanPlus, m.PlusProvision), (m.RecordOfConcern, m.StrategyAdded), (m.Pupil, m.Contact)),
)
def test_everything_of_a_form_is_saved_or_nothing(school, senco, monkeypatch, cls, last):
    """The last line fails: the answers, the other lines and the audit trail are as before (ASVS
    2.3.3).
    """
    before, record = dump(), cls.get_by_id(key_of(school, cls))
    group = last.parent_field().backref
    shown = senco.page(edit(record))
    first = next(n for n, f in last.questions() if not f.choices and not hasattr(f, "rel_model"))
    monkeypatch.setattr(last, "save", lambda self, *args, **more: 1 / 0)
    own = next(n for n, f in cls.questions() if f.ask.rows > 1 or n == "alert")
    with pytest.raises(ZeroDivisionError):
        senco.submit(shown, **{f"{group}__0__{first}": "Changed", own: "Changed"})
    assert dump() == before


# --- drafts and completing
@each("cls", FORMS, ids=name_of)
def test_an_empty_form_saves_as_a_draft_and_completing_names_all_that_is_missing(
    school, senco, cls
):
    """Every gap at once, each with a link to the control that fills it; the draft is kept."""
    pupil = school.robin
    if cls is m.AnnualReview:
        take_to(pupil, "E", school.senco)
    elif issubclass(cls, m.Review):
        agree_plan(pupil, school.senco, w.paper_for(cls).stage)
    page = senco.submit(senco.page(f"/{cls.slug()}/new/?pupil={pupil.id}"))
    form = cls.get(cls.pupil == pupil)
    assert form.status == "draft" and page.response.request.path == edit(form)
    page = senco.submit(page, 422, button=("do", "complete"))
    wanted = {words for _, words in w.missing(cls.get_by_id(form.id), school.senco)}
    shown = {words: where for where, words in page.problems}
    assert wanted <= set(shown), f"not named: {wanted - set(shown)}"
    lost = {
        words: where for words, where in shown.items() if words in wanted and where not in page.ids
    }
    assert not lost, f"the links lead nowhere: {lost}"
    assert page.title.startswith("Error: ") and cls.get_by_id(form.id).status == "draft"


@each("cls", FORMS, ids=name_of)
def test_the_gaps_of_lines_are_named_with_their_number_too(school, senco, cls):
    """A line with one answer of many: each answer it lacks is named and linked."""
    form = cls.get_by_id(key_of(school, cls))
    emptied = {}
    for group, row_class in cls.groups().items():
        needed = [n for n, f in row_class.questions() if f.ask.needed is True]
        rest = [
            n
            for n, f in row_class.questions()
            if not f.ask.needed and not f.choices and not hasattr(f, "rel_model")
        ]
        if rest and needed:
            emptied |= {f"{group}-0-{n}": "" for n in needed}
    if not emptied:
        return
    page = senco.submit(senco.page(edit(form)), 422, button=("do", "complete"), **emptied)
    linked = {where for where, _ in page.problems}
    assert set(emptied) <= linked, f"not named: {set(emptied) - linked}"
    assert linked - {""} <= set(page.ids)


def test_no_answer_is_no_choice_where_one_is_needed(school, browser, senco):
    """An account is on or off; whether a child is a girl or a boy need not be said."""
    assert "No answer" not in browser("technician").page("/user/new/").text
    assert "No answer" in senco.page(edit(school.mine)).text


@each("cls", [m.Meeting, m.Consent, m.Letter, m.Strategy, m.Pupil], ids=name_of)
def test_a_record_that_is_no_paper_says_what_it_needs_and_keeps_what_was_typed(school, senco, cls):
    """It is not saved half filled in."""
    before = dump(but=[people.Draft])
    where = f"?pupil={school.mine.id}" if cls is not m.Pupil else ""
    name = next(
        n
        for n, f in cls.questions()
        if not f.ask.needed and not f.choices and not isinstance(f, DateField) and n != "pupil"
    )
    said = {name: "Typed already"}
    if cls is m.Letter:
        said["dated"] = ""  # it begins with today
    page = senco.submit(senco.page(f"/{cls.slug()}/new/{where}"), 422, **said)
    needed = {n for n, f in cls.questions() if f.ask.needed is True and n != "pupil"}
    assert needed <= {where for where, _ in page.problems} <= {*page.ids, ""}
    assert page.said(name) == "Typed already"
    assert dump(but=[people.Draft]) == before


# --- mistakes
@each(
    "typed",
    (
        "31/2/2026",
        "yesterdayish",
        "32/13/26",
        "2026-13-45",
        "1/1/1",
        "29 February 2027",
        "+",
        "+99999999999w",
        "0",
        "٣/٧/٢٦x",
    ),
)
def test_a_wrong_date_stays_in_its_box_with_what_to_type(senco, concern, typed):
    """In the form and in a line; nothing is saved, all else that was typed is kept."""
    before = dump(but=[people.Draft])
    page = senco.submit(
        senco.page(edit(concern)), 422, raised_on=typed, attainment__0__on=typed, strengths="Kept"
    )
    assert (page.said("raised_on"), page.said("attainment-0-on"), page.said("strengths")) == (
        typed,
        typed,
        "Kept",
    )
    linked = {where for where, words in page.problems if "Type a date such as" in words}
    assert "?:" not in page.text
    assert linked == {"raised_on", "attainment-0-on"} and linked <= set(page.ids)
    assert dump(but=[people.Draft]) == before


HOSTILE = (
    "",
    " ",
    "x" * 300,
    "x" * 21_000,
    "a\0b",
    "\u202eevil",
    "e\u0301" * 50,
    "👩‍👩‍👧" * 20,
    "1e309",
    "NaN",
    "-Infinity",
    "-0",
    "99999999999999",
    "0x10",
    "31 February",
    "0",
    "True",
    "[]",
    "{}",
    "\r\n\r\n",
    "%00",
    "' OR 1=1 --",
    "\ud7ff\uffff",
    "0001-01-01",
    "9999-12-31",
)


@each("said", HOSTILE, ids=lambda said: ascii(said)[:24])
@each("cls", (m.RecordOfConcern, m.MyPlanPlus, m.Pupil, m.Meeting), ids=name_of)
def test_whatever_is_typed_into_every_box_is_no_error_page(school, senco, cls, said):
    """Saved, or refused with a sentence; options that are not offered are refused; unknown boxes
    are ignored (ASVS 2.2.1).
    """
    record = cls.get_by_id(key_of(school, cls))
    names = [n for n, _ in cls.questions() if n != "pupil"]
    names += [
        f"{group}-{at}-{n}"
        for group, row in cls.groups().items()
        for at in (0, 3)
        for n, _ in row.questions()
    ]
    sent = [(n, said) for n in names] + [
        ("unknown", said),
        ("more", said),
        ("version", str(record.version)),
        ("strengths", said),
    ]
    response = senco.post(edit(record), sent)
    assert response.status_code in (200, 302, 422)
    if response.status_code == 422:
        page = senco.read(response, 422)
        assert {where for where, _ in page.problems} <= {*page.ids, ""}
    fresh = cls.get_by_id(record.id)
    for name, asked in cls.questions():
        if asked.choices and getattr(fresh, name):
            assert set(getattr(fresh, name).split("\n")) <= {code for code, _ in asked.choices}, (
                name
            )


def test_an_answer_that_is_not_offered_is_refused(senco, concern):
    """One choice, several choices, a choice of a line."""
    for name in ("consent", "areas", "used-0-effect"):
        response = senco.post(
            edit(concern),
            [("version", str(concern.version)), ("used-0-strategy", "x"), (name, "Everything")],
        )
        assert response.status_code == 422, name


# --- two people at once
def test_a_paper_that_was_sealed_meanwhile_does_not_change(senco, concern):
    """The form was open when the paper was agreed."""
    page = senco.page(edit(concern))
    with audit_log.acting_as("The tests"):
        m.RecordOfConcern.get_by_id(concern.id).seal("The SENCO")
    sealed = m.RecordOfConcern.get_by_id(concern.id)
    page = senco.submit(page, 422, strengths="Too late")
    assert "is sealed by The SENCO" in page.text and page.said("strengths") == "Too late"
    assert m.RecordOfConcern.get_by_id(concern.id).__data__ == sealed.__data__


def test_a_complete_paper_that_loses_a_needed_answer_is_a_draft_again(school, senco):
    paper = m.ParentInformation.get_by_id(key_of(school, m.ParentInformation))
    m.ParentInformation.update(status="complete").where(
        m.ParentInformation.id == paper.id
    ).execute()
    senco.submit(senco.page(edit(paper)), household="Two")
    assert m.ParentInformation.get_by_id(paper.id).status == "complete"
    senco.submit(senco.page(edit(paper)), told_by="")
    assert m.ParentInformation.get_by_id(paper.id).status == "draft"


def test_two_new_papers_of_the_same_kind_become_one(school, senco):
    """Two windows, both “new”: the second is shown the first, keeps its words, and there is one
    paper.
    """
    url = f"/my-plan/new/?pupil={school.robin.id}"
    one, two = senco.page(url), senco.page(url)
    senco.submit(one, every_day="First words")
    page = senco.submit(two, 422, every_day="Second words")
    assert "First words" in page.text and page.said("every_day") == "Second words"
    assert m.MyPlan.select().where(m.MyPlan.pupil == school.robin).count() == 1
    senco.submit(page)
    assert [p.every_day for p in m.MyPlan.select().where(m.MyPlan.pupil == school.robin)] == [
        "Second words"
    ]
    assert senco.page(url).response.request.path.endswith("/edit/")


def test_a_move_that_is_pressed_twice_is_made_once(school, senco):
    """The same page sent twice: one placement."""
    page = senco.page(f"/pupil/{school.robin.id}/move/place-on-concerns-list/")
    path, typed = "//main//form", {"raised_by": "Teacher", "areas": m.AREAS[0]}
    for _ in range(2):
        senco.submit(page, path=path, button=None, **typed)
    assert m.Placement.select().where(m.Placement.pupil == school.robin).count() == 1


# --- lists, search, spreadsheet
ODD = (
    {"page": "99999999999999999999"},
    {"page": "-5"},
    {"page": "x"},
    {"sort": "password"},
    {"sort": "-' OR 1=1"},
    {"sort": "pupil"},
    {"sort": "-"},
    {"f0": "' OR 1=1 --"},
    {"f0": "\0"},
    {"f99": "Yes"},
    {"search": "%"},
    {"search": "_" * 500},
    {"search": "\0"},
    {"search": "' OR '1'='1"},
    {"page": "1", "sort": "-id", "search": "é", "f1": "Yes"},
)


def test_odd_wishes_for_a_list_are_no_error(school, senco):
    """Pages that are not there, columns that are not shown, filters that do not exist."""
    found = []
    for endpoint, rule in rules(school.app, "POST"):
        if endpoint.endswith(".index_view") and class_of(endpoint):
            often = class_of(endpoint) in (m.Pupil, m.RecordOfConcern, m.Placement, m.Provision)
            for said in ODD if often else ODD[::4]:
                status = senco.post(str(rule), said).status_code
                found += [f"{status}: {rule} {said}"] if status not in (200, 302, 403, 404) else []
            status = senco.send("GET", str(rule), query_string=ODD[0] | ODD[3]).status_code
            found += [f"{status}: {rule} by GET"] if status not in (200, 302, 403, 404) else []
    for address in (
        "/audit/?page=99999999999999999999",
        "/audit/?page=-1",
        "/audit/?pupil=99999999999999999999",
        "/audit/?pupil=x",
        "/record-of-concern/new/?pupil=99999999999999999999",
        "/strategy/new/?pupil=x",
    ):
        status = senco.get(address).status_code
        found += [f"{status}: {address}"] if status not in (200, 404) else []
    assert not found, "\n".join(found)


def test_what_is_searched_for_stands_in_no_address(school, senco):
    """Names travel in the form: not in the address of the answer, of a page, of a sorting, of the
    spreadsheet (ASVS 14.2.1).
    """
    surname = school.mine.surname
    with audit_log.acting_as("The tests"):
        # the only hit would open
        m.Pupil.create(
            surname=f"{surname}ton", forename="Another", dob=school.mine.dob, year="4", form="4C"
        )
    page = senco.submit(
        senco.page("/pupil/"), path="//form[@id='filter']", button=None, search=surname
    )
    assert page.response.request.full_path.startswith("/pupil/?find=")
    assert page.one("//input[@id='q']/@value") == surname and school.mine.forename in page.text
    assert not [a for a in page.addresses() if surname.lower() in a.lower()]
    assert MARKS["other"] not in page.text
    find = "//form[@role='search'][@method='post']"
    page = senco.submit(senco.page("/"), path=find, button=None, search=surname)
    assert (
        page.response.request.full_path.startswith("/pupil/?find=")
        and school.mine.forename in page.text
    )


def test_a_list_is_sorted_filtered_and_turned_over_without_javascript(school, senco):
    """By the links of the list itself, which keep the search."""
    with audit_log.acting_as("The tests"):
        for number in range(60):
            m.Pupil.create(
                surname=f"Zz{number:02}",
                forename="Many",
                dob=school.mine.dob,
                year="4",
                form="4C",
                sex="M",
            )
    page = senco.submit(
        senco.page("/pupil/"), path="//form[@id='filter']", button=None, search="Many", f0="M"
    )
    assert "60 found" in page.text and "Zz00" in page.text and "Zz30" not in page.text
    (turned,) = page.all("//main//a[@class='sort' and .='Surname']/@href")
    page = senco.page(page.all("//nav[@aria-label='Pages']//a/@href")[1])
    assert "Zz30" in page.text and "Zz00" not in page.text
    page = senco.page(senco.page(turned).all("//main//a[@class='sort' and .='Surname']/@href")[0])
    assert "Zz59" in page.text and "Zz00" not in page.text


@each(
    "start",
    ("=", "+", "-", "@", "\t=", "\r=", "=HYPERLINK(", "@SUM(", "-2+3", "'=", "|", "\ufeff="),
)
def test_no_cell_of_a_spreadsheet_is_run(school, senco, concern, start):
    """Whatever somebody typed: a cell that begins so gets a mark before it (ASVS 1.2.10)."""
    m.RecordOfConcern.update(strengths=f"{start}1+1", raised_by=f"{start}A1").where(
        m.RecordOfConcern.id == concern.id
    ).execute()
    m.Pupil.update(surname=f"{start}1+1", alert=f" {start}1").where(
        m.Pupil.id == school.mine.id
    ).execute()
    for cls in (m.RecordOfConcern, m.Pupil, m.Strategy, m.KeyConcern):
        head, *lines = csv.reader(
            io.StringIO(
                senco.post(f"/{cls.slug()}/spreadsheet/")
                .get_data(as_text=True)
                .removeprefix("\ufeff")
            )
        )
        bad = [
            cell
            for line in (head, *lines)
            for cell in line
            if re.match(r"[\s\ufeff\0]*[=+\-@\t\r]", cell)
        ]
        assert not bad, f"{cls.__name__}: {bad}"


def test_what_cannot_be_seen_is_not_kept():
    """Control characters, halves of characters and marks that turn the direction round never reach
    a record.
    """
    assert forms.clean(" A\0n\x1bn\ud800\u202ee\r\n\tB\u0301 ") == "Anne\n\tB\u0301"
    assert forms.clean("\0 \x07") is None


# --- few keys
def test_the_next_new_child_keeps_year_and_class(senco):
    """“Save and add another” leads to an empty form with what the next child is likely to share."""
    child = {"surname": "Examplebrook", "forename": "Robin", "dob": "3/7/2017", "year": "3"}
    new = senco.page("/pupil/new/")
    page = senco.submit(new, button=("do", "another"), form="3B", **child)
    assert m.Pupil.get(m.Pupil.surname == "Examplebrook", m.Pupil.forename == "Robin").form == "3B"
    said = [page.said(name) for name in ("surname", "dob", "year", "form")]
    assert said == ["", "", "3", "3B"]
    assert senco.page("/pupil/new/").said("form") == ""


def test_a_class_is_spelt_as_by_those_who_are_in_it(senco):
    """Else its sheet, or the page of leavers, would leave the child out; a class is renamed all
    the same.
    """
    child = {"surname": "Examplebrook", "forename": "Wren", "dob": "3/7/2018", "year": "3"}
    senco.submit(senco.page("/pupil/new/"), form=" 3 b", **child)
    wren = m.Pupil.get(m.Pupil.surname == "Examplebrook", m.Pupil.forename == "Wren")
    assert wren.form == "3B"
    for typed, kept in (("3 B", "3 B"), ("Oak", "Oak")):
        senco.submit(senco.page(edit(wren)), form=typed)
        assert m.Pupil.get_by_id(wren.id).form == kept


def test_what_is_seldom_asked_is_folded_until_it_is_answered(senco, school):
    """An answer of before, and a mistake, are never out of sight."""
    folded = forms.parts_of(m.Pupil.layout()[0][1])[1]
    assert [name for name, _ in folded] == ["known_as", "former_upn", "alert"]
    assert '<div class="part full rest">' in senco.page("/pupil/new/").source
    page = senco.submit(senco.page("/pupil/new/"), forename="Robin", known_as="x" * 300, status=422)
    assert '<div class="part full rest open">' in page.source


def test_a_question_that_belongs_to_an_answer_comes_with_it(senco, concern):
    """Without JavaScript the server opens it, once the answer is sent."""
    fold = """data-when='[{"consent": "not reached"}]'"""
    more = ("more", "used")
    page = senco.submit(senco.page(edit(concern)), button=more, consent="given", not_reached="")
    assert f"{fold} open" not in page.source
    page = senco.submit(page, button=more, consent="not reached")
    assert f"{fold} open" in page.source


def test_the_broad_areas_nobody_ticks_are_those_of_the_key_concerns(senco, concern):
    m.RecordOfConcern.update(areas=None).execute()
    said = {"key_concerns-0-what": "Loses the thread", "key_concerns-0-area": m.AREAS[1]}
    senco.submit(senco.page(edit(concern)), **said)
    assert m.RecordOfConcern.get_by_id(concern.id).areas == m.AREAS[1]


def test_who_teaches_raises_the_concern_today(school):
    """The SENCO writes for others: name and day are asked."""
    teacher = (school.teacher.name, dates.today())
    for user, filled in ((school.teacher, teacher), (school.senco, (None, None))):
        form, _ = w.start_form(m.RecordOfConcern, school.robin, user)
        assert (form.raised_by, form.raised_on) == filled


def test_the_only_parent_is_taken_to_tell_and_the_form_asks_to_check_it(school, senco):
    """Of two parents nobody knows which; somebody who may not be written to is none."""
    new = f"/parent-information/new/?pupil={school.robin.id}"
    assert senco.page(new).said("told_by") == ""
    mother = m.Contact.create(
        pupil=school.robin, name="Ash Elm", relationship="Mother", lives_with="Yes"
    )
    m.Contact.create(pupil=school.robin, name="Pat Elm", responsibility="Yes", may_contact="No")
    page = senco.page(new)
    assert (page.said("told_by"), page.said("relationship")) == ("Ash Elm", "Mother")
    marked = "//*[contains(@class, 'hint')][contains(., 'please check')]/@id"
    refused = senco.submit(page, 422, happened_on="31 June", relationship="Stepmother")
    for shown in (page, refused):
        assert shown.all(marked) == ["told_by-hint", "relationship-hint"]
    m.Contact.create(pupil=school.robin, name="Kim Elm", responsibility="Yes")
    for form_class in (m.ChildStory, m.FamilyThinks):
        begun = w.start_form(form_class, school.robin, school.senco)[0]
        assert begun.told_by is None
    mother.delete_instance()
    assert w.start_form(m.ChildStory, school.robin, school.senco)[0].told_by == "Kim Elm"


def test_who_has_told_one_form_of_the_cycle_is_taken_to_tell_the_next(school, cast):
    for name in ("Ash Elm", "Kim Elm"):
        m.Contact.create(pupil=school.robin, name=name, responsibility="Yes")
    take_to(school.robin, "S3", school.senco)
    write(m.ParentInformation, school.robin, school.senco, told_by="Kim Elm")
    assert w.start_form(m.FamilyThinks, school.robin, school.senco)[0].told_by == "Kim Elm"
    write(m.ChildStory, school.robin, school.senco, told_by="Ash Elm")
    assert w.start_form(m.FamilyThinks, school.robin, school.senco)[0].told_by is None


def test_the_people_of_the_record_are_offered_while_typing(senco, concern):
    m.Contact.create(pupil=concern.pupil, name="Ash Examplebrook")
    assert '<option value="Ash Examplebrook">' in senco.page(edit(concern)).source


# --- same as last time
def test_only_words_are_carried_from_the_last_record():
    carried = []
    for record_class in m.every():
        for name in offers.carried_by(record_class):
            asked = record_class._meta.fields[name]
            assert isinstance(asked, CharField | TextField) and not asked.choices, name
            assert not asked.ask.is_time, name
            carried.append(name)
    assert {"present", "household", "service"} <= set(carried)
    assert not {"told_by", "consent", "may_contact", "on", "rating"} & set(carried)
