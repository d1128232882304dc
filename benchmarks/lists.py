"""How much of the processor each page takes, in two sizes of school, beside a Django admin of the
same tables; prints a table for docs/speed.md.

`python benchmarks/lists.py --peer PYTHON` (`make bench`) takes turns with the peer in one run: see
`peer/`. Without `--peer` only our pages are fetched. Times are medians of processor time, in
milliseconds, of a page that was fetched before.
"""

import argparse
import pathlib
import statistics
import sys
import tempfile
import time
from contextlib import ExitStack
from dataclasses import dataclass, field
from unittest import mock
from urllib.parse import quote

ROOT = pathlib.Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "tests" / "soak")]

from big_school import open_big  # noqa: E402
from common import cookie_for, quiet, signed  # noqa: E402
from django_peer import Peer  # noqa: E402

import app  # noqa: E402
import models as m  # noqa: E402
import people  # noqa: E402
from admin_views.base import PAGE_SIZE  # noqa: E402
from admin_views.register import REPORT_CLASSES  # noqa: E402

SIZES = (420, 12_600)
TURNS = 20
ENOUGH = 20  # seconds of the processor for one page of ours: then there is no further turn


@dataclass
class Page:
    """One page: what our list form sends, and the peer's address of the same."""

    name: str
    address: str
    peer: str = ""
    sent: dict = field(default_factory=dict)


@dataclass
class Measured:
    """What one page took: milliseconds of ours and of the peer's, our queries and bytes."""

    ours: float
    peer: float
    queries: int
    bytes: int


def pages_of_school():
    """The pages to fetch, of the school that is open now."""
    plan = m.MyPlan.select().where(m.MyPlan.status == "draft").order_by(m.MyPlan.id).get()
    half = m.Pupil.select().count() // PAGE_SIZE // 2
    last = m.Pupil.select().order_by(m.Pupil.id.desc()).get()
    surname, *number = last.surname.lower().split()  # only a copy has a number
    word = surname[:4]
    few = " ".join([word, *number])
    year = list(m.Pupil.listed).index("year") + 1
    child, paper = f"/pupil/{plan.pupil_id}/", f"/my-plan/{plan.id}/"
    admin = "/admin/school"
    return [
        Page("home", "/"),
        Page("pupils", "/pupil/", f"{admin}/pupil/"),
        Page("a deep page", "/pupil/", f"{admin}/pupil/?p={half + 1}", {"page": half}),
        Page("search, a few", "/pupil/", f"{admin}/pupil/?q={quote(few)}", {"search": few}),
        Page("search, many", "/pupil/", f"{admin}/pupil/?q={word}", {"search": word}),
        Page("sorted by year", "/pupil/", f"{admin}/pupil/?o={year}", {"sort": "year"}),
        Page("SEN List", "/sen-list/", f"{admin}/senlist/"),
        Page("My Plans", "/my-plan/", f"{admin}/myplan/"),
        Page("child", child),
        Page("edit a child", f"{child}edit/", f"{admin}/pupil/{plan.pupil_id}/change/"),
        Page("a plan", paper),
        Page("edit a plan", f"{paper}edit/", f"{admin}/myplan/{plan.id}/change/"),
        Page("Status", "/status/"),
        *(Page(f"report: {report.title}", f"/{report.slug}/") for report in REPORT_CLASSES),
    ]


class Ours:
    """The whole program on a school, with the SENCO signed in."""

    def __init__(self, database, folder):
        program = app.create_app(database, folder)
        quiet()
        with database.connection_context():
            senco = people.User.get(people.User.username == "senco")
            cookie, self.token = signed(folder, cookie_for(senco))
        self.database = database
        self.client = program.test_client()
        self.client.set_cookie("portal", cookie)

    def fetch(self, page):
        """Fetch a page as a browser does: (seconds of processor time, bytes)."""
        start = time.process_time()
        if page.sent:
            sent = {**page.sent, "csrf_token": self.token}
            answer = self.client.post(page.address, data=sent, follow_redirects=True)
        else:
            answer = self.client.get(page.address)
        took = time.process_time() - start
        if answer.status_code != 200:
            raise SystemExit(f"{page.name}: {answer.status_code}")
        return took, len(answer.data)

    def queries(self, page):
        asked = self.database.execute_sql
        with mock.patch.object(self.database, "execute_sql", wraps=asked) as counted:
            self.fetch(page)
        return counted.call_count


def measure(page, ours, peer, turns):
    """Fetch a page in turn with the peer's, after each was fetched once."""
    _, size = ours.fetch(page)
    queries = ours.queries(page)
    is_beside = peer is not None and page.peer
    if is_beside:
        peer.fetch(page.peer)
    mine, others = [], []
    for _ in range(turns):
        mine.append(ours.fetch(page)[0])
        if is_beside:
            others.append(peer.fetch(page.peer))
        if sum(mine) > ENOUGH:
            break
    return Measured(middle(mine), middle(others), queries, size)


def middle(seconds):
    """The median in milliseconds; 0 of nothing."""
    return 1000 * statistics.median(seconds or [0])


def measure_school(folder, size, options):
    """{name of the page: Measured} of a school of this size."""
    database = open_big(folder, size)
    with database.connection_context():
        pages = pages_of_school()
    ours = Ours(database, pathlib.Path(folder) / str(size))
    found = {}
    with ExitStack() as open_ones:
        peer = None
        if options.peer:
            peer = open_ones.enter_context(Peer(options.peer, database.database))
        for page in pages:
            if options.only in page.name:
                print(f"{size:,} pupils: {page.name}", file=sys.stderr, flush=True)
                found[page.name] = measure(page, ours, peer, options.turns)
    return found


def table(found):
    """The Markdown table of {size: {page: Measured}}; growth is from the first size to the last."""
    sizes = list(found)
    heads = [f"{size:,} pupils | queries | KB" for size in sizes]
    rows = [f"| page | {' | '.join(heads)} | growth |"]
    rows.append("| --- |" + " --- |" * (3 * len(sizes) + 1))
    for name in found[sizes[0]]:
        cells = []
        for size in sizes:
            one = found[size][name]
            cells += [say(one), str(one.queries), f"{one.bytes / 1000:,.0f}"]
        growth = found[sizes[-1]][name].ours / found[sizes[0]][name].ours
        rows.append(f"| {name} | {' | '.join(cells)} | {growth:.1f} |")
    return "\n".join(rows)


def say(one):
    """Ours / the peer's, and how many times as fast ours is."""
    if not one.peer:
        return f"{one.ours:,.0f}"
    return f"{one.ours:,.0f} / {one.peer:,.0f} ({one.peer / one.ours:.2g} x)"


def main():
    """Measure all pages of all sizes and print the table."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n\n")[0])
    parser.add_argument("--sizes", type=int, nargs="+", default=SIZES)
    parser.add_argument("--turns", type=int, default=TURNS)
    parser.add_argument("--only", default="", help="pages with this word in their name")
    parser.add_argument("--peer", help="the Python of the peer, with Django")
    parser.add_argument("--folder", help="where schools are kept for the next run")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="bench-") as passing:
        folder = options.folder or passing
        print(table({size: measure_school(folder, size, options) for size in options.sizes}))


if __name__ == "__main__":
    main()
