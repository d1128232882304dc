"""Children are kept apart on the real server, as the README's command starts it: what the first
half of test_apart.py shows of the program.
"""

import re

from live import live  # noqa: F401  (a fixture)

NAMED = {"contacts-0-name": "Jo Parent", "year": "3"}


def save(person, url, **typed):
    """Open the form at an address, type, save; the answer's status."""
    status, shown = person.form(url)
    assert status == 200
    names = {n for n, _ in shown}
    sent = (
        [(n, typed.get(n, v)) for n, v in shown]
        + [(n, v) for n, v in typed.items() if n not in names]
        + [("do", "save")]
    )
    return person.ask("POST", url, sent)[0]


def line(person, url):
    """The number of the first contact on a child's form; empty when there is none."""
    return dict(person.form(url)[1])["contacts-0-row_id"]


def child(person, surname):
    """The address of a child: Enter after the surname in the box on top of the page leads to the
    only hit.
    """
    status, _, found = person.ask("POST", "/pupil/", [("search", surname)])
    assert status == 303, status
    status, _, there = person.ask("GET", found)
    assert status == 302 and re.fullmatch(r"/pupil/\d+/", there), (status, there)
    return there


def test_the_number_of_a_line_that_was_taken_out_goes_to_no_other_child(live):  # noqa: F811
    senco = live.person("senco")
    first, second = f"{child(senco, 'Sur000')}edit/", f"{child(senco, 'Sur001')}edit/"
    assert save(senco, first, **NAMED) == 302
    taken = line(senco, first)
    assert save(senco, first, **{"contacts-0-gone": "y"}) == 302 and line(senco, first) == ""
    assert save(senco, second, **{**NAMED, "contacts-0-name": "Al Other"}) == 302
    assert int(line(senco, second)) > int(taken)
    status, page, _ = senco.ask("GET", f"/contact/{line(senco, second)}/")
    assert status == 200 and "Al Other" in page and "Jo Parent" not in page
    assert senco.ask("GET", f"/contact/{taken}/")[0] == 404


def test_enter_in_a_list_sends_no_file(live):  # noqa: F811
    """What a browser sends for Enter: the form's own address and no button."""
    senco = live.person("senco")
    status, _, there = senco.ask("POST", "/pupil/", [("search", "Sur")])
    assert status == 303 and "Sur" not in there
    status, page, _ = senco.ask("GET", there)
    assert status == 200 and "<h1>Pupils</h1>" in page and "Sur007" in page


def test_a_number_that_no_row_has_is_no_page(live):  # noqa: F811
    senco = live.person("senco")
    for number in (2**31, 2**63, 10**40):
        assert (
            senco.ask("GET", f"/pupil/{number}/")[0] == 404
            and senco.ask("GET", f"/draft/{number}/")[0] == 404
        )
