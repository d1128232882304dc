"""Figures over the demonstration school, each computed a second way, straight from the database;
and what of them nobody may work out.
"""

import datetime
import itertools
import sqlite3

import pytest
from conftest import TODAY, sqlite_file

import models as m
from audit import log as audit_log
from pathway import clock
from people import User
from records.questions import SENCO
from reports.census import RULES, CensusCheck, CensusFigures, CensusReturn
from reports.governors import Governors
from reports.roll import ChildOnRoll
from reports.small import HIDDEN, SMALL, UNDER, hide_small

DAY = "?1"
STAGE_ON = f"""
    SELECT stage FROM placement AS s WHERE s.pupil_id = p.id AND NOT s.void
    AND s.started_on <= {DAY} AND (s.ended_on IS NULL OR s.ended_on > {DAY})
"""
TYPES_ON = f"""
    SELECT group_concat(code, ' ') FROM (
    SELECT code FROM sen_need AS n WHERE n.pupil_id = p.id AND (n.since IS NULL OR n.since <= {DAY})
    AND (n.until IS NULL OR n.until > {DAY}) ORDER BY rank, id)
"""
ROLL = f"""
    SELECT p.year, p.sex, p.premium, ({STAGE_ON}) AS stage, ({TYPES_ON}) AS types FROM pupil AS p
    WHERE p.erased_on IS NULL AND (p.left_on IS NULL OR p.left_on > {DAY})
    AND (p.admitted_on IS NULL OR p.admitted_on <= {DAY})
"""
CENSUS = {"S2": "K", "S3": "K", "E": "E"}


@pytest.fixture(scope="module", autouse=True)
def demo(demo_school):
    path, _ = demo_school
    before, made = audit_log.db.obj, sqlite_file(path)
    audit_log.db.initialize(made)
    made.connect(reuse_if_open=True)
    yield
    made.close()
    audit_log.db.initialize(before)


@pytest.fixture(scope="module")
def rows(demo_school):
    """Every child on roll on a day, by SQL alone."""
    file = sqlite3.connect(demo_school[0])
    file.row_factory = sqlite3.Row
    yield lambda day: file.execute(ROLL, (day.isoformat(),)).fetchall()
    file.close()


def made(report, day=None):
    senco = User.get(User.role == SENCO)
    return report(senco, m.Setting.of_school(), day or report.first_day())


def count(rows, **wanted):
    return sum(all(row[name] == value for name, value in wanted.items()) for row in rows)


def with_census(rows):
    found = []
    for row in rows:
        code = CENSUS.get(row["stage"], "N")
        need = (row["types"] or "").split(" ")[0] if code != "N" else ""
        found.append({**dict(row), "census": code, "need": need})
    return found


def test_the_census_is_on_its_thursdays():
    days = {TODAY: (2027, 1, 21), datetime.date(2027, 1, 22): (2027, 5, 20)}
    days[datetime.date(2027, 5, 21)] = days[datetime.date(2027, 10, 7)] = (2027, 10, 7)
    for on, day in days.items():
        assert clock.next_census(on) == datetime.date(*day)


def test_the_census_figures_are_those_of_the_database(rows):
    report = made(CensusFigures)
    children = with_census(rows(report.on))
    lines = {(line.cells["by"], line.cells["group"]): line.cells for line in report.all_lines}
    questions = (("Year", "year", m.YEARS), ("Main need", "need", m.SEN_TYPES))
    sexes = ("Sex", "sex", (("F", "Female"), ("M", "Male")))
    seen = 0
    for by, name, options in (*questions, sexes):
        for value, words in options:
            expected = {code: count(children, census=code, **{name: value}) for code in "NKE"}
            if any(expected.values()):
                cells = lines[by, words]
                assert {code: cells[code] for code in "NKE"} == expected, words
                assert cells["all"] == sum(expected.values())
                seen += 1
    assert seen > 15
    totals = dict(report.totals([]))
    assert totals["On roll"] == len(children)
    assert totals["K: SEN support"] == count(children, census="K") > 0


def test_at_most_two_types_are_returned_in_their_ranks(rows):
    report = made(CensusReturn)
    expected = []
    for child in with_census(rows(report.on)):
        types = (child["types"] or "").split() if child["census"] != "N" else []
        expected.append(tuple([*types, "", ""][:2]))
    returned = [(line.cells["type_1"], line.cells["type_2"]) for line in report.all_lines]
    assert sorted(returned) == sorted(expected)
    assert any(second for _, second in returned)


def test_the_governors_numbers_are_those_of_the_database_or_hidden(rows):
    report = made(Governors, TODAY)
    children = with_census(rows(TODAY))
    lines = {(line.cells["by"], line.cells["group"]): line.cells for line in report.all_lines}
    told = 0
    for value, words in m.YEARS:
        for stage in m.Placement.stage.choices[:4]:
            number = count(children, year=value, stage=stage[0])
            if ("Year", words) not in lines:
                assert not number
                continue
            cell = lines["Year", words][stage[0]]
            told += cell == number
            assert cell in (number, UNDER if number < SMALL else HIDDEN)
            assert not (0 < number < SMALL and cell == number)
    assert told > 10
    whole = lines["All", "All children"]
    assert whole["S2"] == count(children, stage="S2")
    for line in report.all_lines:
        hidden = {UNDER, HIDDEN} & {line.cells[name] for name in ("S2", "S3", "E", "all")}
        assert bool(hidden) == (line.cells["share"] == "")


# --- hiding
TABLES = (
    ((2, 9, 7), (8, 8, 8)),
    ((5, 5, 0), (9, 9, 9)),
    ((1, 6, 6), (6, 6, 6)),
    ((3, 0, 0), (9, 0, 8)),
    ((1, 1, 7), (7, 7, 1)),
    ((4, 9, 0), (0, 0, 9)),
)


@pytest.mark.parametrize("table", TABLES)
def test_no_hidden_number_can_be_worked_out(table):
    """By trying every table that would look the same: of each hidden cell two numbers fit."""
    counts, sums = with_sums(table)
    told = hide_small(counts, sums)
    fitting = {key: set() for key in counts}
    choices = []
    for key in cells_of(table):
        choices.append(could_be(told[key]))
    for numbers in itertools.product(*choices):
        tried, _ = with_sums((numbers[:3], numbers[3:]))
        if all(looks(tried[key], told[key]) for key in counts):
            for key, number in tried.items():
                fitting[key].add(number)
    for key, words in told.items():
        if isinstance(words, str):
            assert len(fitting[key]) > 1, key
        else:
            assert words == counts[key]
            assert not 0 < words < SMALL


def test_nothing_is_hidden_where_no_number_is_small():
    counts, sums = with_sums(((7, 9, 8), (8, 0, 6)))
    assert hide_small(counts, sums) == counts


def cells_of(table):
    return [(row, column) for row in range(len(table)) for column in range(len(table[0]))]


def with_sums(table):
    counts = {(row, column): table[row][column] for row, column in cells_of(table)}
    columns = range(len(table[0]))
    sums = []
    for row in range(len(table)):
        counts[row, "all"] = sum(table[row])
        sums.append(([(row, column) for column in columns], (row, "all")))
    for column in (*columns, "all"):
        parts = [(row, column) for row in range(len(table))]
        counts["all", column] = sum(counts[part] for part in parts)
        sums.append((parts, ("all", column)))
    sums.append(([("all", column) for column in columns], ("all", "all")))
    return counts, sums


def could_be(words):
    if words == UNDER:
        return range(1, SMALL)
    return range(SMALL, 13) if words == HIDDEN else [words]


def looks(number, words):
    if words == UNDER:
        return 0 < number < SMALL
    return number >= SMALL if words == HIDDEN else number == words


# --- the faults
FAULTS = (
    ({}, "S2", (), "2170"),
    ({}, "S2", ((2, "MLD"),), ""),
    ({}, "E", ((1, "NSA"),), "2175"),
    ({"sen_unit": "Yes"}, "NONE", (), "2230, 2250"),
    ({"upn": None}, "NONE", (), "1510 to 1530"),
    ({"sex": None}, "NONE", (), ""),
    ({"sen_status": "K"}, "NONE", (), ""),
    ({}, "S3", ((1, "MLD"), (1, "ASD")), ""),
    ({}, "S3", ((1, "MLD"), (2, "MLD")), ""),
    ({"upn": "A801200001001"}, "NONE", (), "1510 to 1530"),
)


@pytest.mark.parametrize("answers, stage, needs, number", FAULTS)
def test_each_fault_of_the_census_is_a_line_with_its_cure(answers, stage, needs, number):
    known = {"upn": "H801200001001", "sex": "F", "year": "3", "surname": "A", "forename": "B"}
    report = made(CensusCheck)
    report.children = [ChildOnRoll(m.Pupil(**known | answers), stage, list(needs))]
    [line] = report.all_lines
    assert line.cells["rule"] == number
    assert line.cells["cure"]


def test_there_is_a_case_for_each_rule_of_the_census():
    assert len(FAULTS) == len(RULES)
