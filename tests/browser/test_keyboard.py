"""What a machine cannot see in a page alone: everything goes with the keyboard, the focus is always
in sight, a small window is enough.
"""

import re

import pytest

from browser.screen import PASSWORD

FOCUS = """() => {
  const at = document.activeElement, box = at.closest('.choice') || at;
  const b = box.getBoundingClientRect();
  const spots = [[.5, .5], [.1, .5], [.9, .5], [.5, .15], [.5, .85]].map(
    ([x, y]) => document.elementFromPoint(b.left + b.width * x, b.top + b.height * y));
  const around = s => s.contains(box) && s.tagName !== 'BODY' && !s.matches('.bar-actions');
  const look = getComputedStyle(box);
  const outlined = look.outlineStyle !== 'none' && parseFloat(look.outlineWidth) >= 2;
  return {
    tag: at.tagName,
    name: at.id || at.name || at.textContent.trim().slice(0, 40),
    ring: outlined || look.boxShadow !== 'none',
    seen: b.width > 0 && spots.some(s => s && (box.contains(s) || around(s))),
  };
}"""
WIDE = """() => [...document.querySelectorAll('body *')]
  .filter(e => e.getBoundingClientRect().right > innerWidth + 1)
  .filter(e => e.checkVisibility() && !e.closest('.vh, .skip'))
  .slice(0, 3).map(e => e.outerHTML.slice(0, 120))"""
MAIN = [
    "/",
    "/pupil/",
    "Case",
    "Ready",
    "Asked",
    "draft-edit",
    "sealed",
    "/sen-list/",
    "/help/",
    "/setting/",
    "/import/",
    "/audit/",
    "/account",
    "move",
    "question",
    "/record-of-concern/",
    "/placement/",
]


@pytest.fixture
def sit(school, chromium, children):
    """Sit somebody down at a window of some size; gives the window, signed in."""

    def down(who="senco", script=True, **more):
        return school.screen(chromium, who, script, **more).sign_in()

    return down


def where(children, name):
    """The address of a page by its short name."""
    return {
        "draft-edit": f"{children['draft']}edit/",
        "question": f"{children['Asked']}review/",
        "move": f"{children['Ready']}move/move-to-stage-2/",
    }.get(name) or children.get(name, name)


def tab_to(page, selector, most=150):
    """Press Tab until the focus is on what fits."""
    for _ in range(most):
        page.keyboard.press("Tab")
        if page.evaluate("what => document.activeElement.matches(what)", selector):
            return
    raise AssertionError(f"Tab does not reach {selector} on {page.url}")


def go(page, key="Enter"):
    """Press a key that leads to another page."""
    with page.expect_navigation(wait_until="domcontentloaded"):
        page.keyboard.press(key)


def test_a_move_with_the_keyboard_alone(school, chromium, children, script):
    """Sign in, find a pupil, open “More moves”, make a move: without a mouse."""
    screen = school.screen(chromium, "senco", script)
    page = screen.page
    page.goto("/sign-in")
    tab_to(page, "#user_name")
    page.keyboard.type("senco")
    tab_to(page, "#password")
    page.keyboard.type(PASSWORD)
    go(page)
    tab_to(page, "#find")
    page.keyboard.type("Wrong")
    go(page)  # the only hit opens at once
    screen.says("Wrong, Kim")
    tab_to(page, ".next details > summary")
    page.keyboard.press("Enter")
    tab_to(page, ".moves a[href*='has-left-the-school']")
    go(page)
    tab_to(page, "#destination")
    page.keyboard.type("Elm School")
    go(page)
    screen.says("Has left the school: done for Kim Wrong.")
    tab_to(page, ".next details > summary")
    page.keyboard.press("Enter")
    tab_to(page, ".moves a[href*='entered-in-error']")
    go(page)
    tab_to(page, "#reason")
    page.keyboard.type("It was another Kim")
    tab_to(page, "main form button")
    go(page, "Space")
    screen.says("Entered in error: done for Kim Wrong.")


@pytest.mark.parametrize("name", MAIN)
def test_focus_is_seen(sit, children, name):
    """Each press of Tab brings the focus to something that shows it and is not covered by
    anything.
    """
    screen, stops, faults = sit(viewport={"width": 1100, "height": 700}), 0, []
    screen.open(where(children, name))
    screen.page.evaluate(
        "() => document.querySelectorAll('main details:not(.menu)').forEach(part => { part.open ="
        " true; })"
    )
    while stops < 120:
        screen.page.keyboard.press("Tab")
        at = screen.page.evaluate(FOCUS)
        if at["tag"] == "BODY":
            break
        stops += 1
        if not (at["ring"] and at["seen"]):
            faults.append(f"{at['tag']} {at['name']}: {'hidden' if at['ring'] else 'no ring'}")
    assert not faults, "\n".join(faults)
    assert stops > 8, f"Tab stops at only {stops} places"


SHOWN = """() => {
  const list = document.querySelector('.find .offers').getBoundingClientRect();
  return list.width > 200 && list.left >= 0 && list.right <= innerWidth
    && list.top >= 0 && list.bottom <= innerHeight
    && document.scrollingElement.scrollWidth <= innerWidth;
}"""


@pytest.mark.parametrize(
    "size", [(1280, 720), (320, 640), (320, 256)], ids=["wide", "320 pixels", "400 % zoom"]
)
def test_a_pupil_is_found_and_opened_with_the_keyboard_alone(sit, children, size):
    """/ reaches the box from everywhere; what is offered stands inside the window; Escape closes
    it, and Enter opens the child who was chosen.
    """
    screen = sit(viewport=dict(zip(("width", "height"), size, strict=True)))
    page = screen.page
    screen.open("/help/")
    box, offers = page.locator("#find"), page.locator("#find-offers [role=option]")
    page.keyboard.press("/")
    page.keyboard.type("stag")
    offers.nth(1).wait_for()
    assert page.evaluate(SHOWN)
    assert box.get_attribute("aria-expanded") == "true"
    page.keyboard.press("Escape")
    assert not offers.first.is_visible() and box.input_value() == "stag"
    page.keyboard.type("e")
    offers.nth(1).wait_for()
    for key, chosen in (("ArrowDown", 0), ("ArrowDown", 1), ("ArrowUp", 0)):
        page.keyboard.press(key)
        assert offers.nth(chosen).get_attribute("aria-selected") == "true"
        assert box.get_attribute("aria-activedescendant") == f"find-offers-{chosen}"
    name = offers.first.locator("b").text_content()
    go(page)
    assert re.search(r"/pupil/\d+/$", page.url)
    screen.says(name.partition(", ")[0])


def test_the_box_of_a_form_takes_the_name_that_was_chosen(sit, children):
    screen = sit()
    screen.open("/meeting/new/")
    screen.page.locator("#pupil").press_sequentially("wro")
    screen.page.locator("#pupil-offers [role=option]").wait_for()
    screen.page.keyboard.press("ArrowDown")
    screen.page.keyboard.press("Enter")
    assert screen.page.locator("#pupil").input_value().startswith("Wrong, Kim")
    assert screen.page.url.endswith("/new/")


def test_skip_link(sit):
    """The first Tab offers to skip to the main content, and it does."""
    page = sit().page
    page.keyboard.press("Tab")
    assert page.evaluate("() => document.activeElement.textContent") == "Skip to main content"
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    assert page.evaluate("() => !!document.activeElement.closest('main')")


def test_enter_saves(sit, children, script):
    """Enter in a box saves the draft; no line is removed, added or completed by it."""
    screen = sit(script=script)
    page = screen.page
    screen.open(where(children, "draft-edit"))
    before = page.locator("fieldset.repeat").count()
    for box in ("#raised_by", "[id='used-0-strategy']", "[id='added-0-who']"):
        page.locator(box).fill(f"Typed in {box[-8:-2]}")
        page.locator(box).press("End")
        go(page)
        screen.says("Record of Concern saved.")
        assert page.locator("fieldset.repeat").count() == before
        assert page.locator(box).input_value() == f"Typed in {box[-8:-2]}"
    screen.open(children["draft"])
    screen.says("Draft")


def test_slash_and_escape(sit, children):
    """“/” goes to the search box, but is an ordinary letter in a box; Escape closes a menu and goes
    back to its button.
    """
    screen = sit()
    page = screen.page
    page.keyboard.press("/")
    assert page.evaluate("() => document.activeElement.id") == "find"
    page.keyboard.type("3/4")
    assert page.locator("#find").input_value() == "3/4"
    screen.open("/pupil/")
    tab_to(page, "tbody details.menu summary")
    page.keyboard.press("Enter")
    assert page.locator("details.menu[open]").count() == 1
    page.keyboard.press("Tab")
    page.keyboard.press("Escape")
    assert page.locator("details.menu[open]").count() == 0
    assert page.evaluate("() => document.activeElement.tagName") == "SUMMARY"


def test_problems_get_the_focus(sit, children):
    """After a fault the summary has the focus; its links lead to the boxes."""
    screen = sit()
    screen.open(where(children, "move"))
    screen.page.locator("#on").fill("31 June")
    screen.click(screen.page.locator("main form button.button"))
    assert screen.page.evaluate("() => document.activeElement.matches('.notice.problem')")
    tab_to(screen.page, ".notice.problem a", 2)
    screen.page.keyboard.press("Enter")
    assert re.search("#on$", screen.page.url)


def test_added_line_gets_the_focus(sit, children):
    """A line that is added has the focus in its first box, empty, with its own number."""
    screen = sit()
    screen.open(where(children, "draft-edit"))
    tab_to(screen.page, "button[value='added']")
    screen.page.keyboard.press("Enter")
    assert screen.page.evaluate("() => document.activeElement.id") == "added-1-strategy"
    assert screen.page.locator("[id='added-1-strategy']").input_value() == ""
    assert screen.each("[data-rows=added] legend") == [
        "Additional strategy 1",
        "Additional strategy 2",
    ]


@pytest.mark.parametrize("width", [320, 640], ids=["320 pixels", "200 % zoom"])
def test_no_sideways_scrolling(sit, children, width):
    """The main pages fit a narrow window; 640 pixels are a window of 1280 at 200 %."""
    screen = sit(
        viewport={"width": width, "height": 480 if width == 640 else 640}, device_scale_factor=2
    )
    wide = {}
    for name in MAIN:
        screen.open(where(children, name))
        if screen.page.evaluate("() => document.scrollingElement.scrollWidth > innerWidth"):
            wide[name] = screen.page.evaluate(WIDE)
    assert not wide, wide


def test_enter_makes_no_step(sit, children):
    """Enter in the date box of the EHC case makes no step by chance; it says what to press."""
    screen = sit("office")
    screen.open(children["Case"])
    screen.page.locator("#step-on").fill("yesterday")
    screen.page.locator("#step-on").press("End")
    go(screen.page)
    screen.says("Press the button of the step.")
    assert "EHC case: Requested" in screen.badges()


def test_lines_are_known_by_their_words(sit, children):
    """What is typed in a line is at once its name where another line points to it; a line that is
    added says its own number.
    """
    page = sit("office").page
    page.goto(
        f"/my-plan/new/?pupil={children['NONE'].strip('/').rpartition('/')[2]}",
        wait_until="domcontentloaded",
    )
    page.locator("button[name=more][value=needs]").click()
    page.locator("[id='needs-2-words']").fill("Hear the sounds in words")
    assert page.locator("[id='outcomes-0-need'] option").all_inner_texts()[1:] == [
        "1: (not written yet)",
        "2: (not written yet)",
        "3: Hear the sounds in words",
    ]
    added = page.locator("[data-rows=needs] > fieldset").last
    assert added.locator("legend").text_content() == "Need 3"
