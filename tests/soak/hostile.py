"""Hostile requests against the real server: what each costs the server, and how long somebody else
waits meanwhile.

ATTACKS is the table; `tests/test_limits.py` sends each of them too and holds the costs, this prints
the figures.
"""

import http.client
import os
import re
import sys
import tempfile
import threading
import time
import urllib.parse
from dataclasses import dataclass, field
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import live  # noqa: E402
from common import figure  # noqa: E402

KILO, MEGA = 1024, 1024 * 1024
# of the processor; the worst before there were limits took 82 and more
MOST_SECONDS = 3
MOST_MEMORY = 200  # MB more than before
EDGE = "edge-of-the-parts"
PARTS = f"multipart/form-data; boundary={EDGE}"
CONCERN = "/record-of-concern/1/edit/"
NEW_PAPER = "/record-of-concern/new/?pupil=1"
HEADINGS = b"Surname,Forename,Date of birth,Year,Class\n"


@dataclass
class Attack:
    """One hostile request: who sends it (nobody when None), where to, and the status it gets."""

    name: str
    status: int
    path: str
    who: str = None
    method: str = "POST"
    fields: list = None  # boxes, sent as a form usually is
    body: bytes = b""  # or what is sent instead
    kind: str = "application/x-www-form-urlencoded"
    headers: dict = field(default_factory=dict)


def marks(count):
    """A letter with that many combining marks, in the order that takes most work to sort."""
    return "a" + "\u0301\u0316" * (count // 2)


def part(headers, words=b"x"):
    """A body of one part with these headers."""
    edge = EDGE.encode()
    return b"--" + edge + b"\r\n" + headers + b"\r\n\r\n" + words + b"\r\n--" + edge + b"--\r\n"


def csv_file(data):
    """A body that sends this file of pupils."""
    return part(b'Content-Disposition: form-data; name="file"; filename="pupils.csv"', data)


def sign_in(name, status, **more):
    """An attack on the sign-in page, by somebody without an account."""
    return Attack(name, status, "/sign-in", **more)


def header(name, status, **headers):
    """An attack on the sign-in page by one long header."""
    return sign_in(
        name, status, method="GET", headers={n.replace("_", "-"): v for n, v in headers.items()}
    )


def paper(name, status, **boxes):
    """A form of a teacher with these boxes."""
    return Attack(name, status, NEW_PAPER, "teacher0", fields=[*boxes.items(), ("do", "save")])


LABEL = b'Content-Disposition: form-data; name="a"'
ATTACKS = [
    # nobody is signed in
    sign_in(
        "a password of 512 KiB of marks",
        413,
        body=part(LABEL.replace(b'"a"', b'"password"'), marks(256 * KILO).encode()),
        kind=PARTS,
    ),
    sign_in(
        "a password of 15 KiB of marks",
        422,
        body=part(LABEL.replace(b'"a"', b'"password"'), marks(7 * KILO).encode()),
        kind=PARTS,
    ),
    sign_in("3.9 million boxes", 413, body=b"a&" * 3_900_000),
    sign_in("8,000 boxes", 413, body=b"a&" * 8_000),
    sign_in("a name of 11 MB", 413, fields=[("user_name", "x" * 11 * MEGA), ("password", "x")]),
    sign_in("lists within lists", 415, body=b"[" * 10_000, kind="application/json"),
    sign_in(
        "numbers for words", 415, body=b'{"user_name": 5, "password": 6}', kind="application/json"
    ),
    sign_in("9,000 parts", 413, body=part(LABEL) * 9_000, kind=PARTS),
    sign_in("100 parts", 413, body=part(LABEL).replace(b"--\r\n", b"\r\n") * 100, kind=PARTS),
    sign_in(
        "a part with a header of 11 MB",
        413,
        body=part(LABEL + b'; x="' + b"\\" * 11 * MEGA),
        kind=PARTS,
    ),
    sign_in(
        "a part with a header of lines that go on",
        413,
        body=part(LABEL + b"\r\n " * 3 * MEGA),
        kind=PARTS,
    ),
    sign_in(
        "a part without a name", 400, body=part(b"Content-Disposition: form-data;a;a"), kind=PARTS
    ),
    sign_in(
        "a boundary of 50,000 letters",
        415,
        body=b"x",
        kind="multipart/form-data; boundary=" + "b" * 50_000,
    ),
    sign_in("48 MB", 413, body=b"x" * 47 * MEGA, kind=PARTS),
    Attack("12 MB to no page at all", 413, "/nowhere", body=b"a&" * 6 * MEGA),
    Attack("12 MB to a file of ours", 413, "/static/portal.css", body=b"a&" * 6 * MEGA),
    Attack("an address of 60,000 letters", 414, "/" + "a/" * 30_000, method="GET"),
    Attack("60,000 boxes in an address", 414, "/sign-in?" + "&" * 60_000, method="GET"),
    Attack("60,000 letters of a link", 414, "/set-up/" + "x" * 60_000, method="GET"),
    header("7,000 cookies", 200, Cookie="; ".join(f"a{n}=b" for n in range(7_000))),
    header("a packed session that nobody signed", 200, Cookie="portal=." + "A" * 60_000 + ".b.c"),
    header("30,000 languages", 200, Accept_Language="a," * 30_000),
    header("a browser's name of 60,000 letters", 200, User_Agent="Chrome" * 10_000),
    header("a host of 60,000 letters", 400, Host="a." * 30_000),
    # somebody is signed in
    paper("an answer of 512 KiB of marks", 302, strengths=marks(256 * KILO)),
    paper("an answer of a million letters", 422, strengths="x" * MEGA),
    paper("an answer of 3 MB", 413, strengths="x" * 3 * MEGA),
    paper("11 MB", 413, strengths="x" * 11 * MEGA),
    Attack(
        "20,000 boxes of lines",
        413,
        NEW_PAPER,
        "teacher0",
        fields=[(f"used-{n}-strategy", "x") for n in range(20_000)],
    ),
    Attack(
        "a line with a number of 5,000 digits",
        413,
        NEW_PAPER,
        "teacher0",
        fields=[("used-" + "9" * 5_000 + "-strategy", "x")],
    ),
    Attack(
        "a typed draft of 512 KiB of marks",
        200,
        "/draft/",
        "teacher0",
        fields=[("strengths", marks(256 * KILO)), ("draft_of", CONCERN)],
    ),
    Attack("the form with that draft", 200, CONCERN, "teacher0", "GET"),
    Attack(
        "a look-up of 60 KiB", 200, "/pupil/look-up/", "teacher0", fields=[("words", "a " * 30_000)]
    ),
    Attack(
        "a look-up of 512 KiB",
        413,
        "/pupil/look-up/",
        "teacher0",
        fields=[("words", "a " * 256 * KILO)],
    ),
    Attack(
        "a list searched for 60 KiB of marks",
        413,
        "/pupil/",
        "teacher0",
        fields=[("search", marks(30 * KILO))],
    ),
    Attack(
        "a list searched for wildcards", 303, "/pupil/", "teacher0", fields=[("search", "%_" * 50)]
    ),
    Attack(
        "a pupil named by 2,000 words",
        422,
        "/strategy/new/",
        "teacher0",
        fields=[("pupil", "a " * 2_000)],
    ),
    Attack(
        "a pupil named by 600,000 letters",
        422,
        "/strategy/new/",
        "teacher0",
        fields=[("pupil", "%" * 600 * KILO)],
    ),
    Attack(
        "a code of 15 KiB of marks",
        422,
        "/account/second-step",
        "teacher0",
        body=part(LABEL.replace(b'"a"', b'"code"'), marks(7 * KILO).encode()),
        kind=PARTS,
    ),
    Attack(
        "a number of a million digits",
        422,
        "/setting/1/edit/",
        "senco",
        fields=[("idle_minutes", "1" * MEGA)],
    ),
    Attack(
        "a part with a header of 2 MB",
        413,
        NEW_PAPER,
        "teacher0",
        body=part(LABEL + b'; x="' + b"\\" * 2 * MEGA),
        kind=PARTS,
    ),
    Attack(
        "a cell of 200 KB of marks",
        302,
        "/import/",
        "office0",
        kind=PARTS,
        body=csv_file(HEADINGS + b"A," + marks(100_000).encode() + b",1/1/2018,3,3B\n"),
    ),
    Attack(
        "a heading of 200 KB of marks",
        302,
        "/import/",
        "office0",
        kind=PARTS,
        body=csv_file(HEADINGS.replace(b"Class", marks(100_000).encode()) + b"A,B,1/1/2018,3,3B\n"),
    ),
]


# --- what it costs
def processor(pid):
    """Seconds of the processor that a process has used."""
    words = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(words[11]) + int(words[12])) / os.sysconf("SC_CLK_TCK")


def memory(pid, kind):
    """Memory of a process in MB, by its name in /proc; `VmHWM` is the highest since
    `clear_refs`.
    """
    return int(re.search(rf"{kind}:\s+(\d+)", Path(f"/proc/{pid}/status").read_text())[1]) // KILO


@dataclass
class Cost:
    """What one attack got and cost: status, page, processor seconds, MB; what somebody else got
    meanwhile, and waited.
    """

    status: int
    page: str
    seconds: float
    memory: int
    other: int
    waited: float


def send(running, attack):
    """Send an attack with the cookie and the token of whoever sends it: (status, page)."""
    wire = http.client.HTTPConnection("127.0.0.1", running.port, timeout=600)
    cookie, token = credentials(running, attack.who)
    headers = {
        "Cookie": cookie,
        "Sec-Fetch-Site": "same-origin",
        "X-CSRFToken": token,
        **attack.headers,
    }
    body = attack.body
    if attack.fields is not None:
        body = urllib.parse.urlencode([*attack.fields, ("csrf_token", token)]).encode()
    if attack.method == "POST":
        headers["Content-Type"] = attack.kind
    wire.request(attack.method, attack.path, body or None, headers)
    answer = wire.getresponse()
    return answer.status, answer.read().decode("utf-8", "replace")


def credentials(running, who):
    """The cookie and the token of somebody who is signed in, or of a page that anybody may
    fetch.
    """
    if who is not None:
        cookie, token = running.signed[who]
        return f"{running.cookie}={cookie}", token
    wire = http.client.HTTPConnection("127.0.0.1", running.port, timeout=600)
    wire.request("GET", "/sign-in")
    answer = wire.getresponse()
    token = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', answer.read().decode())[1]
    return answer.getheader("Set-Cookie").partition(";")[0], token


def cost_of(running, attack):
    """Send an attack while somebody else asks for a page again and again; its Cost."""
    pid, answers, waited = running.server.process.pid, [], []
    # the highest memory is counted from here
    Path(f"/proc/{pid}/clear_refs").write_text("5")
    before, start = memory(pid, "VmRSS"), processor(pid)
    sender = threading.Thread(target=lambda: answers.append(send(running, attack)))
    sender.start()
    other = running.person("head")
    while True:
        begun = time.perf_counter()
        status = other.ask("GET", "/sign-in")[0]
        waited.append(time.perf_counter() - begun)
        if not sender.is_alive():
            break
        time.sleep(0.02)
    sender.join()
    code, page = answers[0]
    return Cost(
        code, page, processor(pid) - start, memory(pid, "VmHWM") - before, status, max(waited)
    )


def flood(running, count=40):
    """One teacher asks for the home page over many connections at once, somebody else for a page:
    Counter, seconds waited.
    """
    answers = []

    def ask():
        answers.append(running.person("teacher1").ask("GET", "/pupil/2/")[0])

    threads = [threading.Thread(target=ask) for _ in range(count)]
    for thread in threads:
        thread.start()
    begun = time.perf_counter()
    status = running.person("head").ask("GET", "/sign-in")[0]
    waited = time.perf_counter() - begun
    for thread in threads:
        thread.join()
    return sorted(answers), status, waited


def main():
    """Send each attack; print what it cost."""
    with tempfile.TemporaryDirectory(prefix="hostile-") as folder:
        running = live.Live(Path(folder) / "data")
        good = []
        for attack in ATTACKS:
            cost = cost_of(running, attack)
            said = (
                f"{cost.status}, {cost.seconds:.2f} s of the processor, {cost.memory} MB, somebody"
                f" else waited {cost.waited:.2f} s"
            )
            cheap = cost.seconds < MOST_SECONDS and cost.memory < MOST_MEMORY
            good.append(
                figure(
                    attack.name, said, cheap and cost.status == attack.status and cost.other == 200
                )
            )
        answers, status, waited = flood(running)
        good.append(
            figure(
                "40 pages at once for one person",
                f"{answers.count(200)} pages, {answers.count(429)} refused; somebody "
                f"else waited {waited:.2f} s",
                status == 200 and set(answers) <= {200, 429},
            )
        )
        running.stop()
    return 0 if all(good) else 1


if __name__ == "__main__":
    sys.exit(main())
