"""Two people at one form, and two presses of one button: nothing is lost unseen, and one press
makes one thing.
"""

import io
import threading

import pytest
from conftest import HANGS, START, agreed, hold_review, own_school, write
from web import Browser, Page, edit, hidden, key_of

import app as portal_module
import models as m
import people
import workflow as w
from audit import log as audit_log
from ops import backup
from records.record import Clash

each = pytest.mark.parametrize


@pytest.fixture
def pair(browser):
    """The SENCO, and the office, who is quicker."""
    return browser("senco"), browser("office")


def fresh(record):
    """The record as it is saved now."""
    return type(record).get_by_id(record.id)


# --- who changed what
# One question of each kind and one line: what was saved, and two other answers as they are typed.
KINDS = {
    "strengths": ("Was so", "Theirs", "Mine"),
    "raised_by": ("Was so", "Theirs", "Mine"),
    "raised_on": ("1/9/2026", "2/9/2026", "3/9/2026"),
    "consent": ("given", "not given", "not reached"),
    "causes": m.CAUSES[:3],
    "used__0__effect": ("-2", "0", "2"),
}
WAS, THEIRS, MINE, EMPTY = 0, 1, 2, None
# what they send, what I send, what is saved in the end when nobody is asked
CASES = {
    "nobody": (WAS, WAS, WAS),
    "me": (WAS, MINE, MINE),
    "them": (THEIRS, WAS, THEIRS),
    "both alike": (THEIRS, THEIRS, THEIRS),
    "I empty it": (WAS, EMPTY, EMPTY),
    "they empty it": (EMPTY, WAS, EMPTY),
    "both differently": (THEIRS, MINE, None),
    "I empty what they changed": (THEIRS, EMPTY, None),
    "they empty what I changed": (EMPTY, MINE, None),
}


def put(which):
    """What is typed in one box of every kind."""
    if which is EMPTY:
        return {**dict.fromkeys(KINDS, ""), "causes": []}
    return {name: versions[which] for name, versions in KINDS.items()}


def kept(record):
    """What is saved of every kind, as somebody would type it."""
    record, found = fresh(record), {}
    for name in KINDS:
        value = record.used.get().effect if "__" in name else getattr(record, name)
        found[name] = f"{value.day}/{value.month}/{value.year}" if hasattr(value, "day") else value
    return {name: value or put(EMPTY)[name] for name, value in found.items()}


def choices(page):
    """What the page of a clash asks: {the question or line: which version is chosen}."""
    boxes = page.all("//input[starts-with(@name, 'keep.')][@checked]")
    return {box.get("name").removeprefix("keep."): box.get("value") for box in boxes}


def choose(page, which):
    """The same version of all that is asked."""
    return {f"keep.{name}": which for name in choices(page)}


@each("wanted", ("mine", "theirs"))
@each("case", CASES)
def test_nothing_of_either_is_lost_or_overwritten_unseen(pair, concern, case, wanted):
    """Changed by one of us: saved at once, whatever else the other changed. By both: nothing is
    saved until I have seen both versions and chosen.
    """
    senco, office = pair
    theirs, mine, merged = CASES[case]
    senco.submit(senco.page(edit(concern)), **put(WAS))
    page = senco.page(edit(concern))
    office.submit(office.page(edit(concern)), **put(theirs), family_said="They wrote this")
    asked = case not in list(CASES)[:6]
    page = senco.submit(page, 422 if asked else 200, **put(mine), child_said="I wrote this")
    if asked:
        assert kept(concern) == put(theirs) and fresh(concern).child_said != "I wrote this"
        names = {f"used/{concern.used.get().id}" if "__" in name else name for name in KINDS}
        assert choices(page) == {**dict.fromkeys(names, "mine"), "family_said": "theirs"}
        assert page.text.count("(Office of the school, 24 Nov 2026, ") == len(KINDS) + 1
        chosen = {name: wanted for name in choose(page, wanted) if name != "keep.family_said"}
        page = senco.submit(page, **chosen)
        merged = mine if wanted == "mine" else theirs
    assert kept(concern) == put(merged)
    saved = fresh(concern)
    assert (saved.family_said, saved.child_said) == ("They wrote this", "I wrote this")
    assert "Office of the school saved this Record of Concern meanwhile" in page.text


def test_both_versions_stand_side_by_side_in_words(pair, concern):
    senco, office = pair
    mine = senco.page(edit(concern))
    office.submit(office.page(edit(concern)), consent="not given", used__0__effect="0")
    page = senco.submit(mine, 422, consent="not reached", used__0__effect="2")
    for words in ("Could not be reached", "Not given", "+2 Great help", "0 No change"):
        assert words in page.text


def test_a_third_change_is_asked_again(pair, meeting):
    """Between the question and my answer somebody saves once more."""
    senco, office = pair
    mine = senco.page(edit(meeting))
    office.submit(office.page(edit(meeting)), minutes="Theirs")
    page = senco.submit(mine, 422, minutes="Mine")
    office.submit(office.page(edit(meeting)), minutes="Theirs again")
    page = senco.submit(page, 422, **choose(page, "mine"))
    assert "Theirs again" in page.text and choices(page) == {"minutes": "mine"}
    senco.submit(page, **choose(page, "theirs"))
    assert fresh(meeting).minutes == "Theirs again"


def test_who_leaves_the_question_open_finds_it_again(pair, meeting):
    """What I typed is a draft; opening the form shows both versions again, with what I chose."""
    senco, office = pair
    mine = senco.page(edit(meeting))
    office.submit(office.page(edit(meeting)), minutes="Theirs")
    senco.submit(mine, 422, minutes="Mine")
    page = senco.page(edit(meeting))
    assert choices(page) == {"minutes": "mine"} and "Theirs" in page.text
    senco.submit(page)
    assert fresh(meeting).minutes == "Mine" and not m.Draft.select().exists()


@each("sent", ("", "nonsense", "[]", '{"minutes": [1]}', '{"people/1": {"1": 2}}', "{" * 2000))
def test_a_form_that_does_not_say_what_it_showed_is_asked_about_all_that_differs(
    pair, meeting, sent
):
    """`seen` is nonsense: no silent loss, no error page."""
    senco, office = pair
    mine = senco.page(edit(meeting))
    office.submit(office.page(edit(meeting)), minutes="Theirs")
    page = senco.submit(mine, 422, minutes="Mine", seen=sent)
    assert "Theirs" in page.text and fresh(meeting).minutes == "Theirs"


# --- the lines
def add(at, page, group="people", **given):
    """Add a line to a form and fill it in; the page as it stands, not saved."""
    number = len(page.all(f"//*[@data-rows='{group}']/fieldset"))
    page = at.submit(page, button=("more", group))
    return page, {f"{group}__{number}__{name}": value for name, value in given.items()}


@each("same", (True, False))
def test_lines_that_either_adds_stay_and_the_same_line_is_one(pair, meeting, same):
    senco, office = pair
    wanted = ["Their line"] if same else ["Their line", "My line"]
    mine, words = add(senco, senco.page(edit(meeting)), who=wanted[-1])
    theirs, their_words = add(office, office.page(edit(meeting)), who="Their line")
    office.submit(theirs, **their_words)
    senco.submit(mine, **words)
    assert [row.who for row in meeting.people][1:] == wanted


@each("wanted", ("mine", "theirs"))
@each("mine", ("leave", "change", "take out"))
@each("theirs", ("leave", "change", "take out"))
def test_every_mix_of_changes_to_a_line_loses_nothing(pair, meeting, theirs, mine, wanted):
    """Changed or taken out by one of us: so it is saved. By both, differently: both are shown."""
    senco, office = pair
    line, name = meeting.people.get(), "people__0__contribution"
    sent = {
        "leave": lambda words: {},
        "change": lambda words: {name: words},
        "take out": lambda words: {"people__0__gone": "y"},
    }
    page = senco.page(edit(meeting))
    office.submit(office.page(edit(meeting)), **sent[theirs]("Theirs"))
    asked = "leave" not in (theirs, mine) and (theirs, mine) != ("take out", "take out")
    page = senco.submit(page, 422 if asked else 200, **sent[mine]("Mine"))
    if asked:
        assert choices(page) == {f"people/{line.id}": "mine"}
        assert ("This line is taken out." in page.text) == ("take out" in (theirs, mine))
        senco.submit(page, **choose(page, wanted))
    mine_stays = theirs == "leave" or asked and wanted == "mine"
    act, words = (mine, "Mine") if mine_stays else (theirs, "Theirs")
    ends = {"leave": [line.contribution], "change": [words], "take out": []}
    assert [row.contribution for row in meeting.people] == ends[act]


def test_a_new_line_after_one_that_was_taken_out_is_another_line(pair, meeting):
    """No number is given again: what I changed in the old line does not end up in the new one."""
    senco, office = pair
    mine, key = senco.page(edit(meeting)), meeting.people.get().id
    office.submit(office.page(edit(meeting)), people__0__gone="y")
    office.submit(office.page(edit(meeting)), people__0__who="New", people__0__reply="Coming")
    assert meeting.people.get().id > key
    senco.submit(senco.submit(mine, 422, people__0__contribution="About the one before"))
    assert {row.who: row.contribution for row in meeting.people}["New"] is None
    assert meeting.people.count() == 2


def test_lines_of_both_with_links_between_them(pair, plan):
    """I link a new outcome to a need while they add another: both links lead where they did. A
    second press adds no line again.
    """
    senco, office = pair
    mine, theirs = senco.page(edit(plan)), office.page(edit(plan))
    for group in ("needs", "outcomes"):
        mine = senco.submit(mine, button=("more", group))
        theirs = office.submit(theirs, button=("more", group))
    for at, page, who in ((office, theirs, "Their"), (senco, mine, "My"), (senco, mine, "My")):
        at.submit(
            page,
            needs__1__words=f"{who} need",
            outcomes__1__words=f"{who} outcome",
            outcomes__1__need="1",
        )
    links = [(row.words, row.need.words) for row in plan.outcomes][1:]
    assert links == [("Their outcome", "Their need"), ("My outcome", "My need")]


def test_a_link_to_a_line_that_they_took_out_is_said(pair, plan):
    """The need that my new outcome points to is gone: nothing is unlinked without a word."""
    senco, office = pair
    page = senco.submit(senco.page(edit(plan)), button=("more", "needs"))
    senco.submit(page, needs__1__words="A second need")
    mine = senco.submit(senco.page(edit(plan)), button=("more", "outcomes"))
    office.submit(office.page(edit(plan)), needs__1__gone="y")
    page = senco.submit(mine, 422, outcomes__1__words="My outcome", outcomes__1__need="1")
    assert "was taken out meanwhile" in page.text and page.said("outcomes-1-words") == "My outcome"
    senco.submit(page, outcomes__1__need="0")
    assert plan.outcomes.where(m.PlusOutcome.words == "My outcome").get().need == plan.needs.get()


# --- sealed, moved or removed while editing
def test_a_paper_that_is_sealed_by_a_move_while_i_write_never_changes(school, browser):
    """A complete paper is sealed by the move; the save is refused in words, and what I typed can be
    had again.
    """
    senco, robin = browser("senco"), school.robin
    with audit_log.acting_as("The tests"):
        w.perform(
            w.move_named("Start at Stage 2"),
            robin,
            school.senco,
            {"on": START, "why_direct": "Other", "reason": "x", "sen_type": "MLD"},
        )
        paper = write(m.MyPlan, robin, school.senco)
        w.complete(paper, school.senco)
        page = senco.page(edit(paper))
        w.perform(
            w.move_named("Move to Stage 3 between reviews"),
            robin,
            school.senco,
            {"on": START, "reason": "x"},
        )
    sealed = fresh(paper)
    assert sealed.status == "sealed"
    page = senco.submit(page, 422, every_day="Typed too late")
    assert "is sealed by" in page.text and page.said("every_day") == "Typed too late"
    assert fresh(paper).__data__ == sealed.__data__ and fresh(paper).seal_holds()
    page = senco.page(edit(paper))
    assert page.h1 == "What you typed and did not save" and "Typed too late" in page.source


def test_the_chart_of_a_review_that_is_sealed_meanwhile_never_changes(school, browser):
    """The same for the chart's questions."""
    senco, robin = browser("senco"), school.robin
    with audit_log.acting_as("The tests"):
        w.perform(
            w.move_named("Place on Concerns List"),
            robin,
            school.senco,
            {"on": START, "raised_by": "x", "areas": m.AREAS[0]},
        )
        agreed(m.RecordOfConcern, robin, school.senco)
        review = write(m.ConcernReview, robin, school.senco, START)
        page = senco.page(f"/pupil/{robin.id}/review/")
        review.seal("The SENCO")
    page = senco.submit(page, 422, button=None, answer="Yes", why="Reads now")
    assert "is sealed by" in page.text and "Reads now" in page.source
    assert fresh(review).achieved is None


def test_an_answer_to_the_chart_that_somebody_gave_meanwhile_is_shown(school, browser, pair):
    """Two people at the same question: the second sees the first's answer, and keeps their own only
    by saying so again.
    """
    senco, office = pair
    where = f"/pupil/{school.mine.id}/review/?ask=achieved"
    mine, theirs = senco.page(where), office.page(where)
    office.submit(theirs, button=None, answer="No", why="Not in maths")
    review = m.MyPlanPlusReview.get_by_id(key_of(school, m.MyPlanPlusReview))
    page = senco.submit(mine, 422, button=None, answer="Yes", why="In reading")
    assert (
        "Office of the school has answered this" in page.text
        and "Not in maths" in page.text
        and "In reading" in page.source
    )
    assert fresh(review).achieved_why == "Not in maths"
    senco.submit(page, button=None)
    assert (fresh(review).achieved, fresh(review).achieved_why) == ("Yes", "In reading")


def test_a_record_that_is_removed_while_i_write_gives_the_typing_back(school, browser):
    """There is nothing to save into any more: the page says so and holds the words."""
    senco = browser("senco")
    meeting = m.Meeting.get_by_id(key_of(school, m.Meeting))
    page = senco.page(edit(meeting))
    with audit_log.acting_as("The tests"):
        for row in [*meeting.people, *meeting.actions]:
            row.remove()
        meeting.remove()
    page = senco.submit(page, 404, minutes="Typed into nothing")
    assert (
        "Not saved. What you typed is below and not lost" in page.text
        and "Typed into nothing" in page.source
    )
    assert not page.all("//main//button[text()='Try again']")


@each("cls", [m.RecordOfConcern, m.StrategyUsed], ids=lambda c: c.__name__)
@each("status", ("sealed", "declined"))
def test_no_part_of_the_program_can_change_a_sealed_paper(school, acting, concern, cls, status):
    """`save` itself refuses, for the paper and for its lines, old and new."""
    line = concern.used.get()
    (
        concern.seal("The SENCO")
        if status == "sealed"
        else m.RecordOfConcern.update(status=status)
        .where(m.RecordOfConcern.id == concern.id)
        .execute()
    )
    record = concern if cls is m.RecordOfConcern else line
    setattr(record, "strengths" if cls is m.RecordOfConcern else "who", "Changed")
    before = fresh(record).__data__
    with pytest.raises(Clash, match="sealed or declined"):
        record.save()
    with pytest.raises(Clash, match="sealed or declined"):
        m.StrategyUsed(form=concern, strategy="New").save()
    assert fresh(record).__data__ == before and concern.used.count() == 1


# --- one press, one thing
NEW = {
    m.Consent: {
        "purpose": "Referral",
        "to_whom": "Speech therapy",
        "information": "All",
        "answer_given": "Refused",
        "given_by": "Jo",
        "given_on": "today",
    },
    m.Meeting: {"kind": "Team meeting", "on": "today"},
    m.Letter: {"subject": "About", "dated": "today", "body": "Words"},
    m.Strategy: {"strategy": "A quiet corner"},
    m.Pupil: {"surname": "Twice", "forename": "Pressed", "dob": "5/5/2018", "year": "3"},
    m.MyPlan: {"every_day": "Words"},
    m.EhcCase: {"requester": "School"},
    m.Disclosure: {"kind": "other", "asked_by": "x", "asked_on": "today"},
}


@each("cls", NEW, ids=lambda c: c.__name__)
def test_a_form_that_is_sent_twice_makes_one_record_and_leads_to_it(school, browser, cls):
    """The same page sent twice, as a double click does: the second leads to what the first made,
    and is not kept as a draft.
    """
    senco, before = browser("senco"), cls.select().count()
    shown = senco.page(
        f"/{cls.slug()}/new/" + (f"?pupil={school.wren.id}" if cls is not m.Pupil else "")
    )
    first, second = (senco.submit(shown, **NEW[cls]).response.request.path for _ in range(2))
    assert cls.select().count() == before + 1 and second == people.FormToken.get().led_to
    # a new request leads on to its bundle
    assert first == second or cls is m.Disclosure
    assert not people.Draft.select().exists() and people.FormToken.select().count() == 1


@each(
    "who, cls, given",
    [
        ("technician", m.BankEntry, {"bank": "strategy", "words": "Twice"}),
        (
            "technician",
            people.User,
            {"name": "New Colleague", "username": "newcol", "role": "teacher", "account": "on"},
        ),
    ],
)
def test_the_school_s_own_records_are_made_once_too(school, browser, who, cls, given):
    at, before = browser(who), cls.select().count()
    shown = at.page(f"/{cls.slug()}/new/")
    assert len({at.submit(shown, **given).response.request.path for _ in range(2)}) == 1
    assert cls.select().count() == before + 1


def test_back_and_save_again_with_other_words_loses_neither(school, browser):
    """The page of the first press, changed and sent again: one record, and the later words wait in
    its form.
    """
    senco = browser("senco")
    shown = senco.page(f"/strategy/new/?pupil={school.wren.id}")
    senco.submit(shown, strategy="First words")
    page = senco.submit(shown, strategy="Second words")
    assert [s.strategy for s in m.Strategy.select().where(m.Strategy.pupil == school.wren)] == [
        "First words"
    ]
    assert page.response.request.path.endswith("/edit/") and page.said("strategy") == "Second words"


def test_old_presses_are_swept_away(school, browser, the_day, monkeypatch):
    """After thirty days."""
    monkeypatch.setattr(backup, "_folder", None)  # no anchors say what day it is
    senco = browser("senco")
    senco.submit(senco.page(f"/strategy/new/?pupil={school.wren.id}"), strategy="Words")
    assert people.FormToken.select().count() == 1
    the_day.shift(31 * 24 * 3600)
    later = Browser(school.app, people.User.get_by_id(school.senco.id))
    later.submit(later.page(f"/strategy/new/?pupil={school.wren.id}"), 422, since="nonsense")
    assert not people.FormToken.select().exists()


# --- twenty at once, on a real database
@pytest.fixture(scope="module")
def busy(tmp_path_factory):
    """The program on a database file of its own, where nothing is rolled back; the SENCO and a
    pupil on Stage 1 with an agreed review.
    """
    folder = tmp_path_factory.mktemp("busy")
    with own_school(folder, school_name="Busy School") as database:
        with database.connection_context(), audit_log.acting_as("The tests"):
            # twenty wait for each other
            database.pragma("busy_timeout", HANGS * 1000, permanent=True)
            senco = people.User.create(
                name="Sam Senco", username="senco", role="senco", totp="JBSWY3DPEHPK3PXP"
            )
        app = portal_module.create_app(database, folder)
        app.config["AT_ONCE"] = 100  # one person presses twenty times at once
        yield app, senco


def at_once(app, senco, path, sent, times=20):
    """Send the same form so many times at the same moment; [(status, location)]."""
    ready, answers = threading.Barrier(times), []

    def press(at):
        ready.wait()
        response = at.post(path, sent)
        answers.append((response.status_code, response.headers.get("Location")))

    threads = [threading.Thread(target=press, args=(Browser(app, senco),)) for _ in range(times)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(HANGS)
    assert len(answers) == times
    return answers


def pupil(name):
    """A pupil who was just written."""
    with audit_log.acting_as("The tests"):
        return m.Pupil.create(
            surname=name, forename="Kim", dob=START.replace(year=2018), year="3", form="3B"
        )


def test_twenty_presses_of_a_new_consent_make_one(busy):
    """One consent; every answer leads to it."""
    app, senco = busy
    with app.database.connection_context():
        child = pupil("Consented")
    path = f"/consent/new/?pupil={child.id}"
    answers = at_once(
        app, senco, path, {**NEW[m.Consent], **hidden(Browser(app, senco).page(path))}
    )
    with app.database.connection_context():
        made = list(m.Consent.select().where(m.Consent.pupil == child))
        assert len(made) == 1 and set(answers) == {(302, f"/consent/{made[0].id}/")}
        assert (
            audit_log.AuditEntry.select()
            .where(
                audit_log.AuditEntry.record == "Consent",
                audit_log.AuditEntry.act == "add",
                audit_log.AuditEntry.question == "",
            )
            .count()
            == 1
        )


def test_twenty_presses_of_a_move_make_one_placement_and_one_letter(busy):
    """Chart 1, Move to Stage 2: one event, one letter, one place on the list."""
    app, senco = busy
    with app.database.connection_context(), audit_log.acting_as("The tests"):
        child = pupil("Moved")
        w.perform(
            w.move_named("Place on Concerns List"),
            child,
            senco,
            {"on": START, "raised_by": "x", "areas": m.AREAS[0]},
        )
        agreed(m.RecordOfConcern, child, senco)
        hold_review(child, senco, "no progress")
    path = f"/pupil/{child.id}/move/move-to-stage-2/"
    answers = at_once(
        app,
        senco,
        path,
        {"on": "20/10/2026", "sen_type": "MLD", **hidden(Browser(app, senco).page(path))},
    )
    assert set(answers) == {(302, f"/pupil/{child.id}/")}
    with app.database.connection_context():
        assert [p.stage for p in m.Placement.select().where(m.Placement.pupil == child)] == [
            "S1",
            "S2",
        ]
        # one of each move, and what the review agreed
        assert m.Letter.select().where(m.Letter.pupil == child).count() == 3
        assert (
            m.ListMembership.select()
            .where(m.ListMembership.pupil == child, m.ListMembership.list == "SEN")
            .count()
            == 1
        )


def test_twenty_presses_of_a_case_step_make_one(busy):
    """One step, one event in the audit trail."""
    app, senco = busy
    with app.database.connection_context(), audit_log.acting_as("The tests"):
        case = m.EhcCase(pupil=pupil("Stepped"), requester="Parent", state="preparing")
        case.save()
    answers = at_once(
        app,
        senco,
        f"/ehc-case/{case.id}/step/",
        {"step": "Request sent", "on": "today", "seen": "1"},
    )
    assert {status for status, _ in answers} == {302}
    with app.database.connection_context():
        assert (fresh(case).state, fresh(case).version) == ("requested", 2)
        told = audit_log.AuditEntry.select().where(
            audit_log.AuditEntry.record == "EhcCase",
            audit_log.AuditEntry.act == "Request sent",
            audit_log.AuditEntry.question == "state",
        )
        assert told.count() == 1


def test_twenty_presses_of_an_import_bring_each_pupil_once(busy):
    """One import."""
    app, senco = busy
    at = Browser(app, senco)
    sent = {
        "file": (
            io.BytesIO(b"Surname,Forename,Date of birth,Year\nOnly,Once,5/5/2018,3\n"),
            "p.csv",
        ),
        "csrf_token": at.token,
    }
    preview = at.client.post("/import/", data=sent, content_type="multipart/form-data").headers[
        "Location"
    ]
    seen = Page(at.get(preview)).all("//main//form//input[@name='seen']/@value")[0]
    answers = at_once(app, senco, f"{preview}import/", {"seen": seen})
    assert {status for status, _ in answers} <= {302, 409}
    with app.database.connection_context():
        assert m.Pupil.select().where(m.Pupil.surname == "Only").count() == 1


def test_a_form_without_a_token_is_answered_on_a_connection_of_its_own(busy):
    """As it runs in a school, where nothing has opened the database before: a page that holds the
    typing, not a fault.
    """
    app, senco = busy
    at = Browser(app, senco)
    page = at.read(
        at.send("POST", "/strategy/new/", {"strategy": "Typed long ago"}, token=False), 400
    )
    assert "Not saved" in page.text and "Typed long ago" in page.source


def test_two_at_one_form_at_the_same_moment_lose_nothing(busy):
    """Twenty people each change another answer of the same settings page at once: all are saved,
    merged one after another.
    """
    app, senco = busy
    boxes = [
        n
        for n, f in m.Setting.questions()
        if n.startswith("letter_") or n in ("school_address", "school_phone", "senco_name")
    ][:10]
    pages = [(Browser(app, senco), n) for n in boxes]
    with app.database.connection_context():
        key = m.Setting.get().id
    shown = [(at, at.page(f"/setting/{key}/edit/"), n) for at, n in pages]
    found = []
    threads = [
        threading.Thread(
            target=lambda a=at, s=page, n=name: found.append(a.submit(s, **{n: f"Words of {n}"}))
        )
        for at, page, name in shown
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(HANGS)
    assert len(found) == len(boxes)
    with app.database.connection_context():
        assert {n: getattr(m.Setting.get(), n) for n in boxes} == {
            n: f"Words of {n}" for n in boxes
        }
