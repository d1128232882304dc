"""Two servers of a trust on one PostgreSQL: one press is one event, the audit chain holds, a
sign-in on one holds on the other.

Both data folders hold the same `secret.key` and `audit.key`; files are on a folder that both reach.
"""

import pathlib
import shutil
import sys
import tempfile
import threading

sys.path[:0] = [
    str(pathlib.Path(__file__).resolve().parent),
    str(pathlib.Path(__file__).resolve().parent.parent),
]

import postgres  # noqa: E402
from common import (
    Person,  # noqa: E402
    Portal,  # noqa: E402
    build,  # noqa: E402
    cookie_for,  # noqa: E402
    figure,  # noqa: E402
    signed,  # noqa: E402
)


def two_folders(folder):
    """A second data folder with the keys of the first."""
    second = pathlib.Path(tempfile.mkdtemp(prefix="second-"))
    for key in ("secret.key", "audit.key"):
        shutil.copy2(folder / key, second / key)
    return second


def press(people, path, fields):
    """Everybody presses the same button at the same moment: the answers."""
    answers, gate = [], threading.Barrier(len(people))

    def one(person):
        gate.wait()
        answers.append(person.ask("POST", path, fields)[0])

    threads = [threading.Thread(target=one, args=(p,)) for p in people]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(120)
    return answers


def save(portals, cookie, token, times):
    """Both servers save at the same time, each its own pupil: how many saves were acknowledged."""
    saved = []

    def one(portal, key):
        person = Person(portal.port, cookie, token)
        for n in range(times):
            fields = [
                (a, f"both-{key}-{n}" if a == "alert" else v)
                for a, v in person.form(f"/pupil/{key}/edit/")[1]
            ]
            saved.append(person.ask("POST", f"/pupil/{key}/edit/", [*fields, ("do", "save")])[0])

    threads = [
        threading.Thread(target=one, args=(portal, key)) for key, portal in enumerate(portals, 2)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(120)
    return saved


def two_servers(url, presses=20, saves=5):
    """Start two programs on one database and hold them against each other; whether all is as
    claimed.
    """
    import models as m
    from audit import log as audit_log
    from people import User

    folder = pathlib.Path(tempfile.mkdtemp(prefix="first-"))
    database = build(folder, url, pupils=3)
    with database.connection_context(), audit_log.acting_as("The long run"):
        cookie, token = signed(folder, cookie_for(User.get(User.username == "senco")))
        # four requests at once each
        sencos = [
            User.create(name=f"Senco {n}", username=f"senco{n}", role="senco") for n in range(5)
        ]
        seats = [signed(folder, cookie_for(user)) for user in sencos]
        before = m.Placement.select().count()
    portals = [Portal(folder, url), Portal(two_folders(folder), url)]
    try:
        path = "/pupil/1/move/has-left-the-school/"
        people = [Person(portals[n % 2].port, *seats[n % len(seats)]) for n in range(presses)]
        fields = [
            (n, v or ("today" if n == "on" else "They moved")) for n, v in people[0].form(path)[1]
        ]
        reads = [p.ask("GET", "/pupil/1/")[0] for p in people[:2]]
        answers, saved = press(people, path, fields), save(portals, cookie, token, saves)
    finally:
        for portal in portals:
            portal.stop()
    with database.connection_context():
        made, chain, told = (
            m.Placement.select().count() - before,
            audit_log.verify(),
            audit_log.AuditEntry.select().count(),
        )
        kept = (
            audit_log.AuditEntry.select()
            .where(audit_log.AuditEntry.after.startswith("both-"))
            .count()
        )
    good = [
        figure(
            f"{presses} presses of one button on two servers",
            f"{made} event, answers {sorted(answers)}",
            made == 1 and len(answers) == presses and all(a < 500 for a in answers),
        ),
        figure("a sign-in on one server, used on both", f"answers {reads}", reads == [200, 200]),
        figure(
            "both servers write audit rows at once",
            f"{kept} of {2 * saves} saves told, {told} rows, chain:"
            f" {'; '.join(chain[:2]) or 'holds'}",
            not chain and kept == saved.count(302) == 2 * saves,
        ),
    ]
    if not all(good):
        print(*(p.said()[-2000:] for p in portals), sep="\n")
    return all(good)


def main(presses=20, saves=40):
    """The full figures, on a PostgreSQL of our own."""
    server = postgres.start()
    try:
        return 0 if two_servers(server.get_uri(), presses, saves) else 1
    finally:
        server.cleanup()


if __name__ == "__main__":
    sys.exit(main())
