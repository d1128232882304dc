"""Caddy and nginx in front of the portal, set up as docs/technician.md says: headers, addresses,
sizes, slow callers.

The two set-ups are taken from the page; only ports and the certificate are other ones. Needs both
web servers (`apt-get install nginx caddy openssl`); one that is not there is a failure, as nothing
was shown.
"""

import contextlib
import hashlib
import http.client
import json
import os
import pathlib
import re
import shutil
import socket
import sqlite3
import ssl
import subprocess
import tempfile
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer

import common

NAME = "portal.school.example"
GUIDE = common.ROOT / "docs" / "technician.md"
FORGED = {
    "X-Forwarded-For": "6.6.6.6",
    "X-Forwarded-Proto": "http",
    "X-Forwarded-Host": "evil.example",
    "Forwarded": "for=6.6.6.6",
}
TOKEN = re.compile(r'name="csrf_token" value="([^"]*)"')


def block(heading):
    """The set-up under a heading of the technician's guide."""
    text = GUIDE.read_text("utf-8").partition(f"### {heading}\n")[2]
    return text.split("```\n")[1]


def own(words, ports, folder):
    """The set-up with our ports and certificate: ports is (portal, HTTPS, HTTP)."""
    portal, https, http_port = ports
    words = words.replace("127.0.0.1:8000", f"127.0.0.1:{portal}").replace(
        "/etc/ssl/", f"{folder}/"
    )
    words = words.replace("listen 443", f"listen 127.0.0.1:{https}").replace(
        "listen 80", f"listen 127.0.0.1:{http_port}"
    )
    return re.sub(r"    listen \[::\].*\n", "", words)


def certificate(folder):
    """A certificate of our own."""
    subprocess.run(
        [
            "openssl",
            "req",
            "-x509",
            "-newkey",
            "rsa:2048",
            "-nodes",
            "-days",
            "1",
            "-subj",
            f"/CN={NAME}",
            "-addext",
            f"subjectAltName=DNS:{NAME}",
            "-keyout",
            f"{folder}/portal.key",
            "-out",
            f"{folder}/portal.crt",
        ],
        check=True,
        capture_output=True,
    )


def nginx(ports, folder):
    """The command that starts nginx on the set-up of the guide."""
    site = own(block("nginx"), ports, folder)
    (folder / "nginx.conf").write_text(
        f"user root; pid {folder}/nginx.pid; error_log {folder}/error.log; daemon off;\nevents {{"
        " worker_connections 1024; }\nhttp { access_log off; client_body_temp_path"
        f" {folder}/body; proxy_temp_path {folder}/proxy;\n{site} }}\n"
    )
    return ["nginx", "-c", f"{folder}/nginx.conf", "-p", str(folder)]


def caddy(ports, folder):
    """The command that starts Caddy on the set-up of the guide."""
    site = own(block("Caddy"), ports, folder)
    ours = f"{{\n\tadmin off\n\thttps_port {ports[1]}\n\thttp_port {ports[2]}\n"
    (folder / "Caddyfile").write_text(site.replace("{\n", ours, 1))
    return ["caddy", "run", "--adapter", "caddyfile", "--config", f"{folder}/Caddyfile"]


class Front:
    """A web server in front of a port, and callers of it."""

    def __init__(self, make, portal, folder):
        self.https, self.http = common.free_port(), common.free_port()
        words = make((portal, self.https, self.http), folder)
        self.out = (folder / "said").open("w+")
        self.process = subprocess.Popen(
            words,
            stdout=self.out,
            stderr=subprocess.STDOUT,
            cwd=folder,
            env={**os.environ, "HOME": str(folder), "XDG_CONFIG_HOME": str(folder)},
        )
        for port in (self.https, self.http):
            self.wait(port)

    def wait(self, port):
        """Wait until it answers."""
        for _ in range(600):
            if self.process.poll() is not None:
                break
            with contextlib.suppress(OSError):
                socket.create_connection(("127.0.0.1", port), 1).close()
                return
            threading.Event().wait(0.1)
        self.out.seek(0)
        raise RuntimeError(f"It did not start: {self.out.read()[-2000:]}")

    def wire(self, source):
        """A TLS connection from an address of this computer."""
        plain = socket.create_connection(("127.0.0.1", self.https), 60, (source, 0))
        trust = ssl.create_default_context()
        trust.check_hostname, trust.verify_mode = False, ssl.CERT_NONE
        return trust.wrap_socket(plain, server_hostname=NAME)

    def ask(self, method, path, body=None, source="127.0.0.2", **headers):
        """One request over HTTPS: (status, headers, words)."""
        made = http.client.HTTPConnection(NAME)
        made.sock = self.wire(source)
        made.request(method, path, body, {"Host": NAME, **headers})
        answer = made.getresponse()
        found = answer.status, answer.headers, answer.read().decode("utf-8", "replace")
        made.close()
        return found

    def stop(self):
        """End it."""
        self.process.terminate()
        self.process.wait(30)
        self.out.close()


class Echo(BaseHTTPRequestHandler):
    """Says which headers came."""

    def do_GET(self):
        said = json.dumps(sorted(self.headers.items())).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(said)))
        self.end_headers()
        self.wfile.write(said)

    def log_message(self, *_):
        """Nothing."""


def headers_sent(name, make, folder):
    """What arrives at the portal when a client forges every header: (words, whether it is as
    tests/test_server.py has it).
    """
    echo = HTTPServer(("127.0.0.1", 0), Echo)
    threading.Thread(target=echo.serve_forever, daemon=True).start()
    front = Front(make, echo.server_port, folder)
    try:
        _, _, said = front.ask("GET", "/", **FORGED)
    finally:
        front.stop()
        echo.shutdown()
    sent = {key: value for key, value in json.loads(said) if key == "Host" or "orward" in key}
    wanted = {
        "Host": NAME,
        "X-Forwarded-For": "127.0.0.2",
        "X-Forwarded-Host": NAME,
        "X-Forwarded-Proto": "https",
    }
    rest = {key: value for key, value in sent.items() if key not in wanted}
    good = {key: sent.get(key) for key in wanted} == wanted and set(rest) <= {"Forwarded"}
    return common.figure(f"{name}: headers, all forged by the client", f"{sent}", good)


def counted(portal, place):
    """Whether a guess was counted for this address."""
    key = hashlib.sha256(f"password place {place}".encode()).hexdigest()
    with contextlib.closing(sqlite3.connect(portal.folder / "portal.db")) as database:
        return (key,) in database.execute("SELECT key FROM sign_in_try").fetchall()


def through(name, make, portal, folder, source):
    """The portal behind it: HTTPS is kept, guesses are counted by the real address, size and time
    are bounded.
    """
    front = Front(make, portal.port, folder)
    try:
        status, headers, page = front.ask("GET", "/sign-in", source=source, **FORGED)
        cookie = headers["Set-Cookie"] or ""
        good = [
            common.figure(
                f"{name}: the sign-in page",
                f"{status}, {headers['Strict-Transport-Security']}, {cookie[:14]}",
                status == 200
                and headers["Strict-Transport-Security"] == "max-age=31536000"
                and cookie.startswith("__Host-portal="),
            )
        ]
        fields = [
            ("user_name", "nobody"),
            ("password", "wrong word"),
            ("csrf_token", TOKEN.search(page).group(1)),
        ]
        body, kind = common.encode(fields)
        sent = {
            **FORGED,
            "Content-Type": kind,
            "Cookie": cookie.partition(";")[0],
            "Referer": f"https://{NAME}/sign-in",
        }
        status, _, page = front.ask("POST", "/sign-in", body, source, **sent)
        real = (
            counted(portal, source)
            and not counted(portal, "6.6.6.6")
            and not counted(portal, "127.0.0.1")
        )
        good.append(
            common.figure(
                f"{name}: a guess from {source}",
                f"{status}, counted there: {real}",
                "is not right" in page and real,
            )
        )
        good.append(too_large(name, front, source))
        plain = http.client.HTTPConnection("127.0.0.1", front.http, timeout=60)
        plain.request("GET", "/sign-in", headers={"Host": NAME})
        moved = plain.getresponse()
        good.append(
            common.figure(
                f"{name}: http",
                f"{moved.status} to {moved.headers['Location']}",
                moved.status in (301, 308)
                and moved.headers["Location"].startswith(f"https://{NAME}"),
            )
        )
        plain.close()
        good.append(slow(name, front))
        return all(good)
    finally:
        front.stop()


def too_large(name, front, source):
    """A body of 13 MB is not taken. (Caddy 2.6.2 says 502 then, as it notices while it passes the
    body on.)
    """
    with contextlib.suppress(ConnectionError, ssl.SSLError):
        status, _, _ = front.ask("POST", "/sign-in", b"x" * (13 * 2**20), source)
        return common.figure(f"{name}: 13 MB", str(status), status in (413, 502))
    return common.figure(f"{name}: 13 MB", "cut off", True)


def slow(name, front):
    """60 callers at one address send half a header; another address is answered, and they are cut
    off.
    """
    with contextlib.ExitStack() as held:
        callers = [held.enter_context(front.wire("127.0.0.9")) for _ in range(60)]
        for one in callers:
            with contextlib.suppress(OSError):
                one.sendall(b"GET / HTTP/1.1\r\nHost: por")
        status, _, _ = front.ask("GET", "/sign-in", source="127.0.0.10")
        ended = 0
        for one in callers:
            one.settimeout(60)
            with contextlib.suppress(ConnectionError, ssl.SSLError):
                while one.recv(4096):
                    pass
            ended += 1
        return common.figure(
            f"{name}: 60 half headers from one address",
            f"another is answered {status}; {ended} cut off",
            status == 200 and ended == 60,
        )


def main():
    """Run both; 0 when all is as promised."""
    missing = [program for program in ("nginx", "caddy", "openssl") if not shutil.which(program)]
    if missing:
        return (
            0 if common.figure("web servers", f"not installed: {', '.join(missing)}", False) else 1
        )
    good = []
    with tempfile.TemporaryDirectory() as made:
        root = pathlib.Path(made)
        portal = common.Portal(root / "data", BEHIND_HTTPS="1", HOSTS=NAME)
        try:
            for number, (name, make) in enumerate((("Caddy", caddy), ("nginx", nginx))):
                folder = root / name
                folder.mkdir()
                certificate(folder)
                good.append(headers_sent(name, make, folder))
                good.append(through(name, make, portal, folder, f"127.0.0.{20 + number}"))
        finally:
            portal.stop()
    return 0 if all(good) else 1


if __name__ == "__main__":
    raise SystemExit(main())
