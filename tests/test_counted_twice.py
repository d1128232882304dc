"""Every report over the demonstration school, counted a second way: by SQL over its tables, and by
plain sums over their rows. The census and the governors' page are in `test_counts`, what each line
of the provision map costs in `test_provision`.
"""

import datetime
import shutil
import sqlite3
from collections import Counter, defaultdict

import pytest
from conftest import TODAY, sqlite_file
from flask import Flask

import models as m
from admin_views import home, pupil_lines, sessions
from admin_views.register import REPORT_CLASSES
from audit import log as audit_log
from pathway import clock, provision
from people import User
from reports.agencies import AgenciesWaiting, RecommendationsTaken
from reports.census import CensusCheck, CensusFigures, CensusReturn
from reports.class_sheet import ClassSheet
from reports.ehcps import EhcpYear
from reports.governors import Governors
from reports.programmes import GOOD, Programmes
from reports.provision_map import AdultWeeks, ProvisionCosts, ProvisionMap
from reports.register import Register
from reports.year_end import NextPhase

ELSEWHERE = {CensusReturn, CensusFigures, Governors}
LAST_YEAR = "9"
# what the demonstration school has too little of
MORE = (
    "UPDATE pupil SET sex = NULL WHERE id % 60 = 1",
    "UPDATE pupil SET upn = NULL WHERE id % 70 = 2",
    "UPDATE pupil SET sen_status = 'K' WHERE id % 50 = 3",
    "UPDATE pupil SET sen_unit = 'Yes' WHERE id % 40 = 4",
    "DELETE FROM sen_need WHERE id % 7 = 0",
    "UPDATE strategy SET until = '2026-11-01' WHERE id % 3 = 0",
    "UPDATE agency SET report_on = NULL WHERE id % 2 = 0",
    "UPDATE provision SET size = NULL WHERE id % 11 = 0",
    "UPDATE provision SET since = '2026-12-01' WHERE id % 13 = 0",
    "UPDATE review_year SET held_on = NULL WHERE id % 3 = 0",
    "UPDATE recommendation SET decision = NULL WHERE id % 5 = 0",
    "UPDATE provision_week SET given = 1 WHERE id % 2 = 0",
    "UPDATE provision_week SET week = '2026-11-23' WHERE id % 4 = 0",
    "UPDATE placement SET void = 1 WHERE id % 30 = 0",
    "UPDATE my_plan SET lead = 'Colleague ' || id WHERE id % 2 = 0",
    """UPDATE my_plan SET supersedes = (
        SELECT max(id) FROM my_plan AS o WHERE o.pupil_id = my_plan.pupil_id AND o.id < my_plan.id
    ) WHERE status = 'sealed' AND id % 2 = 1""",
    """INSERT INTO strategy (version, pupil_id, strategy)
    SELECT 1, pupil_id, 'Pictures ' || id FROM strategy WHERE id % 2 = 0""",
    """DELETE FROM sen_need WHERE pupil_id IN (
        SELECT pupil_id FROM placement WHERE stage = 'E' AND ended_on IS NULL AND pupil_id % 2 = 0
    )""",
    """UPDATE ehc_case SET authority = 'Elsewhere', pupil_id = (
        SELECT min(pupil_id) FROM ehc_case WHERE state = 'final'
    ) WHERE state = 'assessing'""",
    """UPDATE plus_provision SET since = '2026-10-01', until = '2026-11-01' WHERE words IN (
        SELECT linked FROM recommendation WHERE decision = 'Do' AND done_on IS NULL
    )""",
    "UPDATE outcome SET words = 'Reads ten words'",
    "UPDATE outcome_rating SET outcome = 'Reads ten words'",
    "UPDATE provision SET words = (SELECT max(name) FROM programme) WHERE plan_id % 3 = 0",
    """UPDATE my_plan_review SET happened_on = (
        SELECT max(happened_on) FROM my_plan AS p WHERE p.pupil_id = my_plan_review.pupil_id
    ) WHERE id % 3 = 0""",
)
PLACED = """
placed AS (
    SELECT pupil_id, stage, stage_since, started_on, clock_from, reviewed_on FROM placement
    WHERE NOT void AND stage IN ('S1', 'S2', 'S3', 'E')
    AND started_on <= :on AND (ended_on IS NULL OR ended_on > :on)
), typed AS (
    SELECT pupil_id, code, row_number() OVER (PARTITION BY pupil_id ORDER BY rank, id) AS place
    FROM sen_need WHERE code <> '' AND (since IS NULL OR since <= :on)
    AND (until IS NULL OR until > :on)
)
"""
AGREED = """
plans AS (
    SELECT 1 AS kind, id, pupil_id, happened_on, review_by, lead, supersedes
    FROM my_plan WHERE status = 'sealed' AND happened_on <= :on
    UNION ALL
    SELECT 2, id, pupil_id, happened_on, review_by, lead, supersedes
    FROM my_plan_plus WHERE status = 'sealed' AND happened_on <= :on
), followed AS (
    SELECT *, lead(date(happened_on, '-1 day')) OVER (
        PARTITION BY pupil_id ORDER BY happened_on, kind, id
    ) AS before_next FROM plans AS p WHERE NOT EXISTS (
        SELECT 1 FROM plans AS c WHERE c.kind = p.kind AND c.supersedes = p.id
    )
), lines AS (
    SELECT 1 AS kind, plan_id, words, who, role, size, minutes, times, cost, since, until
    FROM provision UNION ALL
    SELECT 2, plan_id, words, who, role, size, minutes, times, cost, since, until
    FROM plus_provision
), own AS (
    SELECT pupil_id, words, who, role, size, minutes, times, cost,
    coalesce(since, happened_on) AS first,
    min(coalesce(until, review_by, '9999-12-31'), coalesce(before_next, '9999-12-31')) AS last
    FROM followed AS p JOIN lines AS l ON l.kind = p.kind AND l.plan_id = p.id
    JOIN placed USING (pupil_id)
), section_f AS (
    SELECT pupil_id, words, who, role, size, minutes, times, cost,
    coalesce(since, final_on, started_on) AS first,
    coalesce(date(until, '-1 day'), '9999-12-31') AS last
    FROM plan_provision AS r JOIN ehc_case AS c ON c.id = r.case_id JOIN placed USING (pupil_id)
    WHERE stage = 'E' AND coalesce(final_on, :on) <= :on AND coalesce(closed_on, '9999') > :on
), given AS (
    SELECT * FROM own UNION ALL SELECT * FROM section_f AS f WHERE NOT EXISTS (
        SELECT 1 FROM own WHERE own.pupil_id = f.pupil_id AND lower(own.words) = lower(f.words)
        AND :on BETWEEN own.first AND own.last
    )
)
"""
ON_ROLL = """
roll AS (
    SELECT p.*, coalesce(q.stage, 'NONE') AS stage FROM pupil AS p
    LEFT JOIN placed AS q ON q.pupil_id = p.id WHERE erased_on IS NULL
    AND (left_on IS NULL OR left_on > :on) AND (admitted_on IS NULL OR admitted_on <= :on)
)
"""
REGISTER = f"""
WITH {PLACED}, {AGREED}
SELECT p.id, form, stage_since, CAST(julianday(:on) - julianday(stage_since) AS INTEGER) / 7,
coalesce((SELECT code FROM typed AS t WHERE t.pupil_id = p.id AND place = 1), ''),
coalesce((SELECT code FROM typed AS t WHERE t.pupil_id = p.id AND place = 2), ''),
coalesce((SELECT lead FROM plans AS a WHERE a.pupil_id = p.id AND lead <> ''
    ORDER BY happened_on DESC, id DESC LIMIT 1), ''),
CASE WHEN premium = 'Yes' THEN 'Yes' ELSE '' END
FROM pupil AS p JOIN placed AS q ON q.pupil_id = p.id
"""
CLASS_SHEET = f"""
WITH {PLACED}, helps AS (
    SELECT pupil_id, rtrim(strategy, '.') AS words,
    row_number() OVER (PARTITION BY pupil_id ORDER BY id) AS place
    FROM strategy WHERE strategy <> '' AND (until IS NULL OR until >= :on)
)
SELECT p.id, form, alert, coalesce((SELECT group_concat(words, '; ') FROM (
    SELECT words FROM helps AS h WHERE h.pupil_id = p.id AND place <= 3 ORDER BY place)), '')
FROM pupil AS p WHERE left_on IS NULL AND (alert <> '' OR id IN (SELECT pupil_id FROM placed)
OR id IN (SELECT pupil_id FROM helps))
"""
NO_TYPE = "stage IN ('S2', 'S3', 'E') AND NOT EXISTS (SELECT 1 FROM typed WHERE pupil_id = roll.id)"
NO_SEN = "stage IN ('NONE', 'S1')"
CENSUS = "CASE stage WHEN 'E' THEN 'E' WHEN 'S2' THEN 'K' WHEN 'S3' THEN 'K' ELSE 'N' END"
CENSUS_CHECK = f"""
WITH {PLACED}, {ON_ROLL}
SELECT id, 'SEN support or a plan, but no SEN type.' FROM roll WHERE {NO_TYPE}
UNION ALL SELECT id, 'No SEN type is the main one.' FROM roll WHERE 1 <> (
    SELECT min(rank) FROM sen_need WHERE pupil_id = roll.id AND code <> ''
    AND (since IS NULL OR since <= :on) AND (until IS NULL OR until > :on))
UNION ALL SELECT id, 'A place in an SEN unit or resourced provision, but no SEN.' FROM roll
    WHERE {NO_SEN} AND 'Yes' IN (coalesce(sen_unit, ''), coalesce(resourced, ''))
UNION ALL SELECT id, 'No UPN.' FROM roll WHERE coalesce(upn, '') = ''
UNION ALL SELECT id, 'The sex is not known.' FROM roll WHERE coalesce(sex, '') = ''
UNION ALL SELECT id, 'The school''s system says another SEN status.' FROM roll
    WHERE sen_status <> '' AND sen_status <> {CENSUS}
"""
EHCP_YEAR = f"""
WITH {PLACED}, open AS (
    SELECT pupil_id, max(id) AS id FROM ehc_case
    WHERE state NOT IN ('ceased', 'withdrawn', 'closed') GROUP BY pupil_id
)
SELECT p.id, authority, date(coalesce(clock_from, started_on), '+12 months', '-1 day'),
(SELECT planned_on FROM review_year WHERE case_id = c.id AND held_on IS NULL ORDER BY id LIMIT 1),
coalesce(reviewed_on, (SELECT max(held_on) FROM review_year WHERE case_id = c.id)),
CASE WHEN year = '{LAST_YEAR}' THEN '2027-02-15' END
FROM placed AS q JOIN pupil AS p ON p.id = q.pupil_id
LEFT JOIN open AS o ON o.pupil_id = p.id LEFT JOIN ehc_case AS c ON c.id = o.id WHERE stage = 'E'
"""
AGENCIES = """
SELECT p.id, agency, state, CAST(julianday(:on) - julianday(asked_on) AS INTEGER) / 7, chased_on
FROM agency JOIN pupil AS p ON p.id = pupil_id WHERE left_on IS NULL AND report_on IS NULL
AND state IN ('Consulted', 'Referred', 'Waiting', 'Involved')
"""
RECOMMENDATIONS = f"""
WITH {PLACED}, {AGREED}, wanted AS (
    SELECT r.*, p.id AS pupil_id, (
        SELECT :on BETWEEN first AND last FROM given AS g WHERE g.pupil_id = p.id
        AND lower(g.words) = lower(linked) ORDER BY first DESC LIMIT 1
    ) AS runs FROM recommendation AS r JOIN agency AS a ON a.id = agency_id
    JOIN pupil AS p ON p.id = a.pupil_id WHERE left_on IS NULL
)
SELECT pupil_id, words, "by", CASE WHEN done_on IS NOT NULL THEN 'Done'
WHEN coalesce(decision, '') = '' THEN 'To decide' WHEN decision = 'Not now' THEN 'Not now'
WHEN runs IS NULL THEN 'Not in a plan' WHEN runs THEN 'In the plan' ELSE 'Was in a plan' END
FROM wanted
"""
NEXT_PHASE = f"""
WITH {PLACED} SELECT p.id, form, destination,
CASE WHEN looked_after = 'Yes' THEN 'Yes' ELSE '' END
FROM placed JOIN pupil AS p ON p.id = pupil_id WHERE year = '{LAST_YEAR}'
"""
# the report, its columns, and what they are by SQL behind the number of the child
BY_SQL = (
    (
        Register,
        ("form", "since", "weeks", "need_1", "need_2", "adult", "premium"),
        REGISTER,
    ),
    (ClassSheet, ("form", "alert", "strategies"), CLASS_SHEET),
    (CensusCheck, ("fault",), CENSUS_CHECK),
    (EhcpYear, ("authority", "due", "planned", "held", "phase_by"), EHCP_YEAR),
    (AgenciesWaiting, ("agency", "state", "weeks", "chased"), AGENCIES),
    (RecommendationsTaken, ("words", "by", "taken"), RECOMMENDATIONS),
    (NextPhase, ("form", "destination", "looked_after"), NEXT_PHASE),
)


@pytest.fixture(scope="module")
def file(demo_school, tmp_path_factory):
    """The demonstration school with more of some things, as a plain SQLite file."""
    path = tmp_path_factory.mktemp("counted") / "school.db"
    shutil.copy(demo_school[0], path)
    plain = sqlite3.connect(path)
    plain.row_factory = sqlite3.Row
    for statement in MORE:
        assert plain.execute(statement).rowcount, statement
    plain.commit()
    before, made = audit_log.db.obj, sqlite_file(path)
    audit_log.db.initialize(made)
    made.connect(reuse_if_open=True)
    yield plain
    made.close()
    plain.close()
    audit_log.db.initialize(before)


def made(report, on=TODAY):
    settings = m.Setting.of_school()
    settings.last_year = LAST_YEAR
    return report(User.get(User.role == "senco"), settings, on)


def in_words(rows):
    return sorted([[str(cell) for cell in row] for row in rows])


@pytest.mark.parametrize("report, columns, sql", BY_SQL, ids=[row[0].__name__ for row in BY_SQL])
def test_a_report_says_what_its_tables_say(file, report, columns, sql):
    days = [TODAY]
    if report.is_dated:
        days.append(TODAY - datetime.timedelta(100))
    for on in days:
        lines = made(report, on).lines()
        told = [[line.pupil, *[line.cells[name] for name in columns]] for line in lines]
        expected = file.execute(sql, {"on": on.isoformat()}).fetchall()
        assert len(expected) > 5
        assert in_words(told) == in_words(expected)


def test_each_report_is_counted_twice():
    summed = {ProvisionMap, ProvisionCosts, AdultWeeks, Programmes}
    assert {row[0] for row in BY_SQL} | summed | ELSEWHERE == set(REPORT_CLASSES)


# --- provision
def given_on(file, on=TODAY):
    sql = f"WITH {PLACED}, {AGREED} SELECT * FROM given"
    return [dict(row) for row in file.execute(sql, {"on": on.isoformat()})]


def runs(row, on=TODAY):
    return row["first"] <= on.isoformat() <= row["last"]


def hours_of(row):
    return (row["minutes"] or 0) * (row["times"] or 0) / 60


def is_costed(row, settings):
    return None not in (getattr(settings, f"rate_{row['role']}", None), row["size"]) and (
        row["minutes"] and row["times"]
    )


def cost_of(row, first, last, settings):
    """£ for one child, school day by school day."""
    begins = datetime.date.fromisoformat(row["first"])
    day = max(begins, first)
    last = min(datetime.date.fromisoformat(row["last"]), last)
    if day > last:
        return 0
    pounds = row["cost"] or 0 if day == begins else 0
    while day <= last:
        if clock.is_school_day(day, settings):
            pounds += hours_of(row) / 5 * float(getattr(settings, f"rate_{row['role']}"))
        day += datetime.timedelta(1)
    return pounds / row["size"]


def test_the_provision_map_has_the_lines_that_run(file):
    told = [line for line in made(ProvisionMap).lines() if "old" not in line.facts["is"]]
    expected = [row for row in given_on(file) if runs(row)]
    assert len(expected) > 50
    names = ("pupil_id", "words", "who", "first")
    assert in_words(
        [line.pupil, line.cells["words"], line.cells["who"], line.cells["from"]] for line in told
    ) == in_words([row[name] for name in names] for row in expected)


def test_hours_and_the_year_of_each_child_are_the_sums_of_the_lines(file):
    report = made(ProvisionCosts)
    begins = datetime.date(2026, 9, 1)
    rows = defaultdict(list)
    for row in given_on(file):
        rows[row["pupil_id"]].append(row)
    lines = report.lines()
    told = [key for key, mine in rows.items() if max(row["last"] for row in mine) >= "2026-09-01"]
    assert {line.pupil for line in lines} == set(told) and len(told) > 20
    for line in lines:
        mine = rows[line.pupil]
        now = [row for row in mine if runs(row)]
        this_year = [row for row in mine if row["last"] >= begins.isoformat()]
        costed = [row for row in this_year if is_costed(row, report.settings)]
        shares = [hours_of(row) / row["size"] for row in now if row["size"]]
        cells = line.cells
        assert cells["lines"] == len(now)
        assert float(cells["hours"]) == pytest.approx(sum(map(hours_of, now)), abs=0.01)
        assert float(cells["share_hours"]) == pytest.approx(sum(shares), abs=0.01)
        assert cells["uncosted"] == len(this_year) - len(costed)
        cost = sum(cost_of(row, begins, TODAY, report.settings) for row in costed)
        assert float(cells["year_to_date"]) == pytest.approx(cost, abs=0.01 * len(mine))
    assert sum(line.cells["year_to_date"] for line in lines) > 1000


def test_more_or_less_is_what_the_page_of_the_child_says(file):
    told = {}
    for line in made(ProvisionCosts).lines():
        plans = []
        for kind in (m.MyPlan, m.MyPlanPlus):
            sealed = kind.select().where(kind.pupil == line.pupil, kind.status == "sealed")
            plans.extend(sealed)
        newest = max(plans, key=lambda plan: plan.happened_on, default=None)
        last = provision.plan_before(newest, plans) if newest else None
        if last is None:
            assert line.cells["change"] is None
        else:
            more = provision.minutes_of(newest) - provision.minutes_of(last)
            told[line.pupil] = line.cells["change"]
            assert float(line.cells["change"]) == pytest.approx(float(more) / 60, abs=0.01)
    assert len(told) > 5 and any(told.values())


def test_the_week_of_each_adult_is_the_sum_of_the_lines(file):
    rows = defaultdict(list)
    for row in given_on(file):
        adult = (row["who"] or "").split(",")[0].strip()
        if adult and runs(row):
            rows[adult.casefold()].append(row)
    lines = made(AdultWeeks).lines()
    assert len(lines) == len(rows) > 10
    for line in lines:
        mine = rows[line.cells["adult"].casefold()]
        known = [row for row in mine if row["size"] and row["minutes"] and row["times"]]
        hours = sum(hours_of(row) / row["size"] for row in known)
        assert line.cells["children"] == len({row["pupil_id"] for row in mine})
        assert line.cells["lines"] == len(mine)
        assert line.cells["unknown"] == len(mine) - len(known)
        assert float(line.cells["share_hours"]) == pytest.approx(hours, abs=0.01)


@pytest.mark.parametrize("weeks", [1, 0])
def test_the_sessions_of_a_week_are_what_runs_in_it_with_what_was_given(file, monkeypatch, weeks):
    senco = User.get(User.role == "senco")
    monkeypatch.setattr(sessions.account, "me", lambda: senco)
    monday = datetime.date(2026, 11, 23) - datetime.timedelta(7 * weeks)
    last = min(monday + datetime.timedelta(4), TODAY)
    sql = "SELECT pupil_id, words, who, planned, given FROM provision_week WHERE week = ?"
    kept = {tuple(row)[:3]: tuple(row)[3:] for row in file.execute(sql, (monday.isoformat(),))}
    assert kept
    expected = []
    for row in given_on(file, last):
        key = row["pupil_id"], row["words"], row["who"]
        if runs(row, last):
            expected.append([*key, *kept.get(key, (None, None))])
    told = []
    for given, week in sessions.lines_of_week(monday):
        said = (week.planned, week.given) if week else (None, None)
        told.append([given.pupil.id, given.row.words, given.row.who, *said])
    assert in_words(told) == in_words(expected)
    assert len(told) > 50


# --- programmes
PLANNED = """
SELECT l.words, o.words AS aim, pupil_id, happened_on, p.id FROM {line} AS l
JOIN {plan} AS p ON p.id = l.plan_id JOIN {outcome} AS o ON o.id = l.outcome_id
WHERE status = 'sealed'
"""
RATED = """
SELECT outcome AS aim, rating, pupil_id, happened_on FROM {rating} AS r
JOIN {plan}_review AS p ON p.id = r.form_id WHERE status = 'sealed' AND rating <> ''
"""
OF_A_STAGE = (
    {"plan": "my_plan", "line": "provision", "outcome": "outcome", "rating": "outcome_rating"},
    {
        "plan": "my_plan_plus",
        "line": "plus_provision",
        "outcome": "plus_outcome",
        "rating": "plus_outcome_rating",
    },
)


def programme_of(words, names):
    begins = [name for name in names if words.casefold().startswith(name.casefold())]
    return max(begins, key=len, default=None)


def test_each_programme_has_the_ratings_of_the_newest_plan_before_them(file):
    names = [name for (name,) in file.execute("SELECT name FROM programme")]
    children, plans, ratings = defaultdict(set), defaultdict(set), defaultdict(Counter)
    for tables in OF_A_STAGE:
        lines = file.execute(PLANNED.format(**tables)).fetchall()
        for line in lines:
            name = programme_of(line["words"], names)
            children[name].add(line["pupil_id"])
            plans[name].add((tables["plan"], line["id"]))
        for rated in file.execute(RATED.format(**tables)):
            for name in names_of(lines, rated, names):
                ratings[name][rated["rating"]] += 1
    told = {line.cells["name"]: line.cells for line in made(Programmes).lines()}
    assert set(told) == set(names)
    for name, cells in told.items():
        assert cells["children"] == len(children[name])
        assert cells["plans"] == len(plans[name])
        assert cells["rated"] == ratings[name].total()
        assert cells["good"] == sum(ratings[name][rating] for rating in GOOD)
    assert sum(cells["good"] for cells in told.values()) > 10


def names_of(lines, rated, names):
    """The programmes of what the newest plan gave for an outcome before it was rated."""
    mine = []
    for line in lines:
        is_of = (line["pupil_id"], line["aim"]) == (rated["pupil_id"], rated["aim"])
        if is_of and line["happened_on"] <= rated["happened_on"]:
            mine.append(line)
    newest = max(((line["happened_on"], line["id"]) for line in mine), default=None)
    found = set()
    for line in mine:
        if (line["happened_on"], line["id"]) == newest:
            found.add(programme_of(line["words"], names))
    return found - {None}


# --- numbers beside the reports
def test_the_heads_home_counts_stages_today_and_on_the_last_day_of_last_term(file):
    sql = f"WITH {PLACED} SELECT stage, count(*) FROM placed GROUP BY stage"
    last_day = datetime.date(2026, 8, 31)
    today, before = (
        dict(map(tuple, file.execute(sql, {"on": on.isoformat()}))) for on in (TODAY, last_day)
    )
    head = User.get(User.role == "head")
    with Flask(__name__).app_context():
        told = {code: number for code, _, number in home.stage_counts(head)}
        day, told_before = home.last_term(head)
    assert told == today and today != before
    assert day == last_day
    assert {code: told_before.get(code, 0) for code in told} == {**dict.fromkeys(told, 0), **before}


def test_the_page_of_leavers_counts_years_and_classes(file):
    expected = {}
    for kind, column in (("year", "year"), ("class", "form")):
        sql = f"""
        SELECT {column}, count(*) FROM pupil WHERE left_on IS NULL AND {column} <> '' GROUP BY 1
        """
        for name, number in file.execute(sql):
            expected[f"{kind} {name}"] = number
    with Flask(__name__).app_context():
        groups = pupil_lines.whom_to_show(User.get(User.role == "senco"))
    groups.pop(pupil_lines.FROM_IMPORT, None)
    assert {code: number for code, (_, number) in groups.items()} == expected
