"""Children who were on the school's register before the portal (T16a): one at a time, many on one
page, and from the file of the school's system.
"""

import datetime
import io

import pytest
import web
from conftest import TODAY, dump, home_tasks, press
from werkzeug.datastructures import MultiDict

import models as m
import workflow as w
from admin_views import pupil as pupil_page
from admin_views import pupil_import
from audit import log as audit_log

D = datetime.date
SINCE = D(2024, 9, 5)
BEFORE = {move.to: move.name for move in w.MOVES if move.on_paper}
LAST = TODAY - datetime.timedelta(weeks=3)
LONG_AGO = TODAY - datetime.timedelta(weeks=30)
PLANNED = TODAY + datetime.timedelta(days=10)


def enter(stage, pupil, user, **said):
    said = {"since": SINCE, "plan_on": LAST, "sen_type": "SLCN", **said}
    asked = w.move_named(BEFORE[stage]).asks
    said = {name: value for name, value in said.items() if name in asked}
    return press(BEFORE[stage], pupil, user, **said)


def closes(placement):
    return w.clock_of(placement, TODAY).closes


def full_window(stage, start):
    placed = m.Placement(stage=stage, started_on=start)
    return w.clock_of(placed, TODAY).closes


# --- one child
@pytest.mark.parametrize("stage", BEFORE)
def test_a_child_begins_where_the_register_has_them(robin, cast, stage):
    placed = enter(stage, robin, cast.senco, cycle=4)
    assert (placed.stage, placed.started_on, placed.stage_since) == (stage, SINCE, SINCE)
    assert placed.cycle == 4
    (row,) = m.ListMembership.select()
    assert (row.list, row.started_on, row.ended_on) == (w.STAGES[stage].list, SINCE, None)
    assert m.Letter.select().count() == 0


@pytest.mark.parametrize("stage", BEFORE)
@pytest.mark.parametrize(
    "said, start, planned",
    [
        ({}, TODAY, None),
        ({"last_review": LAST}, LAST, None),
        ({"last_review": LONG_AGO}, TODAY, None),
        ({"last_review": LONG_AGO, "next_review": PLANNED}, None, PLANNED),
        ({"next_review": TODAY}, None, TODAY),
    ],
)
def test_the_next_review_is_planned_or_one_window_away(robin, cast, stage, said, start, planned):
    if stage == "E":
        start = start and said.get("last_review", LAST)
    placed = enter(stage, robin, cast.senco, **said)
    assert closes(placed) == (planned or full_window(stage, start))
    assert w.clock_of(placed, TODAY).state != "overdue"


@pytest.mark.parametrize("stage", BEFORE)
def test_nothing_is_late_because_of_the_past(robin, cast, stage):
    enter(stage, robin, cast.senco, cycle=9)
    ctx = w.PupilContext(robin, cast.senco)
    assert w.advice(ctx) == []
    for _, task in home_tasks(cast.senco):
        assert task.due >= TODAY, task.what


@pytest.mark.parametrize("stage", BEFORE)
def test_it_is_taken_back_whole(robin, cast, stage):
    enter(stage, robin, cast.senco, second_type="MLD")
    press("Entered in error", robin, cast.senco)
    assert m.Placement.stage_of(robin) == "NONE"
    assert robin.open_types() == []
    assert all(row.void for row in m.ListMembership.select())
    assert m.EhcCase.select().count() == 0
    assert enter(stage, robin, cast.senco).stage == stage


@pytest.mark.parametrize(
    "said, asked",
    [
        ({"last_review": D(2024, 9, 4)}, "last_review"),
        ({"next_review": TODAY - datetime.timedelta(1)}, "next_review"),
        ({"next_review": TODAY + datetime.timedelta(weeks=60)}, "next_review"),
        ({"plan_on": D(2024, 9, 5)}, "next_review"),
        ({"last_review": D(2025, 9, 5)}, "next_review"),
        ({"second_type": "SLCN"}, "second_type"),
        ({"cycle": 1.5}, "cycle"),
    ],
)
def test_what_cannot_be_is_refused_where_it_was_said(robin, cast, said, asked):
    with pytest.raises(w.Refused) as refused:
        enter("E", robin, cast.senco, **said)
    assert [stop.to for stop in refused.value.stops] == [asked]
    assert m.Placement.select().count() == 0


def test_no_stage_began_before_the_child_was_born(robin, cast):
    with pytest.raises(w.Invalid) as refused:
        enter("S2", robin, cast.senco, since=D(2014, 1, 1))
    assert [name for name, _ in refused.value.errors] == ["since"]


def test_two_types_stand_with_their_rank_and_start(robin, cast):
    enter("S2", robin, cast.senco, second_type="MLD")
    found = [(need.code, need.rank, need.since) for need in robin.open_types()]
    assert found == [("SLCN", 1, SINCE), ("MLD", 2, SINCE)]


def test_the_page_of_the_move_promises_no_letter_and_no_other_day(robin, cast):
    at = w.PupilContext(robin, cast.senco)
    words = " ".join(pupil_page.will_do(w.move_named(BEFORE["S2"]), at))
    assert "No letter is written" in words and "Made today" not in words


# --- many on one page
PAGE = "/starting-register/"
TYPES = ("SLCN", "MLD", "SEMH", "ASD")


def a_class(count=32):
    """Children of class 9Z, who are on no stage yet."""
    found = []
    for number in range(count):
        born = D(2016, 9, 1 + number % 28)
        pupil = m.Pupil(surname=f"Paper{number:02}", forename="Kit", dob=born, year="5", form="9Z")
        with audit_log.acting_as("The tests"):
            pupil.save()
        found.append(pupil)
    return found


def line(pupil, stage, **said):
    """What is typed into one line."""
    main = "" if stage == "S1" else "SLCN"
    typed = {"stage": stage, "since": "5/9/2024", "seen": "0", "sen_type": main, "second_type": ""}
    typed.update(said)
    return {"pupil": pupil.id, **{f"p{pupil.id}-{name}": said for name, said in typed.items()}}


def sheet_of(*lines):
    """The lines of a page as the browser sends them."""
    sent = [("show", "class 9Z")]
    for one in lines:
        sent += one.items()
    return sent


def send(browser, *lines, press="a-press-of-this-page"):
    return browser.post(PAGE, data=MultiDict([*sheet_of(*lines), ("press", press)]))


@pytest.fixture
def senco(empty_portal, cast):
    return web.enter(empty_portal, cast.senco)


@pytest.fixture
def asked(monkeypatch):
    """The statements that the database is sent."""
    sent = []
    real = audit_log.db.obj.execute_sql

    def note(*given, **more):
        sent.append(given[0])
        return real(*given, **more)

    monkeypatch.setattr(audit_log.db.obj, "execute_sql", note)
    return sent


def test_only_the_senco_enters_the_register(empty_portal, cast):
    for role, code in (("senco", 200), ("office", 403), ("teacher", 403), ("head", 403)):
        assert web.enter(empty_portal, getattr(cast, role)).get(PAGE).status_code == code


def test_a_whole_class_goes_live_on_one_page(empty_portal, senco, cast, asked):
    stages = ("S1", "S2", "S3", "E")
    pupils = a_class()
    lines = []
    for number, pupil in enumerate(pupils):
        said = {"plan_on": "1/10/2026", "authority": "Anytown"} if number % 4 == 3 else {}
        if number % 3 == 1:
            said["last_review"] = "2/11/2026"
        lines.append(line(pupil, stages[number % 4], **said))
    asked.clear()
    page = web.Page(senco.get(f"{PAGE}?show=class 9Z"))
    assert len(asked) <= 12, asked
    assert len(page.response.data) < 100_000
    assert page.faults() == []
    asked.clear()
    answer = send(senco, *lines)
    assert len(asked) < 55 * len(pupils)
    assert answer.status_code == 302 and "Paper" not in answer.location
    assert m.Letter.select().count() == 0
    tomorrow = TODAY + datetime.timedelta(1)
    due = {}
    for group, task in home_tasks(cast.senco):
        assert task.due >= tomorrow, task.what
        due.setdefault(task.pupil_id, []).append((group, task.what))
    for number, pupil in enumerate(pupils):
        stage = stages[number % 4]
        assert m.Placement.stage_of(pupil) == stage
        on_list = m.ListMembership.get(m.ListMembership.pupil == pupil)
        assert (on_list.list, on_list.started_on) == (w.STAGES[stage].list, SINCE)
        assert len(due[pupil.id]) == 1, due[pupil.id]
        step = web.Page(senco.get(f"/pupil/{pupil.id}/")).one("//*[@class='do']/a")
        assert senco.get(step.get("href")).status_code == 200
    census = [w.STAGES[m.Placement.stage_of(pupil)].census for pupil in pupils]
    assert [census.count(code) for code in "NKE"] == [8, 16, 8]


def test_a_second_press_and_a_second_visit_enter_nobody_twice(senco, cast):
    first, second = a_class(2)
    assert send(senco, line(first, "S2")).status_code == 302
    kept = dump()
    assert send(senco, line(first, "S2")).status_code == 302
    assert dump() == kept
    page = web.Page(senco.get(f"{PAGE}?show=class 9Z"))
    assert page.all(f"//*[@name='p{first.id}-stage']") == []
    assert len(page.all(f"//*[@name='p{second.id}-stage']")) == 1
    assert "Stage 2 (My Plan), since 5 Sep 2024" in page.text
    again = send(senco, line(first, "S3"), press="another-press-of-it")
    assert again.status_code == 422 and "is on Stage 2 (My Plan) already" in again.text


def test_a_wrong_line_is_told_and_nothing_is_half_saved(senco, cast):
    pupils = a_class(6)
    kept = dump(but=("audit_entry",))
    answer = send(
        senco,
        line(pupils[0], "S2"),
        line(pupils[1], "", since="", sen_type=""),
        line(pupils[2], "E", authority="Anytown"),
        line(pupils[3], "S2", last_review="1/9/2024", sen_type="MLD"),
        line(pupils[4], "", sen_type=""),
        line(pupils[5], "S1", since="soon"),
    )
    assert answer.status_code == 422
    assert dump(but=("audit_entry",)) == kept
    page = web.Page(answer)
    told = [(box.partition("-")[2], words.partition(",")[0]) for box, words in page.problems]
    assert told == [
        ("plan_on", "Paper02"),
        ("last_review", "Paper03"),
        ("stage", "Paper04"),
        ("since", "Paper05"),
    ]
    for box, _ in page.problems:
        assert box in page.ids
    assert page.one(f"//*[@id='p{pupils[5].id}-since']").get("value") == "soon"
    chosen = page.one(f"//*[@id='p{pupils[3].id}-sen_type']/option[@selected]")
    assert chosen.get("value") == "MLD"


# --- from the file of the school's system
HEADS = "Surname,Forename,DOB,Year,Reg,SEN Status,SEN Need(s),SEN Start Date"


def bring(browser, *rows):
    """Import a file; the preview and what followed."""
    data = "\n".join([HEADS, *rows]).encode()
    sent = {"file": (io.BytesIO(data), "pupils.csv")}
    there = browser.post("/import/", data=sent, content_type="multipart/form-data").location
    look = web.Page(browser.get(there))
    code = look.one("//input[@name='seen']").get("value")
    return look, browser.post(f"{there}import/", data={"seen": code})


ROWS = (
    "Reed,Kit,4/6/2016,5,9Z,K - SEN support,SLCN; MLD,05/09/2024",
    'Reed,Ann,4/7/2016,5,9Z,EHCP,"Speech, language and communication needs",05/09/2024',
    "Reed,Jo,4/8/2016,5,9Z,No Special Educational Need,,",
    "Reed,Max,4/8/2016,5,9Z,,,",
)


def test_an_import_proposes_and_the_senco_confirms(empty_portal, senco, cast):
    look, after = bring(senco, *ROWS)
    assert (
        "For the register: Stage 2 (My Plan), since 5 Sep 2024, SLCN, MLD. The SENCO confirms it."
        in look.text
    )
    assert look.text.count("For the register") == 2
    assert after.location == f"{PAGE}?show=import"
    assert m.Placement.select().count() == 0 and m.SenNeed.select().count() == 0
    page = web.Page(senco.get(after.location))
    assert page.faults() == []
    kit, ann = (m.Pupil.get(m.Pupil.forename == name) for name in ("Kit", "Ann"))
    step = web.Page(senco.get(f"/pupil/{kit.id}/")).one("//*[@class='do']/a")
    assert step.text == "On our register before: My Plan"
    known = web.Page(senco.get(step.get("href")))
    assert [known.said(name) for name in ("since", "second_type")] == ["05/09/2024", "MLD"]
    form = page.form("//main//form[@novalidate]")
    sent = dict(web.values_of(form))
    assert sent[f"p{kit.id}-stage"] == "S2" and sent[f"p{ann.id}-stage"] == "E"
    said = {f"p{ann.id}-plan_on": "1/10/2026", f"p{ann.id}-authority": "Anytown"}
    filled = [(name, said.get(name, value)) for name, value in web.values_of(form)]
    assert senco.post(PAGE, data=MultiDict(filled)).status_code == 302
    assert [m.Placement.stage_of(pupil) for pupil in (kit, ann)] == ["S2", "E"]
    types = [(need.code, need.rank, need.since) for need in kit.open_types()]
    assert types == [("SLCN", 1, SINCE), ("MLD", 2, SINCE)]
    assert m.Letter.select().count() == 0


def test_the_office_imports_and_the_senco_is_left_to_confirm(empty_portal, cast):
    browser = web.enter(empty_portal, cast.office)
    _, after = bring(browser, *ROWS)
    assert after.location == "/pupil/"
    assert "on no stage here: 2. The SENCO finds them" in browser.get("/pupil/").text
    assert m.Placement.select().count() == 0


def test_a_later_import_changes_no_stage_and_proposes_nobody_twice(senco, cast):
    bring(senco, *ROWS)
    kit = m.Pupil.get(m.Pupil.forename == "Kit")
    with audit_log.acting_as("The tests"):
        enter("S3", kit, cast.senco)
    look, _ = bring(senco, ROWS[0].replace("SLCN; MLD", "ASD"))
    assert "On Stage 3 (My Plan+) already; the stage stays." in look.text
    assert m.Placement.stage_of(kit) == "S3"
    assert [need.code for need in kit.open_types()] == ["SLCN"]
    page = web.Page(senco.get(f"{PAGE}?show=import"))
    assert "Reed, Ann" in page.text and "Reed, Kit" not in page.text


@pytest.mark.parametrize(
    "cell, code",
    [
        ("K", "K"),
        ("k - SEN Support", "K"),
        ("SEN support (K)", "K"),
        ("Education, Health and Care Plan", "E"),
        ("E - EHC plan", "E"),
        ("No special educational need", "N"),
        ("N", "N"),
    ],
)
def test_the_words_of_school_systems_for_the_status_are_understood(cell, code):
    assert pupil_import.convert(m.Pupil.sen_status, cell) == code


@pytest.mark.parametrize(
    "cell, codes",
    [
        ("SLCN; MLD", "SLCN MLD"),
        ("mld,slcn", "MLD SLCN"),
        ("Speech, Language and Communication Needs", "SLCN"),
        ("SEMH - Social, emotional and mental health", "SEMH"),
        ("SpLD/ASD", "SPLD ASD"),
    ],
)
def test_the_needs_are_understood_in_their_order(cell, codes):
    assert pupil_import.convert(m.Pupil.sen_types, cell).split("\n") == codes.split()


def test_a_status_of_former_days_is_refused_with_the_answers():
    with pytest.raises(ValueError, match="write one of: N, K, E"):
        pupil_import.convert(m.Pupil.sen_status, "School Action Plus")
