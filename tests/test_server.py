"""The server as the README's command starts it: behind a web server, with slow callers, asked by a
monitor, refused at the start.

Everything goes through a socket to a real waitress; `PROXIES` holds what Caddy and nginx send.
"""

import contextlib
import ctypes
import hashlib
import http.client
import json
import re
import select
import socket
import sqlite3
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest
from conftest import HANGS, until
from live import common, live  # noqa: F401  (a fixture)
from waitress import wasyncore

import app as program
import commands
import config
from ops import server

ROOT = Path(__file__).resolve().parent.parent
NAME = "portal.school.example"
TOKEN = re.compile(r'name="csrf_token" value="([^"]*)"')
FORGED = "6.6.6.6"


def caddy(client, **forged):
    """What Caddy's reverse_proxy sends: what a client says in these headers is not passed on."""
    return {
        "Host": NAME,
        "X-Forwarded-For": client,
        "X-Forwarded-Host": NAME,
        "X-Forwarded-Proto": "https",
    }


def nginx(client, **forged):
    """What nginx sends with the lines of docs/technician.md; other headers of a client are passed
    on.
    """
    return {**forged, "Host": NAME, "X-Forwarded-For": client, "X-Forwarded-Proto": "https"}


def nginx_appending(client, **forged):
    """The same with $proxy_add_x_forwarded_for, which many copy: it appends to what the client
    says.
    """
    chain = ", ".join([*filter(None, [forged.pop("X-Forwarded-For", "")]), client])
    return {**nginx(client, **forged), "X-Forwarded-For": chain}


PROXIES = (caddy, nginx, nginx_appending)


class Caller:
    """A browser that keeps its cookie: `ask(method, path, fields, headers)` gives (status, headers,
    page).
    """

    def __init__(self, portal, source=None, host=None):
        place = (source, 0) if source else None
        self.wire = http.client.HTTPConnection(
            host or portal.host, portal.port, timeout=HANGS, source_address=place
        )
        self.cookie = ""

    def ask(self, method, path, fields=(), headers=None):
        """Send one request, with the token of the last page."""
        sent = dict(headers or {})
        body = None
        if method == "POST":
            body, sent["Content-Type"] = common.encode(fields)
        if self.cookie:
            sent["Cookie"] = self.cookie
        if sent.get("X-Forwarded-Proto") == "https":
            # browsers send it, and Flask-WTF asks for it
            sent["Referer"] = f"https://{NAME}/"
        self.wire.request(method, path, body, sent)
        answer = self.wire.getresponse()
        page = answer.read().decode("utf-8", "replace")
        for line in answer.headers.get_all("Set-Cookie") or ():
            if "portal=" in line:
                self.cookie = line.partition(";")[0]
        return answer.status, answer.headers, page

    def guess(self, name, headers=None):
        """One wrong password; the sentence of the page."""
        _, _, page = self.ask("GET", "/sign-in", headers=headers)
        token = TOKEN.search(page).group(1)
        fields = [("user_name", name), ("password", "wrong word here"), ("csrf_token", token)]
        _, _, page = self.ask("POST", "/sign-in", fields, headers)
        return (
            "too many" if "Too many tries" in page else "wrong" if "is not right" in page else page
        )


def rows(portal, query):
    """Rows of the portal's database."""
    with contextlib.closing(sqlite3.connect(portal.folder / "portal.db")) as database:
        return database.execute(query).fetchall()


def log_places(portal):
    """The addresses that stand in the lines of the log."""
    lines = common.logged(portal.folder).splitlines()
    return {json.loads(line).get("place") for line in lines if line.startswith("{")}


@pytest.fixture(scope="module")
def started(tmp_path_factory):
    """Start the portal with an environment; all are stopped at the end of the module."""
    running = []

    def start(**environment):
        running.append(common.Portal(tmp_path_factory.mktemp("server") / "data", **environment))
        return running[-1]

    yield start
    for portal in running:
        portal.stop()


@pytest.fixture(scope="module")
def behind(started):
    """The portal behind a web server of this computer that does HTTPS."""
    return started(BEHIND_HTTPS="1", HOSTS=NAME)


# --- behind HTTPS
@pytest.mark.parametrize("proxy", PROXIES)
def test_behind_https_the_browser_is_told_to_stay_there(behind, proxy):
    status, headers, _ = Caller(behind).ask("GET", "/sign-in", headers=proxy("10.1.1.1"))
    assert status == 200
    assert headers["Strict-Transport-Security"] == "max-age=31536000"
    cookie = headers["Set-Cookie"].split("; ")
    assert cookie[0].startswith("__Host-portal=")
    assert {"Secure", "HttpOnly", "Path=/"} <= set(cookie)


def counted(portal, place):
    """Whether a guess was counted for this address."""
    key = hashlib.sha256(f"password place {place}".encode()).hexdigest()
    return (key,) in rows(portal, "SELECT key FROM sign_in_try")


@pytest.mark.parametrize("proxy", PROXIES)
def test_a_guess_is_counted_for_the_real_address(behind, proxy):
    place = f"10.2.{PROXIES.index(proxy)}.1"
    forged = {"X-Forwarded-For": FORGED, "Forwarded": f"for={FORGED}"}
    assert Caller(behind).guess(proxy.__name__, proxy(place, **forged)) == "wrong"
    assert counted(behind, place)
    assert not counted(behind, FORGED) and not counted(behind, "127.0.0.1")


def test_who_guesses_at_one_address_shuts_out_nobody_else(behind):
    """Each guess names another account and another forged address: the real one is counted, and
    logged.
    """
    said = []
    for number in range(21):
        forged = {"X-Forwarded-For": f"6.6.6.{number}"}
        headers = nginx_appending("10.2.9.1", **forged)
        said.append(Caller(behind).guess(f"somebody{number}", headers))
    assert said == ["wrong"] * 20 + ["too many"]
    assert Caller(behind).guess("another", nginx_appending("10.2.9.2")) == "wrong"
    assert "10.2.9.1" in log_places(behind)


def test_the_place_of_a_sign_in_is_the_real_one(started):
    portal = started(BEHIND_HTTPS="1", HOSTS=NAME)
    link = re.search(rf"https://{NAME}(/first-account/\S+)", portal.said()).group(1)
    caller = Caller(portal)
    headers = nginx_appending("2001:db8::7", **{"X-Forwarded-For": FORGED})
    _, _, page = caller.ask("GET", link, headers=headers)
    words = "harbour violet spoon teapot"
    fields = [
        ("full_name", "Ted Technician"),
        ("user_name", "ted"),
        ("new_password", words),
        ("again", words),
        ("csrf_token", TOKEN.search(page).group(1)),
    ]
    status, _, page = caller.ask("POST", link, fields, headers)
    assert status == 302, page
    assert rows(portal, "SELECT place FROM signed_in") == [("2001:db8::7",)]


def test_a_name_that_is_not_ours_is_refused_behind_https_too(behind):
    for headers in (
        caddy("10.1.1.1") | {"X-Forwarded-Host": "evil.example"},
        {"Host": "evil.example"},
    ):
        assert Caller(behind).ask("GET", "/sign-in", headers=headers)[0] == 400


def test_only_the_named_proxy_is_believed(started):
    portal = started(BEHIND_HTTPS="1", HOSTS=NAME, TRUSTED_PROXY="127.0.0.5")
    believed = Caller(portal, "127.0.0.5").ask("GET", "/sign-in", headers=nginx("10.1.1.1"))
    assert "Strict-Transport-Security" in believed[1]
    other = Caller(portal, "127.0.0.6")
    assert (
        "Strict-Transport-Security"
        not in other.ask("GET", "/sign-in", headers=nginx("10.1.1.1"))[1]
    )
    assert other.guess("somebody", {"Host": NAME, "X-Forwarded-For": FORGED}) == "wrong"
    assert counted(portal, "127.0.0.6") and not counted(portal, FORGED)


def test_without_https_in_front_nobody_is_believed(live):  # noqa: F811
    portal = live.server
    forged = {
        "X-Forwarded-For": FORGED,
        "X-Forwarded-Proto": "https",
        "X-Forwarded-Host": NAME,
        "Forwarded": "for=6.6.6.6",
    }
    status, headers, _ = Caller(portal).ask("GET", "/sign-in", headers=forged)
    assert status == 200 and "Strict-Transport-Security" not in headers
    assert Caller(portal).guess("somebody", forged) == "wrong"
    assert counted(portal, "127.0.0.1") and not counted(portal, FORGED)


def has_ipv6():
    """Whether this computer has the address ::1."""
    with socket.socket(socket.AF_INET6) as tried:
        try:
            tried.bind(("::1", 0))
        except OSError:
            return False
    return True


def test_a_proxy_that_comes_by_ipv6_is_believed(started):
    given = {"HOST": "::1", "BEHIND_HTTPS": "1", "HOSTS": NAME}
    if not has_ipv6():  # then the start says so
        return refused("HOST=::1 is not an address of this computer", **given)
    portal = started(**given)
    _, headers, _ = Caller(portal).ask("GET", "/sign-in", headers=caddy("2001:db8::1"))
    assert "Strict-Transport-Security" in headers


def test_host_of_two_colons_means_every_address(started):
    given = {"HOST": "::", "BEHIND_HTTPS": "1", "HOSTS": NAME}
    if not has_ipv6():
        return refused("HOST=:: is not an address of this computer", **given)
    portal = started(**given)
    for host in ("127.0.0.1", "::1"):
        _, headers, _ = Caller(portal, host=host).ask("GET", "/sign-in", headers=caddy("10.1.1.1"))
        assert "Strict-Transport-Security" in headers, host


def test_on_ipv6_alone_the_address_that_is_printed_is_answered(started):
    if not has_ipv6():
        return refused("HOST=::1 is not an address of this computer", HOST="::1")
    portal = started(HOST="::1")
    assert f"The portal is at http://localhost:{portal.port} " in portal.said()
    assert (
        Caller(portal).ask("GET", "/sign-in", headers={"Host": f"localhost:{portal.port}"})[0]
        == 200
    )


# --- a monitor
def test_a_monitor_of_this_computer_is_answered_and_leaves_no_trace(behind):
    def traces():
        return [
            rows(behind, f"SELECT COUNT(*) FROM {table}")
            for table in ("audit_entry", "signed_in", "sign_in_try")
        ]

    before = traces()
    for host in (f"127.0.0.1:{behind.port}", f"localhost:{behind.port}", NAME):
        status, headers, words = Caller(behind).ask("GET", "/healthz", headers={"Host": host})
        assert (status, words, headers["Content-Type"]) == (
            200,
            "ok\n",
            "text/plain; charset=utf-8",
        )
        assert "Set-Cookie" not in headers
    assert traces() == before
    assert Caller(behind).ask("GET", "/healthz", headers={"Host": "evil.example"})[0] == 400
    assert (
        Caller(behind).ask("GET", "/sign-in", headers={"Host": f"127.0.0.1:{behind.port}"})[0]
        == 400
    )


def test_a_monitor_is_told_when_the_database_does_not_answer(started):
    """Also a browser that was signed in, of which nothing is asked."""
    portal = started()
    caller = Caller(portal)
    cookie, _ = common.signed(portal.folder, {"_user_id": "somebody"})
    caller.cookie = f"portal={cookie}"
    assert caller.ask("GET", "/healthz")[0] == 200
    with contextlib.closing(sqlite3.connect(portal.folder / "portal.db")) as database:
        database.execute("ALTER TABLE setting RENAME TO lost")
        database.execute("ALTER TABLE signed_in RENAME TO lost_too")
    status, _, words = caller.ask("GET", "/healthz")
    assert (status, words) == (503, "the database does not answer\n")
    assert "the database does not answer: OperationalError in" in common.logged(portal.folder)


# --- the start
def command(*words, folder="/nonexistent", **how):
    """Run a command of the program to its end."""
    given = how.pop("environment", {})
    return subprocess.run(
        [sys.executable, "-B", *words],
        cwd=ROOT,
        env=common.environment(folder, **given),
        capture_output=True,
        text=True,
        check=False,
        timeout=HANGS,
        **how,
    )


def refused(words, *, start="run", folder="/nonexistent", how=None, **environment):
    """See that a start ends with code 2 and one plain sentence, and prints nothing else."""
    done = command("commands.py", start, folder=folder, environment=environment, **(how or {}))
    assert done.returncode == 2, done
    assert words in done.stderr and "Traceback" not in done.stderr, done.stderr
    assert done.stdout == "", "It printed what is not so."
    assert not Path(folder).is_dir() or not list(Path(folder).glob("portal.db"))


@pytest.mark.parametrize("start", ["run", "demo"])
def test_a_port_in_use_is_said_before_anything_is_made(tmp_path, start):
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        refused(f"Port {port} is in use", start=start, folder=tmp_path / "data", PORT=str(port))
    assert not (tmp_path / "data").exists()


@pytest.mark.parametrize("port", ["http", "70000", "0", "-1", "8000 ", "٣"])
def test_a_port_that_is_none_is_refused(tmp_path, port):
    refused(
        f"PORT={port} is not a port: 1 to 65535",
        folder=tmp_path / "data",
        PORT=port,
    )
    assert not (tmp_path / "data").exists()


def without_the_right_to_low_ports():
    """Take from this process, when it is root's, the right to ports below 1024 (capability 10, by
    prctl 24).
    """
    ctypes.CDLL(None).prctl(24, 10, 0, 0, 0)


def test_a_port_of_the_administrator_is_refused_with_the_cure(tmp_path):
    first = Path("/proc/sys/net/ipv4/ip_unprivileged_port_start")
    words = "This user may not use port 80"
    if first.exists() and int(first.read_text()) <= 80:  # here everybody may
        assert words in server.bind_refusal(
            PermissionError(13, "Permission denied"), "127.0.0.1", 80
        )
        return
    how = {"preexec_fn": without_the_right_to_low_ports}
    refused(words, folder=tmp_path / "data", PORT="80", how=how)


@pytest.mark.parametrize("host", ["198.51.100.7", "no-such-name.invalid", "300.1.1.1"])
def test_a_host_that_is_not_ours_is_refused(tmp_path, host):
    refused(
        f"HOST={host} is not an address of this computer",
        folder=tmp_path / "data",
        HOST=host,
        HOSTS=NAME,
        INSECURE_HTTP="1",
        PORT=str(common.free_port()),
    )


WRONG_SETTINGS = (
    ("TRUSTED_PROXY=caddy is not an address", {"TRUSTED_PROXY": "caddy", "BEHIND_HTTPS": "1"}),
    ("BEHIND_HTTPS=ture is neither on nor off", {"BEHIND_HTTPS": "ture"}),
    ("INSECURE_HTTP=sure is neither on nor off", {"INSECURE_HTTP": "sure"}),
    ("HOSTS=https://a.example is not a name", {"HOSTS": "b.example, https://a.example"}),
    ("HOSTS=a.example b.example is not a name", {"HOSTS": "a.example b.example"}),
    ("DATABASE_URL names no database that", {"DATABASE_URL": "mysql://me:secret@there/portal"}),
)


@pytest.mark.parametrize("words, given", WRONG_SETTINGS)
def test_a_wrong_setting_is_refused_by_its_name(tmp_path, words, given):
    refused(words, folder=tmp_path / "data", **{"HOSTS": NAME, **given})


def test_an_unsafe_address_is_refused_with_exit_code_2(tmp_path):
    refused(
        "would send passwords over the network in the clear",
        folder=tmp_path / "data",
        HOST="0.0.0.0",
    )


def test_a_data_folder_that_is_none_or_takes_nothing_is_refused(tmp_path):
    (tmp_path / "file").touch()
    for folder in (tmp_path / "file", tmp_path / "file" / "data", Path("/proc/portal")):
        refused(
            f"The data folder {folder} cannot be used", folder=folder, PORT=str(common.free_port())
        )


def test_the_address_is_printed_when_it_is_answered_and_not_before(tmp_path):
    """What is printed is read as it comes: at that moment a caller must be let in."""
    port = str(common.free_port())
    with subprocess.Popen(
        [sys.executable, "commands.py", "run"],
        cwd=ROOT,
        env=common.environment(tmp_path / "data", PORT=port),
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        try:
            line = process.stdout.readline()
            assert line == f"The portal is at http://127.0.0.1:{port} - press Ctrl-C to stop it.\n"
            socket.create_connection(("127.0.0.1", int(port)), HANGS).close()
        finally:
            process.terminate()


def test_no_address_is_printed_when_another_program_was_quicker(
    portal, cast, monkeypatch, capsys, tmp_path
):
    """It took the port while the start was made ready."""
    monkeypatch.setattr(commands.backup, "_folder", tmp_path)

    def refuse(*_):
        raise config.CannotStart("Port 8000 is in use.")

    monkeypatch.setattr(commands.server, "listen", refuse)
    monkeypatch.setattr(portal.database, "connection_context", portal.database.atomic)
    monkeypatch.setattr(portal.extensions["work"], "start", lambda: None)
    with pytest.raises(config.CannotStart):
        commands.serve(portal, [])
    assert capsys.readouterr().out == ""


def test_two_that_have_bound_the_same_port_do_not_both_listen():
    first = server.bind("127.0.0.1", 0)
    port = first[0].getsockname()[1]
    second = server.bind("127.0.0.1", port)  # Linux lets two bind, and one listen
    served = server.listen(None, first)
    try:
        with pytest.raises(config.CannotStart, match=f"Port {port} is in use"):
            server.listen(None, second)
    finally:
        served.close()


def test_another_way_to_start_is_refused_in_words(tmp_path):
    done = command(
        "-m",
        "flask",
        "--app",
        "app",
        "run",
        "--port",
        str(common.free_port()),
        folder=tmp_path / "data",
    )
    assert done.returncode != 0
    assert "Start the portal with ./portal run" in done.stderr and "Traceback" not in done.stderr
    assert not (tmp_path / "data").exists()
    with pytest.raises(config.CannotStart):
        program.create_app()


@pytest.mark.parametrize("command_line", [("starts",), ("check", "--quick")])
def test_commands_work_with_the_settings_of_a_portal_behind_https(behind, command_line):
    """The look of an upgrade and of a drill at the sign-in page comes by the name that
    staff use.
    """
    done = command(
        "commands.py",
        *command_line,
        folder=behind.folder,
        environment={"BEHIND_HTTPS": "1", "HOSTS": NAME},
    )
    assert "Traceback" not in done.stderr
    assert done.returncode == 0 or command_line[0] == "check", done


# --- slow and greedy callers
def hold(port, source, number, sent):
    """Open connections from an address that send a little and then nothing."""
    made = []
    for _ in range(number):
        one = socket.create_connection(("127.0.0.1", port), HANGS, (source, 0))
        one.sendall(sent)
        made.append(one)
    return made


def closed_among(connections):
    """Those that the server has closed by now."""
    return select.select(connections, [], [], 0)[0]


HALF_A_HEADER = b"GET /sign-in HTTP/1.1\r\nHost: loc"
HALF_A_BODY = b"POST /sign-in HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000\r\n\r\nx"


@pytest.mark.parametrize(
    "sent, first",
    [(b"", 30), (HALF_A_HEADER, 40), (HALF_A_BODY, 50)],
    ids=["nothing", "half a header", "half a body"],
)
def test_600_slow_connections_keep_nobody_out(live, sent, first):  # noqa: F811
    """From four addresses at once; somebody at a fifth is answered while all of them wait."""
    with contextlib.ExitStack() as held:
        slow = []
        for last in range(first, first + 4):
            slow += hold(live.port, f"127.0.0.{last}", 150, sent)
        for one in slow:
            held.enter_context(one)
        assert Caller(live.server, "127.0.0.2").ask("GET", "/sign-in")[0] == 200
        assert not closed_among(slow), (
            "It was answered only after some of the others had been cut off."
        )


def test_one_address_has_no_more_connections_than_its_share(live):  # noqa: F811
    """The connections over its share are closed at once; others are answered, and it is again when
    it lets go.
    """
    most = server.CONNECTIONS_OF_ONE_ADDRESS
    with contextlib.ExitStack() as held:
        for one in hold(live.port, "127.0.0.7", most, HALF_A_HEADER):
            held.enter_context(one)
        with pytest.raises((http.client.RemoteDisconnected, ConnectionError)):
            Caller(live.server, "127.0.0.7").ask("GET", "/sign-in")
        assert Caller(live.server, "127.0.0.8").ask("GET", "/sign-in")[0] == 200


def test_the_proxy_has_no_such_share(behind):
    """Everybody comes from its address."""
    with contextlib.ExitStack() as held:
        slow = hold(behind.port, "127.0.0.1", server.CONNECTIONS_OF_ONE_ADDRESS + 50, HALF_A_HEADER)
        for one in slow:
            held.enter_context(one)
        assert Caller(behind).ask("GET", "/sign-in", headers=caddy("10.1.1.1"))[0] == 200
        assert not closed_among(slow)


class Pumped:
    """A server whose loop is turned by hand, so that time is what the test says."""

    def __init__(self, program):
        sockets = server.bind("127.0.0.1", common.free_port())
        self.place = sockets[0].getsockname()
        self.served = server.listen(program, sockets)

    def turn(self, times=5):
        """Do what there is to do."""
        wasyncore.loop(0.1, use_poll=True, map=self.served.map, count=times)

    def at(self, seconds):
        """Look for connections that take too long, as if so many seconds had passed."""
        for one in list(self.served.map.values()):
            if isinstance(one, server.Server):
                one.maintenance(time.time() + seconds)
        self.turn()

    def close(self):
        """End it."""
        self.served.close()


@pytest.fixture
def pumped(monkeypatch):
    """Idle connections are left alone here, so that only the length of a request counts."""
    monkeypatch.setattr(server, "IDLE_SECONDS", 1_000_000)
    made = Pumped(program=None)
    yield made
    made.close()


def is_closed(connection):
    """Whether the other side has closed it."""
    connection.setblocking(False)
    try:
        return connection.recv(1) == b""
    except BlockingIOError:
        return False


@pytest.mark.parametrize(
    "sent, most", [(HALF_A_HEADER, server.HEADER_SECONDS), (HALF_A_BODY, server.BODY_SECONDS)]
)
def test_a_request_that_drips_in_is_cut_off(pumped, sent, most):
    """However often a little more of it comes."""
    with (
        socket.create_connection(pumped.place, HANGS) as slow,
        socket.create_connection(pumped.place, HANGS) as idle,
    ):
        slow.sendall(sent)
        pumped.turn()
        slow.sendall(b"x")
        pumped.at(most - 5)
        assert not is_closed(slow)
        slow.sendall(b"x")
        pumped.turn()
        pumped.at(most + 5)
        assert is_closed(slow) and not is_closed(idle)


def test_slow_readers_hold_no_thread():
    """Twenty callers ask for 20 MB and read nothing; there are eight threads."""

    def say(environ, start):
        body = b"x" * (20 * 2**20 if environ["PATH_INFO"] == "/large" else 2)
        start("200 OK", [("Content-Length", str(len(body)))])
        return [body]

    sockets = server.bind("127.0.0.1", common.free_port())
    place = sockets[0].getsockname()
    served = server.listen(say, sockets)
    thread = threading.Thread(target=served.run, daemon=True)
    thread.start()
    with contextlib.ExitStack() as held:
        held.callback(thread.join, HANGS)
        held.callback(served.close)
        for one in hold(
            place[1], "127.0.0.1", 20, b"GET /large HTTP/1.1\r\nHost: localhost\r\n\r\n"
        ):
            held.enter_context(one)
        quick = http.client.HTTPConnection(*place, timeout=HANGS)
        quick.request("GET", "/")
        assert quick.getresponse().read() == b"xx"
        quick.close()


def test_the_server_asks_for_as_many_open_files_as_it_may_need():
    """In a process of its own, which may open few at first."""
    code = (
        "import resource; from ops import server; resource.setrlimit(resource.RLIMIT_NOFILE, (256,"
        " resource.getrlimit(resource.RLIMIT_NOFILE)[1])); print(server.connections_possible(),"
        " resource.getrlimit(resource.RLIMIT_NOFILE)[0])"
    )
    possible, files = map(int, command("-c", code).stdout.split())
    assert possible <= server.CONNECTIONS and possible * server.FILES_OF_A_CONNECTION < files
    code = code.replace("(256, resource.getrlimit(resource.RLIMIT_NOFILE)[1])", "(256, 256)")
    possible, files = map(int, command("-c", code).stdout.split())
    assert (possible, files) == (52, 256), "Fewer connections, rather than none that can be opened."


OPENS_ITS_PORT = (
    "import os, signal, socket;"
    " held = socket.create_server(('127.0.0.1', int(os.environ['PORT']))); signal.pause()"
)


def is_refused(port):
    with socket.socket() as one:
        return one.connect_ex(("127.0.0.1", port)) != 0


def test_a_portal_of_the_tests_ends_with_the_process_that_started_it(tmp_path):
    """Whatever went wrong there before it was stopped."""
    code = f"import common; p = common.Portal({str(tmp_path)!r}, words=('-c', {OPENS_ITS_PORT!r}))"
    quiet = {"stdout": subprocess.PIPE, "stderr": subprocess.DEVNULL}
    starter = common.python(f"{code}; print(p.port); 1 / 0", **quiet)
    port, _ = starter.communicate(timeout=HANGS)
    assert starter.returncode == 1
    until(lambda: is_refused(int(port)))


# --- at boot, and on Windows
def test_the_unit_for_systemd_starts_the_portal_by_its_one_command():
    """Once for each line that the program depends on; `systemd-analyze verify` looks at the
    rest.
    """
    lines = (ROOT / "docs" / "portal.service").read_text("utf-8").splitlines()
    home = "/srv/learning-pathway"
    for line in (
        f"ExecStart={home}/.venv/bin/python commands.py run",
        f"WorkingDirectory={home}",
        f"EnvironmentFile=-{home}/portal.env",
        f"ReadWritePaths={home}/data",
        f"RestartPreventExitStatus={config.CannotStart.exit_code}",
        "ProtectSystem=strict",
        "NoNewPrivileges=yes",
    ):
        assert lines.count(line) == 1, line
    files = next(line for line in lines if line.startswith("LimitNOFILE="))
    assert int(files.partition("=")[2]) > server.FILES_OF_A_CONNECTION * server.CONNECTIONS


def test_the_start_script_for_windows_has_the_line_ends_and_commands_that_windows_wants():
    words = (ROOT / "portal.cmd").read_bytes()
    assert words.count(b"\n") == words.count(b"\r\n") > 5
    assert b".venv\\Scripts\\python commands.py run\r\n" in words and b"commands.py %*" in words
