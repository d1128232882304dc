"""What must hold every evening, for every child who was touched; for all of them on Fridays.

Come here to add a promise: a function of CHECKS_OF_A_CHILD or CHECKS_OF_THE_SCHOOL.
"""

import re
from collections import Counter, defaultdict
from urllib.parse import urlsplit

from web import words

import models as m
import workflow
from year import book, terms
from year.hands import Stuck
from year.words import days_in

# which lines of the home page a role sees to
GROUPS = {
    "senco": ("overdue", "soon", "agree", "papers"),
    "office": ("papers", "overdue", "soon", "others"),
    "teacher": ("overdue", "soon", "papers", "asked"),
    "head": ("overdue", "agree", "head"),
    "ta": ("overdue", "soon", "papers", "asked"),
}
NEXT = "//section[@class='next']//div[@class='do']"
TO_DO = (
    "//main//form[@data-draft or contains(@action,'/act/') or @class='card'] |"
    f" //main//a[normalize-space()='Edit'] | {NEXT}//a | {NEXT}//form"
)
REMINDERS_OF_LEAVERS = ("Disclosure",)  # the record goes on, requests are answered


def look(year, everybody=False):
    """Look at the school as it is tonight; what must not be goes to the diary."""
    children = sorted(year.touched)
    if everybody:
        children = sorted(year.book)
    senco = year.of_role("senco")
    home = lines_of_home(year, senco)
    listed = lists(year, senco)
    for child in children:
        try:
            page = senco.open(f"/pupil/{child}/")
        except Exception as fault:
            year.fault(child, f"The child's page: {fault!r}")
            continue
        about = [line for line in home if line[2] == child]
        for check in CHECKS_OF_A_CHILD:
            for said in check(year, child, page, about, listed):
                year.fault(child, said)
    for said in invariants(children):
        year.fault(None, said)
    if everybody:
        every_line_opens(year)


# --- what is read for all children at once
def lines_of_home(year, colleague):
    """Every line of somebody's home page: [(group, link, child, words, day), ...]."""
    found = []
    try:
        for group, link, _, said, day in colleague.tasks():
            found.append((group, link, year.child_of(link), said, day))
    except Stuck as stuck:
        year.fault(None, f"The home page of {colleague.user.name}: {stuck}")
    return found


def lists(year, colleague):
    """Who stands on the two lists, as their pages say: {list: {child: (stage, review)}}."""
    found = {}
    for name in ("concerns", "sen"):
        found[name] = {}
        try:
            page = colleague.open(f"/{name}-list/")
        except Stuck as stuck:
            year.fault(None, f"The list: {stuck}")
            continue
        for row in page.all("//main//table/tbody/tr"):
            link = row.xpath("th//a/@href")[0]
            review = words(row.xpath("td[@data-label='Next review']")[0])
            late = bool(row.xpath("td[@data-label='Next review']/span[contains(@class,'late')]"))
            found[name][year.child_of(link)] = (review, late)
    return found


# --- one child
def one_next_step(year, child, page, about, listed):
    """Exactly one next step; on a stage with papers there is one that somebody may do."""
    buttons = page.all(f"{NEXT}/a[contains(@class,'button')]")
    sentences = page.all(f"{NEXT}/p")
    if len(buttons) > 1 or not sentences:
        yield f"{len(buttons)} next steps"
    stage = year.book[child].stage
    if stage in ("S1", "S2", "S3") and not buttons:
        yield f"There is no next step on {stage}: “{words(sentences[0])}”"
    late = page.all(f"{NEXT}//span[contains(@class,'late')]")
    if late and not buttons:
        yield "Overdue, and there is no next step"
    for button in buttons:
        if button.get("href").startswith("#"):
            continue
        status = year.of_role("senco").browser.get(button.get("href")).status_code
        if status not in (200, 302):
            yield f"The next step “{words(button)}” answers {status}"


def counted_alike(year, child, page, about, listed):
    """The census code, the list and the stage are those of the moves that were made."""
    entry = year.book[child]
    badges = words(page.one("//ul[@class='badges']"))
    code = re.search(r"Census code (\w)", badges)
    said = code[1] if code else ""
    if said != entry.census:
        yield f"By the moves the census code is “{entry.census}”; the page says: {badges}"
    for name, children in listed.items():
        if (child in children) != (entry.list == name):
            yield f"By the moves the list is “{entry.list}”, and {name} has it otherwise"


def review_day(page):
    """The day by which the page of a child says that the review is due; None when it does not."""
    for part in page.all(f"{NEXT}/p[@class='quiet']"):
        said = re.search("The review is due by (.*)", words(part))
        if said and days_in(said[1]):
            return days_in(said[1])[0]
    return None


def due_days_agree(year, child, page, about, listed):
    """One due day, on a school day, the same on the page, the list and the home page."""
    day = review_day(page)
    if day is None:
        return
    stage = year.book[child].stage
    if stage != "E" and day <= terms.KNOWN_TO and not year.is_school_day(day):
        yield f"The review is due on {day:%A %d %b %Y}, which is no school day"
    short = f"{day.day} {day:%b %Y}"
    for children in listed.values():
        if child in children and short not in children[child][0]:
            yield f"Due on {short} on the page, on the list: {children[child][0]}"
    for group, _, _, said, when in about:
        if group in ("overdue", "soon") and said.endswith("Review") and when != str(day):
            yield f"Due on {short} on the page, on the home page ({said}): {when}"


def nothing_done_is_overdue(year, child, page, about, listed):
    """What is agreed and sealed is not called overdue, nor asked for."""
    placement = m.Placement.current(m.Pupil.get_by_id(child))
    if placement is None:
        return
    done = set()
    for paper, form in workflow.papers_of([placement])[placement.id]:
        if form and form.status in ("sealed", "declined"):
            done.add(paper.form.kind_name())
    late = page.all(f"{NEXT}//span[contains(@class,'late')]")
    for name in done:
        if late and name.endswith("Review"):
            yield f"Overdue, and the {name} is agreed"
        for button in page.all(f"{NEXT}/a"):
            if words(button).endswith(f" {name}"):
                yield f"“{words(button)}” is asked for, and it is agreed"
    for group, _, _, said, _ in about:
        if group in ("overdue", "soon", "papers") and said.partition(":")[0] in done:
            yield f"The home page asks for “{said}”, and it is agreed"


def late_alike(year, child, page, about, listed):
    """What is overdue on the child's page is so on the list and on the home page, and only that;
    a review that was held waits there for its decision.
    """
    late = bool(page.all(f"{NEXT}/p[@class='quiet']/span[contains(@class,'late')]"))
    for name, children in listed.items():
        if child in children and children[child][1] != late:
            yield f"Overdue on the page: {late}; on the list {name}: {children[child][1]}"
    groups = {group for group, *_ in about}
    if late and "overdue" not in groups:
        yield "Overdue on the page, and nothing overdue on the home page"
    sentences = [words(part) for part in page.all(f"{NEXT}/p")]
    held = [said for said in sentences if "what it leads to is to be decided" in said]
    if held and not groups & {"agree", "soon", "overdue", "papers"}:
        yield f"Nobody is told on the home page: {held[0]}"


def unsent_letters_are_chased(year, child, page, about, listed):
    """Each letter that was not sent is on the home page."""
    if not year.book[child].on_roll:
        return
    unsent = m.Letter.select().where(
        m.Letter.pupil == child, m.Letter.sent_on.is_null(), ~m.Letter.void
    )
    links = {link for _, link, _, _, _ in about}
    for letter in unsent:
        if not any(link.startswith(f"/letter/{letter.id}/") for link in links):
            yield f"The letter “{letter.subject}” is not sent, and the home page does not say so"


def leavers_are_left_alone(year, child, page, about, listed):
    """No reminders for leavers but of their record (invariant 9)."""
    if year.book[child].on_roll:
        return
    for task in m.HomeTask.select().where(m.HomeTask.pupil == child):
        if task.record not in REMINDERS_OF_LEAVERS:
            yield f"Off roll, and the home page says: {task.what}"


CHECKS_OF_A_CHILD = (
    one_next_step,
    counted_alike,
    due_days_agree,
    nothing_done_is_overdue,
    late_alike,
    unsent_letters_are_chased,
    leavers_are_left_alone,
)


# --- the database (PATHWAY 5.7)
def invariants(children):
    """Sentences about rows that must not stand so: invariants 1 to 4 and 7."""
    settings = m.Setting.of_school()
    rows = defaultdict(list)
    for row in m.Placement.select().where(m.Placement.pupil.in_(children)).order_by(m.Placement.id):
        rows[row.pupil_id].append(row)
    lists_of = defaultdict(list)
    kept = m.ListMembership.select().where(m.ListMembership.pupil.in_(children))
    for row in kept.order_by(m.ListMembership.started_on, m.ListMembership.id):
        lists_of[row.pupil_id].append(row)
    for child in children:
        placed = [row for row in rows[child] if not row.void]
        member = [row for row in lists_of[child] if not row.void]
        yield from one_open_row(child, placed, member)
        yield from no_gap(child, placed, member)
        for row in placed:
            is_open = row.ended_on is None and row.stage in workflow.OPEN
            if is_open and workflow.clock_of(row, settings=settings) is None:
                yield f"Pupil {child}: the stage {row.stage} has no review date"


def one_open_row(child, placed, member):
    open_rows = [row for row in placed if row.ended_on is None]
    if len(open_rows) > 1:
        yield f"Pupil {child} has {len(open_rows)} open placements"
    open_lists = [row.list for row in member if row.ended_on is None]
    if len(open_lists) > 1:
        yield f"Pupil {child} stands on {open_lists}"
    types = m.Pupil.get_by_id(child).open_types()
    stage = open_rows[0].stage if open_rows else "NONE"
    if stage == "E" and types and types[0].code == "NSA":
        yield f"Pupil {child} has an EHCP with NSA as the main type"
    wanted = book.LISTS.get(stage, "")
    has = [{"CONCERNS": "concerns", "SEN": "sen"}[name] for name in open_lists]
    if has != [wanted][: bool(wanted)]:
        yield f"Pupil {child} is at {stage} and stands on {has}"


def no_gap(child, placed, member):
    """Consecutive rows of lists neither overlap nor leave a gap while the child is on a stage."""
    for before, after in zip(member, member[1:], strict=False):
        if before.ended_on is None or after.started_on < before.ended_on:
            yield f"Pupil {child}: the rows of lists overlap at {after.started_on}"
        elif after.started_on > before.ended_on:
            away = [row for row in placed if row.stage in ("LEFT", "OFF")]
            between = [row for row in away if before.ended_on <= row.started_on <= after.started_on]
            if not between:
                yield f"Pupil {child}: on no list from {before.ended_on} to {after.started_on}"


# --- the home page
def every_line_opens(year):
    """Nobody is offered what they may not open."""
    opened = Counter()
    for colleague in year.staff:
        for _, link, child, said, _ in lines_of_home(year, colleague):
            kind = (colleague.role, re.sub(r"\d+", "#", urlsplit(link).path))
            opened[kind] += 1
            if opened[kind] > 2:
                continue
            try:
                colleague.open(link)
            except Exception as fault:
                year.fault(child, f"The home page of {colleague.user.name}: “{said}”: {fault}")


def every_task_can_be_done(year):
    """What somebody's home page asks of their role leads to a form, a button or a next step."""
    for colleague in year.staff:
        for group, link, child, said, _ in lines_of_home(year, colleague):
            for_the_head = group == "head" or colleague.role != "head"  # the rest the head watches
            if group not in GROUPS[colleague.role] or not for_the_head:
                continue
            year.count("at the end, tasks", "looked at")
            try:
                page = colleague.open(link)
            except Stuck as stuck:
                year.fault(child, f"{colleague.user.name}, “{said}”: {stuck}")
                continue
            if not page.all(TO_DO):
                year.fault(child, f"{colleague.user.name}, “{said}”: nothing to do at {link}")


def nobody_is_lost(year):
    """Every child of the book is found by the name, whatever became of them."""
    senco = year.of_role("senco")
    for child, entry in year.book.items():
        pupil = m.Pupil.get_by_id(child)
        answer = senco.at_computer().send("POST", "/pupil/", {"search": pupil.upn})
        page = senco.open(answer.location)
        if not page.all(f"//main//a[starts-with(@href,'/pupil/{child}/')]"):
            year.fault(child, f"{entry.name} is not found in the list of pupils")


def every_move_is_kept(year):
    """The stages that a child went through, by what is kept, are those of the moves that were
    made; nobody else is kept.
    """
    rows = m.Placement.select().where(~m.Placement.void)
    for child, entry in year.book.items():
        placed = rows.where(m.Placement.pupil == child).order_by(m.Placement.id)
        kept = book.each_once(["NONE", *[row.stage for row in placed]])
        if kept != entry.path:
            year.fault(child, f"By the moves {entry.path}; what is kept says {kept}")
    others = m.Pupil.select().where(m.Pupil.id.not_in(list(year.book))).count()
    if others or m.Pupil.select().count() != len(year.book):
        year.fault(None, f"{m.Pupil.select().count()} records of {len(year.book)} children")


def every_letter_is_told(year):
    """Each letter that a move wrote is there, and sent, or void with its move, or chased."""
    chased = {link for _, link, _, _, _ in lines_of_home(year, year.of_role("senco"))}
    for number in sorted(year.letters):
        letter = m.Letter.get_or_none(id=number)
        if letter is None:
            year.fault(None, f"The letter {number} is gone")
            continue
        what = "sent" if letter.sent_on else "void" if letter.void else "chased"
        is_told = any(link.startswith(f"/letter/{number}/") for link in chased)
        if what == "chased" and not is_told:
            what = "of a leaver"
            if year.book[letter.pupil_id].on_roll:
                year.fault(letter.pupil_id, f"Nobody is told of the letter “{letter.subject}”")
        year.count("at the end, letters", what)


def at_the_end(year):
    """What must hold of the whole year: no sealed paper has changed; reviews in time and late."""
    look(year, everybody=True)
    every_move_is_kept(year)
    every_letter_is_told(year)
    every_task_can_be_done(year)
    nobody_is_lost(year)
    settings = m.Setting.of_school()
    for form_class in workflow.every_form():
        for form in form_class.select().where(form_class.status == "sealed"):
            if not form.seal_holds():
                year.fault(form.pupil_id, f"The seal of {form} does not hold")
            if form.kind_name().endswith("Review") and form.placement_id:
                clock = workflow.clock_of(form.placement, settings=settings)
                when = "in time"
                if form.happened_on > clock.closes:
                    when = "late"
                year.count("reviews", when)
