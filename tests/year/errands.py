"""Smaller things of a week: a child is found while one types, a scan is hung where it belongs, the
last answers are taken over, whole records are fetched, the school closes for a day.

Come here to add one: a function, and its row of DUTIES in duties.py.
"""

import io
import re
import zipfile

from web import values_of

import models as m
from year.colleagues import BIG
from year.hands import Stuck, send, send_file

MOST_OFFERS = 8
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
    page = send(senco.browser, page, page.form(BIG), [*pairs, ("do", "save")])
    sure = page.all("//input[@name='confirmed']/@value")
    if sure:
        pairs = [*values_of(page.form(BIG)), *[("confirmed", one) for one in sure]]
        page = send(senco.browser, page, page.form(BIG), [*pairs, ("do", "save")])
    if page.problems or f"{day:%d/%m/%Y}" not in held(senco.open(address)):
        raise Stuck(f"The day is not in the table: {page.problems}")
    year.closed.add(day)
    return f"closed on {day:%d %b %Y}"


def held(page):
    return [value for name, value in values_of(page.form(BIG)) if name == "holidays"]
