"""Every kind of page and state is free of accessibility faults that a machine can find, in light
and in dark, and the browser complains of nothing (a blocked script or style included). What a
machine cannot find is in test_keyboard.py.
"""

import datetime
import itertools

import pytest
from axe_playwright_python.base import AXE_SCRIPT
from conftest import TODAY
from web import Browser, reached

import models as m
import people
import workflow as w
from admin_views import merge
from admin_views.account import views as account
from audit import log as audit_log
from browser.screen import PASSWORD
from records import questions as q

ALL = {
    "runOnly": {
        "type": "tag",
        "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
    },
    "rules": {"target-size": {"enabled": True}},
    "resultTypes": ["violations"],
    "preload": False,
}
COLOURS = {
    "runOnly": {"type": "rule", "values": ["color-contrast", "link-in-text-block"]},
    "resultTypes": ["violations"],
    "preload": False,
}
RUN = """async options => {
  const found = await axe.run(options);
  const where = n => n.target.join(' ') + '  ' + n.html.slice(0, 160);
  const told = v => [v.id + ': ' + v.help, ...v.nodes.slice(0, 4).map(where)].join('\\n    ');
  return found.violations.map(told);
}"""
UNFOLD = """() => document.querySelectorAll('main details:not(.menu)').forEach(part => {
  part.open = true;
})"""
# Empty the boxes of the page's own form, and mark the button that sends it.
EMPTIED = """() => {
  const button = document.querySelector(
    'main form[method=post]:has(.field, .table input) .button:not(.second, .danger)');
  if (!button) return false;
  button.dataset.sent = '';
  button.form.querySelectorAll('input:not([type=hidden]), textarea').forEach(box => {
    if (/radio|checkbox/.test(box.type)) box.checked = false; else box.value = '';
  });
  return true;
}"""
USUAL = {"width": 1280, "height": 720}
# a phone, and the least window in which tables keep their columns
NARROW = [{"width": 320, "height": 640}, {"width": 641, "height": 640}]
SENCO, OFFICE = "senco", "office"


# --- looking
TESTS = itertools.count()


@pytest.fixture(scope="module")
def windows(served, chromium):
    """A window for each person, signed in at the first need and kept for the whole file."""
    kept = {}
    yield kept
    served.screens.extend(kept.values())
    served.close_screens()


@pytest.fixture
def look(served, chromium, children, windows, the_day):
    """Open an address as somebody and check the page; time goes on from test to test, so that
    nobody is signed out.
    """
    the_day.move_to(
        datetime.datetime(*TODAY.timetuple()[:3], 10, tzinfo=datetime.UTC)
        + datetime.timedelta(seconds=3 * next(TESTS))
    )
    used = set()

    def see(who, address=None, dark=True):
        if who not in windows:
            windows[who] = served.screen(chromium, who)
            served.screens.clear()
        screen = windows[who]
        used.add(screen)
        if address:
            screen.open(children.get(address, address))
        check(screen, dark)
        return screen

    yield see
    noise = [words for screen in used for words in screen.noise]
    for screen in used:
        screen.noise.clear()
    assert not [*served.faults, *noise], "\n".join([*served.faults, *noise])


def check(screen, dark=True, but=()):
    """Fail when the page that is shown has a fault; see faults_of."""
    found = faults_of(screen, dark, but)
    assert not found, "\n".join(found)


def faults_of(screen, dark=True, but=()):
    """What is wrong with the page that is shown, the colours in dark as well; `but` names rules
    that are left out.
    """
    screen.page.evaluate(AXE_SCRIPT)
    found = screen.page.evaluate(
        RUN, {**ALL, "rules": {**ALL["rules"], **{rule: {"enabled": False} for rule in but}}}
    )
    if dark:
        screen.page.emulate_media(color_scheme="dark")
        found += [f"in the dark: {words}" for words in screen.page.evaluate(RUN, COLOURS)]
        screen.page.emulate_media(color_scheme="light")
    return [f"{screen.page.url} ({screen.page.title()}): {words}" for words in found]


# --- every page that a link leads to
@pytest.mark.parametrize("who", q.ROLES)
def test_every_page_that_a_link_leads_to(served, look, who):
    """Fits a window of 320 and 641 pixels; as it opens and sent with nothing in it, no fault."""
    screen = look(who, "/")
    with served.database.connection_context():
        pages, found = reached(Browser(served.app, people.User.get(username=who)))
    to_send, sizes = [], list(NARROW)
    for address, is_new in pages.items():
        screen.open(address)
        found += [f"{address} is too wide at {size}" for size in sizes if is_too_wide(screen, size)]
        # the next page begins in the window of this one: each change draws a page anew
        sizes.reverse()
        if is_new:
            screen.page.set_viewport_size(USUAL)
            screen.page.evaluate(UNFOLD)
            found += faults_of(screen)
            if screen.page.evaluate(EMPTIED):
                to_send.append(address)
    screen.page.set_viewport_size(USUAL)
    for address in to_send:
        screen.open(address)
        screen.page.evaluate(EMPTIED)
        screen.click(screen.page.locator("[data-sent]"))
        if screen.page.title().startswith("Error: "):
            found += faults_of(screen, dark=False)
    assert not found, "\n".join(found)


def is_too_wide(screen, size):
    """Whether the page scrolls sideways in a window of this size."""
    screen.page.set_viewport_size(size)
    return screen.page.evaluate("document.scrollingElement.scrollWidth > innerWidth")


# --- the pages
@pytest.mark.parametrize("who", q.ROLES)
def test_home(look, who):
    """What each role sees first."""
    screen = look(who, "/")
    # the one rule that reads the style sheets (preload)
    turned = {"runOnly": {"type": "rule", "values": ["css-orientation-lock"]}}
    assert not screen.page.evaluate(RUN, turned)
    if who != q.TECHNICIAN:
        look(who, "/?group=agree").says("Everything")


@pytest.mark.parametrize(
    "who, address",
    [
        (OFFICE, "/pupil/"),
        (SENCO, "/sen-list/"),
        ("technician", "/user/"),
    ],
)
def test_lists(look, who, address):
    """A list with the menu of a row open."""
    screen = look(who, address)
    if screen.page.locator("tbody details.menu").count():
        screen.page.locator("tbody details.menu summary").first.click()
        # the open menu lies over the buttons of the next rows
        check(screen, dark=False, but=("target-size",))


def test_offers(look):
    """The box on top of every page with pupils offered beneath it, one of them chosen."""
    screen = look(OFFICE, "/pupil/", dark=False)
    screen.page.locator("#find").press_sequentially("stage")
    screen.page.locator("#find-offers li").first.wait_for()
    screen.page.keyboard.press("ArrowDown")
    # the open list lies over the links beneath it
    check(screen, but=("target-size",))


def test_list_searched(look):
    """A search that finds something, a search that finds nothing, a filter, another order."""
    screen = look(OFFICE, "/pupil/")
    for words in ("Stage", "Nobody of this name"):
        screen.page.locator("#q").fill(words)
        screen.click(screen.page.locator(".toolbar button", has_text="Apply").last)
        check(screen)
    screen.says("Nothing here fits.")
    screen.open("/pupil/")
    screen.click(screen.page.locator("a.sort").first)
    check(screen, dark=False)


@pytest.mark.parametrize(
    "kind",
    [*w.every_form(), m.Meeting, m.Consent, m.Letter, m.Document, m.Strategy, m.Pupil, m.BankEntry],
    ids=lambda c: c.__name__,
)
def test_new(look, children, kind):
    """A new form; then what it says when it is sent with nothing in it."""
    key = children["NONE"].strip("/").split("/")[1]
    screen = look(OFFICE, f"/{kind.slug()}/new/?pupil={key}", dark=False)
    for box in screen.page.locator("main input[id=happened_on]").all():
        box.fill("31 June")
    screen.press("Mark complete" if issubclass(kind, m.Form) else "Save")
    assert screen.page.title().startswith("Error: ")
    screen.says("There is a problem")
    check(screen)


def test_person(look):
    """A new person, with faults; and the page of one."""
    screen = look("technician", "/user/new/", dark=False)
    screen.press("Save")
    check(screen)
    look("technician", "user")


def test_rows(look):
    """A draft with its rows, and a line added."""
    screen = look(SENCO, "draft")
    screen.press("Edit")
    check(screen)
    screen.page.locator("button[name=more][value=key_concerns]").click()
    check(screen, dark=False)


def test_typing_that_was_not_saved(served, look, children, monkeypatch):
    """A clash, a draft that came back, the list of drafts, a crash with the words on its page, and
    a paper that was sealed meanwhile.
    """
    screen, key = (
        look(SENCO, f"{children['draft']}edit/", dark=False),
        int(children["draft"].split("/")[2]),
    )
    with served.database.connection_context(), audit_log.acting_as("Olive Office"):
        paper = m.RecordOfConcern.get_by_id(key)
        paper.strengths, line = "Sings in the choir", paper.used.get()
        paper.save()
        line.remove()
    screen.page.locator("#strengths").fill("Builds towers")
    screen.page.locator("[data-all]").check()
    screen.page.locator("#used-0-who").fill("Everybody")
    screen.press("Save draft")
    screen.says(
        "Somebody else has saved this Record of Concern since you opened it",
        "This line is taken out.",
    )
    check(screen)
    look(SENCO, f"{children['draft']}edit/").says("This is what you typed on")
    look(SENCO, "/").says("Typed and not saved")
    screen.open(f"{children['draft']}edit/")
    with monkeypatch.context() as broken:
        broken.setattr(merge, "store", lambda *given: 1 / 0)
        screen.press("Save what I have chosen")
    screen.says("Not saved. What you typed is below and not lost", "Try again")
    served.faults.clear()
    # Chromium's own line about the status 500
    screen.noise.clear()
    check(screen)
    with served.database.connection_context(), audit_log.acting_as("Sam Senco"):
        m.RecordOfConcern.get_by_id(key).seal("Sam Senco")
    look(SENCO, f"{children['draft']}edit/").says("What you typed and did not save")
    assert screen.page.get_by_label("What is going well?").input_value() == "Builds towers"
    screen.press("Throw it away")


@pytest.mark.parametrize(
    "name",
    ["draft", "complete", "sealed", "declined", "filled", "review", "case", "consent", "letter"],
)
def test_papers(look, name):
    """The page of a paper in each of its states, with its history open."""
    screen = look(SENCO, name)
    if screen.page.locator("details.card > summary").count():
        screen.page.locator("details.card > summary").click()
        check(screen, dark=False)


def test_paper_refused(look):
    """The page of a draft that cannot be agreed yet."""
    screen = look(SENCO, "review", dark=False)
    screen.press("Agree and seal")
    screen.says("There is a problem")
    check(screen)


@pytest.mark.parametrize(
    "name", ["NONE", "S1", "S2", "S3", "E", "LEFT", "OFF", "Ready", "Asked", "Case"]
)
def test_pupil(look, name):
    """A child's page on every stage, with everything open that can be opened."""
    screen = look(SENCO, name, dark=False)
    screen.page.evaluate(UNFOLD)
    check(screen)


def test_the_page_of_a_child_stays_short(served, look, children):
    """Under 3,000 pixels, however much is kept of the child; on a phone with the next step on the
    first screen.
    """
    key = int(children["Case"].split("/")[2])
    with served.database.connection_context(), audit_log.acting_as("Sam Senco"):
        for _ in range(20):
            m.Note.create(pupil=key, on=TODAY, kind="Telephone", whom="Mum", words="All is well")
            m.Meeting.create(pupil=key, kind="Team meeting", on=TODAY)
            m.Strategy.create(pupil=key, strategy="Sits near the front", since=TODAY)
    screen = look(SENCO, "Case", dark=False)
    screen.page.reload()  # folded again
    tall = "document.documentElement.scrollHeight"
    assert screen.page.evaluate(tall) < 3_000
    screen.page.set_viewport_size({"width": 390, "height": 844})
    assert screen.page.evaluate(tall) < 3_500
    assert screen.page.locator(".next .button").first.bounding_box()["y"] < 844 - 44


def test_a_phone_has_the_page_at_once(look):
    """One bar on top; menu, search and filters open with a press and go with another."""
    screen = look(OFFICE, "/pupil/", dark=False)
    screen.page.set_viewport_size({"width": 390, "height": 844})
    assert screen.page.locator(".top-row").bounding_box()["height"] < 57
    for opener, shown in (("show-menu", ".nav"), ("show-filter", "#filter")):
        part = screen.page.locator(shown)
        assert not part.is_visible()
        screen.page.locator(f"#{opener}").press("Space")
        assert part.is_visible()
        check(screen)
        screen.page.locator(f"label[for={opener}]").click()
        assert not part.is_visible()
    assert screen.page.locator("tbody tr").first.bounding_box()["y"] < 844
    screen.page.set_viewport_size(USUAL)
    assert screen.page.locator(".nav").is_visible()


def test_pupil_of_a_teacher(look):
    """A child's page as the teacher and as the head see it."""
    look("teacher", "Case", dark=False)
    look("head", "Case", dark=False)


@pytest.mark.parametrize(
    "name, slug",
    [
        ("Ready", "move-to-stage-2"),
        ("S1", "move-to-stage-2"),
        ("NONE", "start-at-stage-2"),
        ("NONE", "ehcp-issued"),
        ("Case", "new-my-plan-plus-cycle"),
        ("S2", "place-on-concerns-list"),
    ],
)
def test_move(look, children, name, slug):
    """The page of a move: possible, not possible, and with faults."""
    screen = look(SENCO, f"{children[name]}move/{slug}/")
    if screen.page.locator("main form").count():
        screen.page.locator("#on").fill("31 June")
        screen.click(screen.page.locator("main form button.button"))
        screen.says("There is a problem")
        check(screen)
    else:
        screen.says("Not possible now")


def test_questions(look, children):
    """The chart's questions one by one, and what they lead to."""
    screen = look(SENCO, f"{children['Asked']}review/")
    for answer in ("Yes", "No", "No", "Yes"):
        screen.page.get_by_role("radio", name=answer, exact=True).check()
        screen.press("Continue")
        check(screen, dark=False)
    screen.says("Outcomes achieved, but more help is needed")
    look(SENCO, f"{children['Ready']}review/")


def test_import(look):
    """Bringing in pupils: the page, without a file, the columns, the preview."""
    screen = look(OFFICE, "/import/")
    screen.press("Look at the file")
    check(screen)
    words = (
        "Surname,Forename,Date of birth,Year,Class,Shoe"
        " size\nOakley,Robin,5/5/2018,3,3B,31\nAsh,Wren,31/6/2018,3,3B,30\n"
    )
    screen.page.locator("#file").set_input_files(
        {"name": "pupils.csv", "mimeType": "text/csv", "buffer": words.encode()}
    )
    screen.press("Look at the file")
    check(screen)
    if screen.page.get_by_role("button", name="Go on to the preview").count():
        screen.page.get_by_label("Shoe size").select_option(label="Leave it out")
        screen.press("Go on to the preview")
        check(screen)


@pytest.mark.parametrize(
    "who, address",
    [
        (SENCO, "/pupil/999999/"),
        ("teacher", "/audit/"),
        (OFFICE, "/no-such-page"),
    ],
)
def test_school(look, who, address):
    """The pages that say no."""
    look(who, address)


def test_settings(look):
    """The settings, changed wrongly."""
    screen = look("technician", "/setting/")
    check(screen)
    screen.page.goto("/setting/school/")
    screen.page.locator("#holidays-0-0").fill("31 June to 1 July")
    screen.press("Save")
    screen.says("There is a problem")
    check(screen)


def test_signing_in(served, chromium, look):
    """The sign-in page, a wrong password, a dead link, and the page where somebody chooses a
    password.
    """
    stranger = served.screen(chromium, "nobody")
    stranger.page.goto("/sign-in")
    check(stranger)
    stranger.press("Sign in")
    check(stranger)
    stranger.page.goto("/set-up/no-such-link")
    check(stranger)
    with served.database.connection_context(), audit_log.acting_as("The tests"):
        link = account.give_link(people.User.get(username="head"), "new")
    stranger.page.goto(f"/set-up/{link}")
    check(stranger)
    stranger.page.get_by_label("New password", exact=True).fill("short")
    stranger.press("Save password")
    check(stranger)


def test_account(look, children):
    """Your own account: each of its pages, with and without faults."""
    screen = look("technician", "/account")
    screen.sign_in()
    for address in ("/account/password", "/account/second-step", "/account/confirm"):
        look("technician", address, dark=False)
        screen.click(screen.page.locator("main form.card button.button").first)
        check(screen)
    look("technician", f"/account/link/{children['user'].split('/')[2]}", dark=False)
    screen.page.get_by_role("radio").first.check()
    screen.press("Make a sign-in link")
    screen.says("and nobody else")
    check(screen)
    screen.open("/account/confirm")
    screen.page.get_by_label("Password").fill(PASSWORD)
    screen.press("Continue")


def test_what_is_told_of_accounts(served, look):
    """The home page of a SENCO with more notices than it shows at once; then put away."""
    with served.database.connection_context():
        head, technician = (people.User.get(username=name) for name in ("head", "technician"))
        with audit_log.acting_as(technician.name, technician.id, technician.role):
            for number in range(10):
                audit_log.audit("sign-in link made", head, reason=f"Why {number}")
    screen = look(SENCO, "/")
    screen.page.locator("#notices details summary").click()
    check(screen)
    screen.press("I have read this")
    assert not screen.page.get_by_text("made a sign-in link").count()


def test_anchor(look):
    """The line of today, a line that does not fit, one that cannot be read, one that holds."""
    screen = look(SENCO, "/audit/anchor/")
    line = screen.page.locator("main code").inner_text()
    for typed, words in (
        (line.replace("code ", "code 0000-")[:-5], "is not the one that was written down"),
        ("something else", "Type the number of rows and the code"),
        (line, "The audit trail still holds that line"),
    ):
        screen.page.locator("#line").fill(typed)
        screen.press("Look")
        screen.says(words)
        check(screen, dark=False)
