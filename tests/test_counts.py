"""Figures over the demonstration school, each computed a second way, straight from the database;
and what of them nobody may work out.
"""

import datetime
import itertools
import sqlite3
from collections import Counter
from fractions import Fraction

import pytest
from conftest import TODAY, sqlite_file

import models as m
from audit import log as audit_log
from pathway import clock
from people import User
from records.questions import SENCO
from reports.census import RULES, CensusCheck, CensusFigures, CensusReturn
from reports.governors import STAGES, Governors
from reports.roll import ChildOnRoll
from reports.small import HIDDEN, SMALL, hide_small

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
DAYS = (TODAY, TODAY - datetime.timedelta(90), TODAY - datetime.timedelta(400))
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
            assert cell in (number, HIDDEN)
            assert not (0 < number < SMALL and cell == number)
    assert told > 10
    whole = lines["All", "All children"]
    assert whole["S2"] == count(children, stage="S2")
    for line in report.all_lines:
        assert set(line.facts) == {"sort:by"}  # no order tells more
        is_hidden = HIDDEN in [line.cells[name] for name in ("S2", "S3", "E", "all")]
        assert is_hidden == (line.cells["share"] == "")


MOVED = """
    SELECT sum(started_on BETWEEN ?1 AND ?2), sum(ended_on BETWEEN ?1 AND ?2) FROM list_membership
    WHERE list = 'SEN' AND NOT void
"""
RATED = """
    SELECT rating FROM outcome_rating AS o JOIN my_plan_review AS r ON o.form_id = r.id
    WHERE status = 'sealed' AND rating <> '' AND happened_on BETWEEN ?1 AND ?2 UNION ALL
    SELECT rating FROM plus_outcome_rating AS o JOIN my_plan_plus_review AS r ON o.form_id = r.id
    WHERE status = 'sealed' AND rating <> '' AND happened_on BETWEEN ?1 AND ?2
"""
REVIEWED = "SELECT count(*) FROM placement WHERE NOT void AND reviewed_on BETWEEN ?1 AND ?2"


@pytest.mark.parametrize("day, begins", [(TODAY, "2026-09-01"), (DAYS[1], "2026-04-06")])
def test_what_happened_this_term_is_told_as_the_database_has_it(demo_school, day, begins):
    told = dict(made(Governors, day).totals([]))
    file = sqlite3.connect(demo_school[0])
    term = (begins, day.isoformat())
    moved = [number or 0 for number in file.execute(MOVED, term).fetchone()]
    rated = Counter(rating for (rating,) in file.execute(RATED, term))
    (held,) = file.execute(REVIEWED, term).fetchone()
    file.close()
    # beside the page of last term each of them gives the other away
    if any(0 < number < SMALL for number in moved):
        moved = [HIDDEN, HIDDEN]
    assert list(told.values())[:2] == moved
    expected = {"Reviews held this term": held, "Outcomes rated this term": rated.total()}
    expected |= {f"Outcomes: {rating.lower()}": rated[rating] for rating in m.RATING}
    for words, number in expected.items():
        assert told[words] in (number, HIDDEN), words
        assert not (0 < number < SMALL and told[words] == number)
    assert expected["Outcomes rated this term"] > SMALL


@pytest.mark.parametrize("came, went", [(9, 2), (0, 2), (3, 0)])
def test_who_came_is_hidden_with_who_went(came, went):
    told = hide_small({"came": came, "went": went}, [(("went",), "came")])
    assert set(told.values()) == {HIDDEN}


@pytest.mark.parametrize("day", DAYS)
def test_nobody_works_a_number_out_by_adding_and_taking_away_whole_rows(day):
    """Whatever is told of the demonstration school, in all groupings together."""
    lines = {(line.cells["by"], line.cells["group"]): line for line in made(Governors, day).lines()}
    columns = (*STAGES, "all")
    equations = []
    whole = lines.pop(("All", "All children")).cells
    for line in lines.values():
        cells = line.cells
        equations.append([(1, (id(line), name), cells[name]) for name in STAGES])
        equations[-1].append((-1, (id(line), "all"), cells["all"]))
    equations.append([(1, name, whole[name]) for name in STAGES] + [(-1, "all", whole["all"])])
    for by in {by for by, _ in lines}:
        for name in columns:
            group = [line for (one, _), line in lines.items() if one == by]
            equations.append([(1, (id(line), name), line.cells[name]) for line in group])
            equations[-1].append((-1, name, whole[name]))
    assert not worked_out(equations)


def worked_out(equations):
    """The hidden numbers that follow from [(factor, key, what is told), ...], by Gauss."""
    rows = []
    for equation in equations:
        row = {key: Fraction(factor) for factor, key, told in equation if told == HIDDEN}
        for key, used in rows:
            take_away(row, used, key)
        if row:
            key = next(iter(row))
            for _, used in rows:
                take_away(used, row, key)
            rows.append((key, row))
    return [key for key, row in rows if len(row) == 1]


def take_away(row, used, key):
    """Make a row free of a key."""
    factor = row.get(key, 0) / used[key]
    for other, number in used.items():
        left = row.get(other, 0) - factor * number
        row.pop(other, None)
        if left:
            row[other] = left


def test_gauss_finds_a_bridge_between_two_squares():
    """What no sum alone gives away: rows and columns added and taken away do."""
    hidden = {(0, 0), (0, 1), (1, 0), (1, 1), (2, 1), (2, 2), (2, 3), (3, 2), (3, 3)}
    equations = []
    for line in range(4):
        for cells in ([(line, other) for other in range(4)], [(other, line) for other in range(4)]):
            equations.append([(1, key, HIDDEN if key in hidden else 9) for key in cells])
    assert worked_out(equations) == [(2, 1)]


# --- hiding
TABLES = (
    ((2, 9, 7), (8, 8, 8)),
    ((5, 5, 0), (9, 9, 9)),
    ((1, 6, 6), (6, 6, 6)),
    ((3, 0, 0), (9, 0, 8)),
    ((1, 1, 7), (7, 7, 1)),
    ((4, 9, 0), (0, 0, 9)),
    # two squares of hidden cells, and one cell between them
    ((2, 3, 9, 9), (4, 2, 9, 9), (9, 3, 4, 5), (9, 9, 2, 4)),
)


@pytest.mark.parametrize("table", TABLES)
def test_no_hidden_number_can_be_worked_out(table):
    """By trying every table that would look the same: in each hidden cell two numbers fit."""
    counts, sums = with_sums(table)
    told = hide_small(counts, sums)
    fitting = {key: set() for key in counts}
    columns = range(len(table[0]))
    rows = []
    for row in range(len(table)):
        cells = itertools.product(*[could_be(told[row, column]) for column in columns])
        rows.append([numbers for numbers in cells if looks(sum(numbers), told[row, "all"])])
    for numbers in itertools.product(*rows):
        in_all = map(sum, zip(*numbers, strict=True))
        if all(map(looks, in_all, [told["all", column] for column in columns])):
            for key, number in with_sums(numbers)[0].items():
                fitting[key].add(number)
    for key, words in told.items():
        if words == HIDDEN:
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
    return range(1, 13) if words == HIDDEN else [words]


def looks(number, words):
    return number > 0 if words == HIDDEN else number == words


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
