"""What a SENCO's year has besides the next step of each child: register and census, sessions,
reviews to plan, papers to ask for, measures, packs, leavers. Numbers are counted a second way.

Come here to add a duty: a function, and its row of DUTIES.
"""

import csv
import datetime
import io
import re
from collections import Counter
from decimal import Decimal
from urllib.parse import urlencode

from web import values_of, words

from year import errands, slips, terms
from year.controls import cell
from year.hands import Stuck, send, send_file
from year.words import days_in

STAGES = ("S1", "S2", "S3", "E")
LINKS = "//main//table/tbody/tr/th[@scope='row']/a/@href"
TABLE = "//main//form[.//table]"
PDF = b"%PDF"
SMALL = 6  # a smaller number of children is not told to governors
# the paper that the SENCO asks for on each stage
ASKED_FOR = {"S1": "ConcernReview", "S2": "MyPlanReview", "S3": "MyPlanPlusReview"}
FOLLOW_UP = datetime.timedelta(14)
NEXT_SCHOOL = "Mockford High School"


# --- the day's duties
def of_the_day(year, day):
    """Do what has not been done for so many days; what had nothing to do is tried again."""
    do_what_is_due(year, day, DUTIES)
    if day >= terms.LEAVING_DAY and not year.leavers:
        year.attempt_duty(year.of_role("office"), send_off)


def of_the_night(year, day):
    """When everybody has gone home; never on the first day."""
    if year.days > 1:
        do_what_is_due(year, day, OF_THE_NIGHT)


def at_the_end(year):
    """What the school reports of the year is counted once more."""
    for role, duty in (("senco", read_register), ("senco", check_census), ("head", read_governors)):
        year.attempt_duty(year.of_role(role), duty)


def do_what_is_due(year, day, duties):
    for every, role, duty in duties:
        last = year.done_on.get(duty)
        colleague = year.of_role(role)
        if last and (day - last).days < every or not year.is_in(colleague, day):
            continue
        if year.attempt_duty(colleague, duty):
            year.done_on[duty] = day


def never_done(year):
    """The names of the duties for which there was nothing to do in the whole year."""
    asked = [duty for _, _, duty in (*DUTIES, *OF_THE_NIGHT)]
    asked.append(send_off)
    return [duty.__name__ for duty in asked if not year.duties_done[duty]]


def expect(what, said, counted):
    """Raise Stuck unless two counts agree."""
    if said != counted:
        raise Stuck(f"{what}: the page says {said}, counted are {counted}")


def totals_of(page):
    """The numbers above the table of a report: {words: number as it stands there}."""
    found = {}
    for part in page.all("//dl[@class='totals']/div"):
        found[words(part.xpath("dt")[0])] = words(part.xpath("dd")[0])
    return found


def fetch_pdf(colleague, address):
    response = colleague.at_computer().get(address)
    if response.status_code != 200 or not response.data.startswith(PDF):
        raise Stuck(f"{address} answers {response.status_code}, and no PDF")


# --- reports
def read_register(senco, _):
    """On each stage stand those whom the moves have put there; the spreadsheet has all."""
    year = senco.year
    everybody = 0
    for stage in STAGES:
        page = senco.open(f"/register/?stage={stage}&whole=yes")
        here = {year.child_of(link) for link in page.all(LINKS)}
        expect(f"Register, {stage}", here, year.children_at(stage))
        everybody += len(here)
    page = senco.open("/register/")
    form = page.form("//main//form[contains(@action,'/spreadsheet/')]")
    pairs = [*values_of(form), ("as", "csv")]
    response = senco.browser.send("POST", form.get("action"), pairs, token=False)
    lines = list(csv.reader(io.StringIO(response.data.decode("utf-8-sig"))))
    expect("Lines of the spreadsheet", len(lines) - 1, everybody)
    return "register read"


def check_census(senco, _):
    """N, K and E of today are those of the moves; the groups add up to them."""
    entries = senco.year.book.values()
    counted = Counter(entry.census for entry in entries if entry.on_roll)
    page = senco.open("/census-figures/?" + urlencode({"on": senco.year.today(), "whole": "yes"}))
    totals = totals_of(page)
    for words_, number in totals.items():
        code = words_.partition(":")[0]
        if len(code) == 1:
            expect(f"Census, {code}", int(number), counted[code])
    expect("On roll", int(totals["On roll"]), counted.total())
    by_year = Counter()
    for row in page.all("//main//table/tbody/tr"):
        if words(row.xpath("th")[0]) == "Year":
            for code in "NKE":
                by_year[code] += int(row.xpath(f"td[starts-with(@data-label,'{code}')]")[0].text)
    expect("Census by year", by_year, counted)
    for row in senco.open("/census/?whole=yes").all("//main//table/tbody/tr"):
        if not cell(row, "How to put it right"):
            raise Stuck(f"The census check names no cure: {words(row)}")
    return "census checked"


def read_governors(head, _):
    """No number under 6 stands there; the others are those of the moves that were made."""
    page = head.open("/governors/")
    entries = head.year.book.values()
    counted = Counter(
        entry.stage if entry.stage in STAGES else "" for entry in entries if entry.on_roll
    )
    row = page.one("//main//table/tbody/tr[td='All children']")
    wanted = [counted[stage] for stage in ("", *STAGES)] + [counted.total()]
    for said, number in zip(row.xpath("td[position()>1]"), wanted, strict=False):
        if words(said).isdigit():
            expect(f"For governors, {said.get('data-label')}", int(words(said)), number)
    (begins,) = days_in(words(page.one("//p[@class='lead']")))
    totals = totals_of(page)
    for place, what in enumerate(("Came onto", "Went off")):
        (said,) = [number for name, number in totals.items() if name.startswith(what)]
        most = sum(entry.came_and_went(begins)[place] for entry in entries)
        least = sum(entry.came_and_went(begins + FOLLOW_UP)[place] for entry in entries)
        if said.isdigit() and not least <= int(said) <= most:
            raise Stuck(f"For governors, {what}: {said}; by the moves {least} to {most}")
    for part in page.all("//main//td[contains(@class,'num')] | //dl[@class='totals']//dd"):
        said = words(part)
        if said.isdigit() and 0 < int(said) < SMALL:
            raise Stuck(f"For governors, {part.get('data-label')}: {said}")
    return "governors' page read"


def read_map(senco, _):
    """The hours and children of the provision map are those of its lines."""
    page = senco.open("/provision-map/?whole=yes")
    minutes = Decimal(0)
    children = set()
    for row in page.all("//main//table/tbody/tr"):
        if "Plan out of date" in cell(row, "Note"):
            continue
        children.add(row.xpath("th/a/@href")[0])
        said = re.findall(r"[\d.]+", cell(row, "Each week"))
        if len(said) == 2:  # of Section F it may not be known
            minutes += Decimal(said[0]) * Decimal(said[1])
    totals = totals_of(page)
    expect("Hours of the map", Decimal(totals["Hours a week, children"]), round(minutes / 60, 2))
    expect("Children of the map", int(totals["Children"]), len(children))
    page = senco.open("/provision-costs/?whole=yes")
    helped = set()
    for row in page.all("//main//table/tbody/tr"):
        if cell(row, "Lines") != "0":
            helped.add(row.xpath("th/a/@href")[0])
    expect("Provision by child", helped, children)
    return f"provision map of {len(children)} children read"


def follow_menu(colleague, _):
    """Every page of the menu opens for whom it is offered."""
    for one in colleague.year.staff:
        for link in sorted(set(one.open("/").all("//header//nav//a/@href"))):
            if link.startswith("/") and "sign-out" not in link:
                one.open(link)
    return "every page of the menu opened"


# --- the week
def tick_sessions(ta, _):
    """What is planned is ticked as given, now and then once fewer."""
    page = ta.open("/sessions/")
    if not page.all(TABLE):
        return None
    form = page.form(TABLE)
    typed = {}
    for row in form.xpath(".//tbody/tr"):
        name = row.xpath(".//input/@name")[0]
        planned = Decimal(cell(row, "Planned"))
        given = max(planned - ta.year.chance.choice((0, 0, 0, 1)), 0)
        typed[name] = f"{given:f}"
        if given < planned:
            typed[f"{name}-why"] = "The adult was away."
    pairs = [pair for pair in values_of(form) if pair[0] not in typed]
    send(ta.browser, page, form, [*pairs, *typed.items()])
    shown = dict(values_of(ta.open("/sessions/").form(TABLE)))
    for name, said in typed.items():
        expect(f"Sessions, {name}", shown[name], said)
    ta.year.counts["sessions: ticked"] += len(form.xpath(".//tbody/tr"))
    return f"sessions of {len(form.xpath('.//tbody/tr'))} lines ticked"


def write_note(colleague, _):
    """A note is written on the page of a child of theirs."""
    child = colleague.year.child_seen_by(colleague)
    if child is None:
        return None
    given = {}
    if colleague.year.chance.random() < 0.3:
        given["follow_up_by"] = f"{colleague.year.today() + FOLLOW_UP:%d/%m/%Y}"
    colleague.write_note(child, **given)
    return "note written"


def plan_reviews(senco, _):
    """Of the reviews that come, one is planned on its own page and the next in the table."""
    page = senco.open("/review-week/?weeks=6")
    waiting = []
    for row in page.all("//main//table/tbody/tr"):
        if not row.xpath("td[@data-label='Day']//input[@value!='']"):
            waiting.append(senco.year.child_of(row.xpath("th/a/@href")[0]))
    for child in waiting[:1]:
        plan_one(senco, child)
    for child in waiting[1:2]:
        plan_in_table(senco, child)
    senco.year.note_letters()
    return f"{len(waiting[:2])} reviews planned" if waiting else None


def plan_one(senco, child):
    """Plan a review as the page offers it, and print the invitations."""
    page = senco.open(f"/review-week/{child}/")
    form = page.form("//main//form[.//*[@id='guests']]")
    days = form.xpath(".//input[@name='offered']/@value")
    after = send(senco.browser, page, form, [*values_of(form), ("offered", days[-1])])
    if after.problems:
        raise Stuck(str(after.problems))
    fetch_pdf(senco, f"/review-week/{child}/invitations.pdf")
    senco.year.count("review", "planned")


def plan_in_table(senco, child):
    """Plan a review in the table of all that come."""
    days = senco.open(f"/review-week/{child}/").all("//input[@name='offered']/@value")
    page = senco.open("/review-week/?weeks=6")
    form = page.form(TABLE)
    name = f"p{child}day"
    if name not in dict(values_of(form)):
        name = f"p{child}-day"
    pairs = [pair for pair in values_of(form) if pair[0] != name]
    after = send(senco.browser, page, form, [*pairs, (name, days[0])])
    if after.problems:
        raise Stuck(str(after.problems))
    senco.year.count("review", "planned in the table")


def ask_to_write(senco, _):
    """The SENCO asks the class teacher for the review."""
    year = senco.year
    child = year.some_child(*ASKED_FOR)
    teacher = child and year.of_role("teacher", child)
    if not teacher:
        return None
    senco.begin(child)
    paper = ASKED_FOR[year.book[child].stage]
    senco.answers.given = {"person": teacher.user.name, "paper": paper}
    senco.on_form(senco.open(f"/writing-task/new/?pupil={child}"))
    return senco.acted


def join_team(senco, _):
    """The assistant joins the team of a child of another class, and sees the child from then on."""
    year = senco.year
    assistant = year.of_role("ta")
    child = year.some_child("S2", "S3", "E")
    if child is None or year.sees(assistant, child):
        return None
    senco.begin(child)
    senco.answers.given = {"person": assistant.user.name, "until": ""}
    senco.on_form(senco.open(f"/team-member/new/?pupil={child}"))
    assistant.open(f"/pupil/{child}/")
    return senco.acted


# --- packs and papers for others
def print_many(senco, _):
    """Profiles of some children are made in the background, and fetched."""
    page = senco.open("/register/?whole=yes")
    children = page.all("//main//input[@name='pupil']/@value")[:3]
    if not children:
        return None
    form = page.form("//form[@id='bulk']")
    token = [pair for pair in values_of(form) if pair[0] == "csrf_token"]
    chosen = [("pupil", child) for child in children]
    page = send(senco.browser, page, form, [*token, *chosen, ("kind", "profiles")])
    address = page.response.request.path
    senco.year.app.extensions["work"].make_next()
    fetch_pdf(senco, f"{address}file")
    senco.year.count("print", "made in the background")
    return f"profiles of {len(children)} children printed"


def read_request(senco, _):
    """What a request for an assessment lacks, and its pack."""
    child = senco.year.some_child("S3", "S2")
    if child is None:
        return None
    senco.open(f"/pupil/{child}/request/")
    fetch_pdf(senco, f"/pupil/{child}/request-pack.pdf")
    senco.year.count("request pack", "made")
    return "request pack made"


def be_consulted(office, _):
    """The local authority asks whether the school can be named; the answer is begun."""
    child = office.year.some_child("S3", "E")
    if child is None:
        return None
    office.begin(child)
    office.on_form(office.open(f"/consultation-answer/new/?pupil={child}"))
    return office.acted


def bring_in_measures(office, _):
    """Reading ages of the whole roll come from a file."""
    year = office.year
    lines = ["UPN,Date,Reading age"]
    for row in year.rows_on_roll():
        age = f"{year.chance.randrange(5, 12)}y {year.chance.randrange(12)}m"
        lines.append(f"{row[6]},{year.today():%d/%m/%Y},{age}")
    page = office.open("/import-measures/")
    form = page.form("//main//form[.//input[@type='file']]")
    page = send_file(office.browser, page, form, "measures.csv", "\n".join(lines).encode())
    form = page.form("//main//form[.//input[@name='seen']]")
    page = send(office.browser, page, form, values_of(form))
    said = f"Measures brought in: {len(lines) - 1}."
    if said not in page.text:
        raise Stuck(f"The page does not say “{said}”")
    year.counts["measures: brought in"] += len(lines) - 1
    return said


# --- the end of the year
def send_off(office, _):
    """The whole last year group leaves in one press; it stood on the list of the next phase."""
    year = office.year
    leavers = year.children_of_year(terms.LAST_YEAR)
    page = office.open("/next-phase/?whole=yes")
    moving = {year.child_of(link) for link in page.all(LINKS)}
    expect("Next phase", moving, {one for one in leavers if year.book[one].stage in STAGES})
    page = office.open("/leavers/?" + urlencode({"show": f"year {terms.LAST_YEAR}"}))
    form = page.form(TABLE)
    listed = {int(value) for name, value in values_of(form) if name == "pupil"}
    expect("Leavers", listed, leavers)
    pairs = [pair for pair in values_of(form) if pair[0] not in ("on", "where")]
    pairs += [("on", f"{year.today():%d/%m/%Y}"), ("where", NEXT_SCHOOL)]
    pairs += [("leaves", str(child)) for child in sorted(leavers)]
    page = send(office.browser, page, form, pairs)
    if page.problems:
        raise Stuck(str(page.problems))
    year.leavers = leavers
    for child in leavers:
        year.book[child].move("Has left", year.today())
        year.touched.add(child)
    year.note_letters()
    year.counts["move: Has left (the last year group)"] += len(leavers)
    return f"{len(leavers)} leavers sent off"


# every so many days, who, what
DUTIES = (
    (7, "senco", read_register),
    (7, "senco", plan_reviews),
    (7, "ta", tick_sessions),
    (7, "ta", write_note),
    (7, "teacher", write_note),
    (10, "senco", ask_to_write),
    (14, "senco", read_map),
    (21, "senco", join_team),
    (28, "senco", check_census),
    (28, "head", read_governors),
    (28, "senco", print_many),
    (28, "senco", read_request),
    (35, "office", be_consulted),
    (90, "office", bring_in_measures),
    (60, "head", follow_menu),
    (7, "teacher", errands.search_by_typing),
    (10, "senco", errands.hang_a_scan),
    (21, "senco", errands.meet_as_last_time),
    (56, "head", errands.fetch_whole_records),
    (84, "senco", errands.close_for_a_day),
    (14, "senco", errands.paste_lines),
    (70, "technician", errands.change_classes),
    (75, "senco", errands.change_rates),
    (45, "office", slips.take_import_back),
    (40, "senco", slips.merge_second_record),
)
OF_THE_NIGHT = (
    (14, "senco", slips.take_move_back),
    (120, "technician", slips.restore_backup),
)
