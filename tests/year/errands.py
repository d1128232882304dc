"""Smaller things of a week: a child is found while one types, a scan is hung where it belongs, the
last answers are taken over, whole records are fetched, the school closes for a day.

Come here to add one: a function, and its row of DUTIES in duties.py.
"""

import io
import re
import zipfile
from decimal import Decimal

from web import values_of, words

import models as m
from year.book import destination
from year.colleagues import BIG
from year.controls import cell
from year.hands import Stuck, send, send_file
from year.words import DAY

MOST_OFFERS = 8
BEFORE = "On our register before: "
PASTED = 7  # lines; a meeting has four
REPLY = "Coming"
PUPILS = "//main//table/tbody/tr/th[@scope='row']//a/@href"
AS_LAST = "Filled in for you: please check."
OF_RECORD = re.compile(r"^/([a-z-]+)/(\d+)/$")
HUNG = "//section[@aria-labelledby='documents']//a[starts-with(@href,'/document/new/')]/@href"


def search_by_typing(teacher, _):
    """Three letters of a surname offer the children of one's own whose name has them."""
    year = teacher.year
    child = year.child_seen_by(teacher)
    if child is None:
        return None
    letters = year.book[child].name[:3].lower()
    fitting = set()
    for one, entry in year.book.items():
        name = entry.name.rpartition(" (")[0].lower()
        if letters in name and year.sees(teacher, one):
            fitting.add(one)
    answer = teacher.at_computer().send("POST", "/pupil/look-up/", {"words": letters})
    offered = [year.child_of(one["address"]) for one in answer.json["pupils"]]
    if len(offered) != min(len(fitting), MOST_OFFERS) or not fitting.issuperset(offered):
        raise Stuck(f"For “{letters}” are offered {offered} of {fitting}")
    teacher.open(f"/pupil/{offered[0]}/")
    return f"{len(offered)} offered for “{letters}”"


def hang_a_scan(senco, _):
    """A scan is added where it belongs; the class teacher finds it who may read that record."""
    year = senco.year
    child = year.some_child("S1", "S2", "S3", "E")
    if child is None:
        return None
    places = []
    for link in sorted(set(senco.open(f"/pupil/{child}/").all("//main//a/@href"))):
        found = OF_RECORD.search(link)
        kind = found and kind_at(found[1])
        if kind and kind.document_kind:
            places.append((link, kind))
    if not places:
        return None
    link, kind = year.chance.choice(places)
    (to,) = senco.open(link).all(HUNG)
    page = senco.open(to)
    title = year.sentence()
    scan = senco.browser.get("/meeting/blank.pdf").data
    page = send_file(senco.browser, page, page.form(BIG), "scan.pdf", scan, title_of=title)
    if title not in page.text:
        raise Stuck(f"The scan is not shown at {link}: {page.h1}, {page.problems}")
    teacher = year.of_role("teacher", child)
    if teacher and year.sees(teacher, child):
        is_told = title in teacher.open(f"/pupil/{child}/").text
        if is_told != m.may(teacher.user, "r", kind):
            raise Stuck(f"The scan at {link} is told to the teacher: {is_told}")
    year.count("Document", f"hung on a {kind.kind_name()}")
    return f"a scan hung at {link}"


def kind_at(slug):
    for kind in m.every(m.PupilRecord):
        if kind.slug() == slug:
            return kind
    return None


def meet_as_last_time(senco, _):
    """A meeting begins with what the last one of the child said, and is saved."""
    year = senco.year
    children = [child for child, entry in year.book.items() if entry.on_roll]
    year.chance.shuffle(children)
    for child in children:
        page = senco.open(f"/meeting/new/?pupil={child}")
        if not page.all("//button[@name='last']"):
            continue
        pairs = [*values_of(page.form(BIG)), ("last", "1")]
        page = send(senco.browser, page, page.form(BIG), pairs)
        if AS_LAST not in page.text:
            raise Stuck("“Same as last time” is offered, and nothing is marked", page)
        senco.begin(child)
        senco.on_form(page)
        year.count("Meeting", "as last time")
        return senco.acted
    return None


def fetch_whole_records(head, _):
    """The whole records of a class with all their files, as for an inspector."""
    page = head.open("/prints/")
    forms = page.all("//main//form[.//*[@name='kind']]")
    if not forms:
        return None
    classes = forms[0].xpath(".//select[@name='form']/option/@value")
    token = [pair for pair in values_of(forms[0]) if pair[0] == "csrf_token"]
    chosen = [("kind", "files"), ("form", head.year.chance.choice(classes))]
    page = send(head.browser, page, forms[0], [*token, *chosen])
    address = page.response.request.path
    head.year.app.extensions["work"].make_next()
    response = head.browser.get(f"{address}file")
    if not response.data.startswith(b"PK"):
        raise Stuck(f"{address}file answers {response.status_code}, and no ZIP")
    with zipfile.ZipFile(io.BytesIO(response.data)) as archive:
        contents = archive.read("contents.txt").decode()
        names = set(archive.namelist()) - {"contents.txt"}
    if "missing" in contents or len(names) != len(contents.splitlines()):
        raise Stuck(f"The ZIP of {address} has {sorted(names)} and says: {contents}")
    head.year.count("print", "whole records with files")
    return f"whole records fetched: {len(names)} files"


def close_for_a_day(senco, _):
    """A line of the table of holidays: the school is closed on a day that comes."""
    year = senco.year
    day = year.school_day_after(28)
    address = f"/setting/{m.Setting.get().id}/edit/?part=school"
    page = senco.open(address)
    pairs = values_of(page.form(BIG))
    cells = [place for place, pair in enumerate(pairs) if pair[0] == "holidays"]
    free = next(place for place in cells[::3] if not pairs[place][1])
    for place, said in enumerate((f"{day:%d/%m/%Y}", f"{day:%d/%m/%Y}", "Staff training")):
        pairs[free + place] = ("holidays", said)
    save(senco, page, pairs)
    if f"{day:%d/%m/%Y}" not in held(senco.open(address)):
        raise Stuck("The day is not in the table")
    year.closed.add(day)
    return f"closed on {day:%d %b %Y}"


def save(colleague, page, pairs):
    """Save a form of the school, and say yes when the page asks whether somebody is sure."""
    page = send(colleague.browser, page, page.form(BIG), [*pairs, ("do", "save")])
    sure = page.all("//input[@name='confirmed']/@value")
    if sure:
        pairs = [*values_of(page.form(BIG)), *[("confirmed", one) for one in sure]]
        page = send(colleague.browser, page, page.form(BIG), [*pairs, ("do", "save")])
    if page.problems:
        raise Stuck(str(page.problems))


def type_anew(colleague, address, typed):
    """Answer some questions of a form anew, and save it."""
    page = colleague.open(address)
    kept = [pair for pair in values_of(page.form(BIG)) if pair[0] not in typed]
    save(colleague, page, [*kept, *typed.items()])


def paste_lines(senco, _):
    """More people than a meeting has lines for are pasted from a spreadsheet; all are kept."""
    year = senco.year
    child = year.some_child("S1", "S2", "S3", "E")
    if child is None:
        return None
    page = senco.open(f"/meeting/new/?pupil={child}")
    people = []
    for number in range(year.chance.randrange(PASTED) + 2):
        people.append(f"{year.sentence()}, guest {number}")
    while f"people-{len(people) - 1}-who" not in dict(values_of(page.form(BIG))):
        pairs = [*values_of(page.form(BIG)), ("more", "people")]
        page = send(senco.browser, page, page.form(BIG), pairs)
    told = {f"people-{place}-who": who for place, who in enumerate(people)}
    told |= {f"people-{place}-reply": REPLY for place in range(len(people))}
    senco.begin(child)
    senco.answers.given = told
    pairs = [pair for pair in values_of(page.form(BIG)) if pair[0] not in told]
    page = send(senco.browser, page, page.form(BIG), [*pairs, *told.items(), ("more", "people")])
    senco.on_form(page)
    meeting = m.Meeting.select().where(m.Meeting.pupil == child).order_by(m.Meeting.id.desc()).get()
    rows = senco.open(f"/meeting/{meeting.id}/").all("//main//table/tbody/tr")
    shown = [words(row) for row in rows]
    for who in people:
        if len([row for row in shown if who in row and REPLY in row]) != 1:
            raise Stuck(f"“{who}” was pasted into the meeting {meeting.id}, which says {shown}")
    year.count("Meeting", "with pasted lines")
    return f"{len(people)} people pasted into a meeting"


# --- the school
def register_at_the_start(kinds):
    """The act of entering children with {child: where they were} on the page for all of a year
    group; who stands on a stage already has no line to fill in.
    """

    def act(senco, _):
        for year in sorted({m.Pupil.get_by_id(child).year for child in kinds}):
            enter_year(senco, year, kinds)
        senco.year.note_letters()
        return f"{len(kinds)} put on the register on one page"

    return act


def enter_year(senco, year, kinds):
    """Fill in the lines of one year group."""
    address = f"/starting-register/?show=year {year}"
    page = senco.open(address)
    typed = {}
    for box in page.all("//main//select[contains(@name,'-stage')]"):
        child = int(re.sub(r"\D", "", box.get("name")))
        if child in kinds:
            typed |= line_of_register(senco.year, child, kinds[child])
    form = page.form("//main//form[.//table]")
    kept = [pair for pair in values_of(form) if pair[0] not in typed]
    page = send(senco.browser, page, form, [*kept, *typed.items()])
    if page.problems:
        raise Stuck(str(page.problems))
    page = senco.open(address)
    for child in {int(re.sub(r"\D.*", "", name[1:])) for name in typed}:
        senco.year.book[child].move(BEFORE + kinds[child], senco.year.today())
        senco.year.touched.add(child)
        senco.year.count("register at the start", kinds[child])
        if page.all(f"//*[@name='p{child}-stage']"):
            raise Stuck(
                f"{senco.year.book[child].name} is on the register, and has a line to fill in"
            )


def line_of_register(year, child, kind):
    """What is typed into the line of a child."""
    since = year.today() - year.chance.randrange(20, 90) * DAY
    typed = {"stage": destination(BEFORE + kind), "since": f"{since:%d/%m/%Y}"}
    if kind != "Stage 1":
        typed["sen_type"] = "SLCN"
    if kind == "EHCP":
        typed["plan_on"] = typed["since"]
    return {f"p{child}-{name}": said for name, said in typed.items()}


def change_classes(technician, _):
    """Two teachers change a class with each other: each sees the children of the new one, and no
    longer those of the old but in whose team they are; no child's record is another one.
    """
    year = technician.year
    teachers = [one for one in year.staff if one.role == "teacher"]
    pair = year.chance.sample(teachers, 2)
    given = []
    for one in pair:
        here = [name for name in one.user.class_names() if children_of(year, name)]
        if not here:
            return None
        given.append(year.chance.choice(here))
    for one, away, new in zip(pair, given, reversed(given), strict=True):
        names = [new if name == away else name for name in one.user.class_names()]
        address = f"/user/{one.user.id}/edit/"
        type_anew(technician, address, {"classes": ", ".join(names)})
        one.user = type(one.user).get_by_id(one.user.id)
        one.moment = None  # of the computer
    for one, away, new in zip(pair, given, reversed(given), strict=True):
        team = m.TeamMember.select(m.TeamMember.pupil).where(m.TeamMember.person == one.user)
        seen = {year.child_of(link) for link in one.open("/pupil/").all(PUPILS)}
        wrong = children_of(year, new) - seen
        wrong |= children_of(year, away) & seen - set(team.scalars())
        if wrong:
            raise Stuck(f"{one.user.name} has {new} and no longer {away}: wrong are {wrong}")
    year.count("class", "given to another teacher")
    return f"{pair[0].user.name} and {pair[1].user.name} change {given}"


def children_of(year, name):
    """The children on roll of a class."""
    here = m.Pupil.select(m.Pupil.id).where(m.Pupil.form == name).scalars()
    return {child for child in here if year.book[child].on_roll}


def change_rates(senco, _):
    """What an hour costs becomes twice as much, or half: each child's cost follows, and no hour is
    another one.
    """
    year = senco.year
    before = costs(senco)
    if not any(cost for _, cost in before.values()):
        return None
    address = f"/setting/{m.Setting.get().id}/edit/?part=costs"
    rates = dict(values_of(senco.open(address).form(BIG)))
    factor = Decimal(2)
    if year.duties_done[change_rates] % 2:
        factor = 1 / factor
    typed = {n: f"{Decimal(v) * factor:f}" for n, v in rates.items() if n.startswith("rate_")}
    type_anew(senco, address, typed)
    after = costs(senco)
    for child, (hours, cost) in before.items():
        # resources cost what they cost
        least, most = sorted((cost, cost * factor))
        follows = least - 1 <= after[child][1] <= most + 1
        if after[child][0] != hours or not follows:
            raise Stuck(f"Rates times {factor}: {before[child]} became {after[child]}")
    if after == before:
        raise Stuck(f"Rates times {factor}: no cost is another one")
    year.count("rates", "changed")
    return f"rates times {factor}: costs of {len(before)} children follow"


def costs(senco):
    """What the page of costs says: {child: (hours, pounds of the year as planned)}."""
    found = {}
    for row in senco.open("/provision-costs/?whole=yes").all("//main//table/tbody/tr"):
        pounds = re.sub("[^0-9.]", "", cell(row, "This year as planned")) or "0"
        child = senco.year.child_of(row.xpath("th/a/@href")[0])
        found[child] = cell(row, "Hours a week"), Decimal(pounds)
    return found


def held(page):
    return [value for name, value in values_of(page.form(BIG)) if name == "holidays"]
