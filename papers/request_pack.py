"""The chapters of the request pack that are made from many records, as tables.

Come here to change what stands in a chapter. Where it comes from is in `pathway/ehc_request.py`.
"""

from decimal import Decimal

import workflow
from models import StrategyRating
from papers import layout
from pathway import ehc_request, measures
from pathway.provision import ProvisionCost, taken_up
from records.dates import short_day

PACK_WORDS = (
    "Why we ask for an education, health and care needs assessment, and what we have done so far."
    " It is about a child: please keep it safe."
)
CASE_TITLE = "The child's needs, and what was done"
NO_FILE = (
    "This file could not be joined: it is locked, damaged or not here. It is in the portal among"
    " the child's documents; please send it beside this pack."
)


def chapters(found, settings, on):
    """The chapters that have something to say, as the sections of one part."""
    made = (
        ("What the law asks, and where it is", checklist_tables(found, on)),
        ("Chronology", [chronology(found, on)]),
        ("Cycles of support", [cycle_table(cycle, settings) for cycle in found.cycles]),
        ("Provision: hours and cost", provision_tables(found, settings, on)),
        ("Attainment and attendance", [measure_table(found)]),
        ("Agencies and their reports", agency_tables(found)),
    )
    sections = []
    for label, tables in made:
        tables = [one for one in tables if one["table"]]
        if tables:
            sections.append({"label": label, "prompt": "", "code": "", "lines": tables})
    return layout.ready(sections, blank=False)


def table(label, heads, rows):
    columns = [{"label": head, "options": []} for head in heads]
    said = []
    for row in rows:
        said.append([printed_cell(cell) for cell in row])
    return {"name": "", "label": label, "prompt": "", "columns": columns, "table": said}


def printed_cell(cell):
    if cell is None:
        return ""
    if hasattr(cell, "year"):
        return short_day(cell)
    return str(cell)


def checklist_tables(found, on):
    rows = []
    for check in ehc_request.checklist(found, on):
        rows.append((check.asked, check.source, check.there or "Not in this pack"))
    return [table("", ("What is looked for", "Source", "What is there"), rows)]


def chronology(found, on):
    """Stages, papers, meetings and agencies up to a day, oldest first."""
    rows = []
    for placement in found.placements:
        rows.append((placement.started_on, placement.move, placement.decided_by))
    for form in found.papers():
        rows.append((form.happened_on, form.kind_name(), form.sealed_by or form.entered_by))
    for meeting in found.meetings:
        rows.append((meeting.on, meeting.kind, meeting.lead))
    for agency in found.agencies:
        rows.append((agency.asked_on, f"{agency} asked", agency.professional))
        rows.append((agency.seen_on, f"{agency} saw the child", agency.professional))
        rows.append((agency.report_on, f"{agency} reported", agency.professional))
    dated = [row for row in rows if row[0] and row[0] <= on]
    dated.sort(key=lambda row: row[0])
    return table("", ("Date", "What", "By"), dated)


def cycle_table(cycle, settings):
    """What a cycle set out to do, and how far each line of it came."""
    stage = workflow.stage_label(cycle.placement.stage, settings)
    label = f"{stage}, cycle {cycle.placement.cycle:.0f}, from"
    label = f"{label} {short_day(cycle.placement.started_on)}"
    ratings = cycle.ratings() if cycle.review else {}
    rows = []
    for line in tried(cycle.plan):
        rated = ratings.pop(line[0], None)
        rows.append((*line, *rating_cells(rated)))
    for words, rated in ratings.items():
        rows.append((words, "", "", *rating_cells(rated)))
    return table(label, ("Outcome or strategy", "Where from", "Target", "Rating", "Shown by"), rows)


def tried(plan):
    """What a plan or a Record of Concern set out to do: [(words, where from, target)]."""
    if plan is None:
        return []
    if "outcomes" not in plan.groups():
        return [(words, "", "") for words in plan.to_rate()]
    found = []
    for outcome in plan.rows("outcomes"):
        found.append((outcome.words, outcome.baseline, outcome.target))
    return found


def rating_cells(rated):
    if rated is None:
        return "Not rated", ""
    if isinstance(rated, StrategyRating):
        return rated.answer("effect"), rated.note
    return rated.answer("rating"), rated.evidence


def provision_tables(found, settings, on):
    """The lines of provision of each agreed plan, up to a day."""
    cost = ProvisionCost(settings, found.given, on)
    for cycle in found.cycles:
        rows = []
        for own, given in found.provision():
            if own is cycle:
                rows.append(provision_cells(given, cost, on))
        if rows:
            yield table(str(cycle.plan), PROVISION_HEADS, rows)


PROVISION_HEADS = ("What", "By whom", "Group", "Hours a week, school weeks, in all", "Cost so far")


def provision_cells(given, cost, on):
    time = "Not said"
    if given.hours is not None:
        weeks = cost.weeks_run(given, on)
        hours = Decimal(given.hours)
        time = f"{hours:.2f} h × {weeks:.1f} = {hours * weeks:.1f} h"
    pounds = cost.to_date(given, on)
    line = given.row
    return line.words, line.who, line.group, time, f"£{pounds:,.2f}" if pounds else ""


def measure_table(found):
    rows = []
    for course in measures.courses(found.measures):
        first = f"{course.first.value} ({short_day(course.first.on)})"
        last = f"{course.last.value} ({short_day(course.last.on)})"
        rows.append((course.measure, first, last, course.change, course.last.source))
    return table("", ("Measure", "First", "Last", "Change", "Source"), rows)


def agency_tables(found):
    """Who was asked and reported, what they recommend, and the files."""
    rows = []
    for one in found.agencies:
        report = "; ".join(map(str, found.files_of(one)))
        rows.append((one.agency, one.answer("state"), one.asked_on, one.report_on, report))
    asked = ("Agency", "Status", "Asked on", "Report on", "The report")
    advised = []
    for row in found.recommendations:
        since = "Not in a plan"
        lines = taken_up(row, found.given)
        if lines:
            since = f"{lines[-1].row.words}, from {short_day(lines[0].begins)}"
        advised.append((row.agency.agency, row.words, row.answer("decision"), since))
    files = [(one, one.kind, one.from_whom, one.dated) for one in found.files]
    return [
        table("Agencies", asked, rows),
        table("What they recommend", ("Agency", "Recommendation", "Decision", "Taken up"), advised),
        table("Documents", ("What", "Kind", "From", "Date"), files),
    ]
