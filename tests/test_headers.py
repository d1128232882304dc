"""The headers of every answer, word for word: pages, errors, downloads, static files; cookies; how
the portal may be reached.
"""

import hashlib
import logging
import re

import click
import pytest
from web import HEADERS, address, rules
from web import header_faults as faults

import app as program
import config
import models as m
from admin_views import home
from admin_views.account import views as account

ENVIRONMENT = ("HOST", "HOSTS", "PORT", "BEHIND_HTTPS", "INSECURE_HTTP", "TRUSTED_PROXY")


def clear(monkeypatch, **given):
    """The environment of a start."""
    for name in ENVIRONMENT:
        monkeypatch.delenv(name, raising=False)
    for name, value in given.items():
        monkeypatch.setenv(name, value)


# --- every answer
def test_every_route_has_exactly_these_headers_for_a_stranger_too(school, browser):
    """What those who are signed in get is checked at each answer of test_access.py, as at every
    answer to a Browser.
    """
    stranger, found, met = browser(None), [], set()
    for method in ("GET", "POST"):
        for _, rule in rules(school.app, method):
            # a POST without its token: 400
            response = stranger.client.open(address(school, rule), method=method)
            met.add(response.status_code)
            found += [f"{method} {rule}: {fault}" for fault in faults(response)]
    assert not found, "\n".join(found)
    assert met == {200, 302, 400, 410}


def test_the_check_of_headers_finds_what_is_missing_wrong_or_too_much(portal):
    response = portal.test_client().get("/sign-in")
    assert faults(response) == []
    del response.headers["X-Frame-Options"]
    response.headers["Referrer-Policy"], response.headers["Server"] = "unsafe-url", "waitress 3"
    response.headers.add("Cache-Control", "public")
    assert [f.partition(":")[0] for f in faults(response)] == [
        "Cache-Control",
        "Referrer-Policy",
        "Server",
        "X-Frame-Options",
    ]


def test_every_error_has_exactly_these_headers_and_a_plain_page(school, browser, monkeypatch):
    monkeypatch.setitem(school.app.config, "PROPAGATE_EXCEPTIONS", False)
    monkeypatch.setattr(home, "told", lambda user, group: 1 / 0)
    teacher, technician = browser("teacher").client, browser("technician").client
    answers = {
        400: teacher.post("/pupil/"),
        403: technician.get("/pupil/"),
        404: teacher.get("/no-such-page"),
        405: teacher.get("/sign-out"),
        413: teacher.post("/pupil/", data={"words": "x" * 70_000}),
        414: teacher.get("/pupil/?" + "x" * 5_000),
        415: teacher.post("/pupil/", json={}),
        500: teacher.get("/"),
    }
    for code, response in answers.items():
        assert (response.status_code, response.mimetype, faults(response)) == (
            code,
            "text/html",
            [],
        ), code
        assert "Traceback" not in response.text and "ZeroDivision" not in response.text


def test_what_is_downloaded_has_exactly_these_headers(school, browser):
    person = browser("senco")
    key, data = school.records["mine"]["Document"].id, school.app.config["DATA_DIR"]
    (data / "files").mkdir(exist_ok=True)
    (data / "files" / ("0" * 32)).write_bytes(b"%PDF-1.7")
    m.Document.update(sha256=hashlib.sha256(b"%PDF-1.7").hexdigest()).where(
        m.Document.id == key
    ).execute()
    downloads = {
        "pdf": person.client.get("/my-plan/blank.pdf"),
        "csv": person.post("/pupil/spreadsheet/"),
    }
    assert {k: (r.status_code, faults(r)) for k, r in downloads.items()} == {
        "pdf": (200, []),
        "csv": (200, []),
    }
    file = person.client.get(f"/document/{key}/file")
    assert (
        file.status_code == 200
        and not faults(file)
        and file.headers["Content-Security-Policy"].startswith("sandbox; ")
    )


@pytest.mark.parametrize("name", ["portal.css", "portal.js", "icon.svg"])
def test_static_files_have_exactly_these_headers(portal, name):
    response = portal.test_client().get(f"/static/{name}")
    assert response.status_code == 200 and not faults(response)


def test_no_source_is_open_but_our_own():
    assert (
        "unsafe" not in HEADERS["Content-Security-Policy"]
        and "http" not in HEADERS["Content-Security-Policy"]
    )


def test_when_nothing_works_the_error_is_still_plain_and_has_the_headers(
    school, browser, monkeypatch
):
    monkeypatch.setitem(school.app.config, "PROPAGATE_EXCEPTIONS", False)
    person = browser("senco").client
    monkeypatch.setattr(m.Setting, "of_school", lambda: 1 / 0)
    response = person.get("/")
    assert (response.status_code, response.mimetype, faults(response)) == (500, "text/plain", [])
    assert re.fullmatch(r"Something went wrong\. .*reference\. [0-9A-F]{6}", response.text)


# --- from other places
@pytest.mark.parametrize(
    "site, status", [("cross-site", 403), ("same-origin", 200), ("none", 200), (None, 200)]
)
def test_another_site_changes_nothing_even_with_a_good_token(browser, site, status):
    sent = browser("senco").post(
        "/help/day/", {"words": "1/2/2027"}, headers={"Sec-Fetch-Site": site} if site else {}
    )
    assert sent.status_code == status


@pytest.mark.parametrize(
    "host, status",
    [
        ("localhost", 302),
        ("localhost:8000", 302),
        ("127.0.0.1:8123", 302),
        ("evil.example", 400),
        ("localhost.evil.example", 400),
        ("127.0.0.1.evil.example:80", 400),
        ("evil@localhost", 400),
    ],
)
def test_a_wrong_host_is_refused(portal, host, status):
    response = portal.test_client().get("/", headers={"Host": host})
    assert response.status_code == status and not faults(response)
    assert (
        status == 302 or "not known by this name" in response.text or not host.endswith("example")
    )


# --- behind HTTPS
@pytest.fixture
def https(database, cast, tmp_path, monkeypatch):
    """The portal behind a web server that does HTTPS."""
    clear(monkeypatch, BEHIND_HTTPS="1", HOSTS="portal.school.example")
    return program.create_app(database, tmp_path, testing=True)


# what waitress makes of the headers of a proxy: tests/test_server.py
HTTPS = "https://portal.school.example"


def test_behind_https_the_browser_is_told_to_stay_there_and_cookies_are_bound_to_the_host(https):
    client = https.test_client()
    response = client.get("/sign-in", base_url=HTTPS)
    assert response.status_code == 200 and not faults(
        response, **{"Strict-Transport-Security": "max-age=31536000"}
    )
    for cookie in response.headers.getlist("Set-Cookie"):
        parts = cookie.split("; ")
        assert parts[0].startswith("__Host-portal=") and sorted(parts[1:]) == [
            "HttpOnly",
            "Path=/",
            "SameSite=Lax",
            "Secure",
        ]
    assert len(response.headers.getlist("Set-Cookie")) == 1


def test_the_mark_of_a_known_device_is_bound_to_the_host_too(https, cast):
    with https.test_request_context("/", base_url=HTTPS):
        cast.senco.password = "x"
        parts = (
            account.remember_device(https.make_response(""), cast.senco)
            .headers["Set-Cookie"]
            .split("; ")
        )
    assert parts[0].startswith(f"__Host-device-{cast.senco.id}=") and {
        "HttpOnly",
        "Path=/",
        "SameSite=Lax",
        "Secure",
    } < set(parts[1:])
    assert not [p for p in parts if p.startswith("Domain")]


def test_a_made_up_host_behind_https_is_refused(https):
    assert https.test_client().get("/sign-in", base_url="https://evil.example").status_code == 400


def test_without_https_no_header_promises_it(portal):
    response = portal.test_client().get("/sign-in")
    assert "Strict-Transport-Security" not in response.headers


def test_signing_out_clears_what_the_browser_kept(browser):
    assert browser("senco").post("/sign-out").headers["Clear-Site-Data"] == '"cache", "storage"'


# --- the start
@pytest.mark.parametrize(
    "given, cure",
    [
        ({"HOST": "0.0.0.0"}, "BEHIND_HTTPS=1"),
        ({"HOST": "192.168.1.5", "HOSTS": "portal"}, "INSECURE_HTTP=1"),
        ({"HOST": "0.0.0.0", "INSECURE_HTTP": "1"}, "HOSTS"),
        ({"BEHIND_HTTPS": "1"}, "HOSTS"),
        ({"HOST": "0.0.0.0", "BEHIND_HTTPS": "1"}, "HOSTS"),
        ({"HOST": "0.0.0.0", "HOSTS": "portal", "INSECURE_HTTP": "0"}, "INSECURE_HTTP=1"),
    ],
)
def test_an_unsafe_start_is_refused_and_the_cure_is_named(
    database, tmp_path, monkeypatch, given, cure
):
    clear(monkeypatch, **given)
    with pytest.raises(click.ClickException) as refused:
        program.create_app(database, tmp_path, testing=True)
    assert cure in refused.value.message


@pytest.mark.parametrize(
    "given, told, base",
    [
        ({}, (False, ["localhost", "127.0.0.1"], False), "http://127.0.0.1:8000"),
        (
            {"HOST": "127.0.0.1", "HOSTS": "a.example, b.example", "BEHIND_HTTPS": "1"},
            (True, ["a.example", "b.example"], False),
            "https://a.example",
        ),
        (
            {"HOST": "0.0.0.0", "HOSTS": "a.example", "INSECURE_HTTP": "1", "PORT": "81"},
            (False, ["a.example"], True),
            "http://a.example:81",
        ),
    ],
)
def test_a_safe_start_is_not(monkeypatch, given, told, base):
    clear(monkeypatch, **given)
    assert (config.way_in(), config.base_url()) == (told, base)


@pytest.mark.parametrize(
    "words, on", [(" 1", 1), ("On", 1), ("TRUE", 1), ("0", 0), ("off", 0), ("No ", 0), (" ", 0)]
)
def test_a_setting_is_on_or_off_by_any_usual_word(monkeypatch, words, on):
    monkeypatch.setenv("BEHIND_HTTPS", words)
    assert config.is_on("BEHIND_HTTPS") == bool(on)


def test_to_do_without_https_is_said_on_every_page_and_in_the_log(
    database, cast, tmp_path, monkeypatch, caplog
):
    clear(monkeypatch, HOST="0.0.0.0", HOSTS="localhost", INSECURE_HTTP="1")
    with caplog.at_level(logging.WARNING):
        made = program.create_app(database, tmp_path, testing=True)
    assert "INSECURE_HTTP=1" in caplog.text
    for url in ("/sign-in", "/no-such-page"):
        assert "open without HTTPS" in made.test_client().get(url).text


def test_no_page_speaks_of_it_otherwise(portal):
    assert "open without HTTPS" not in portal.test_client().get("/sign-in").text
