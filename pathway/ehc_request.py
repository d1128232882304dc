"""What the school can show when it asks for an EHC needs assessment, and what is still lacking.

Come here to change what the request pack is made of, or what its checklist looks for. Papers marked
“Not for disclosure” and files for the SENCO and the head only are left out of everything here.
"""

from dataclasses import dataclass

import workflow
from models import (
    Agency,
    ChildStory,
    Consent,
    Document,
    FamilyThinks,
    Meeting,
    ParentInformation,
    Placement,
    PupilViews,
    Recommendation,
)
from pathway import measures, provision
from records.dates import today
from records.record import record_key

DONE = ("complete", "sealed")
VIEWS = (PupilViews, ChildStory, FamilyThinks, ParentInformation)
LITTLE = ("Not yet", "A little", "-2", "-1", "0")  # of `RATING` and `EFFECT`
TWO_CYCLES = 2  # what most local authorities ask to see


@dataclass(frozen=True)
class Cycle:
    """One cycle of support: its stage, its plan and its review, of which one may lack."""

    placement: Placement
    plan: object
    review: object

    def rows(self, paper, group):
        return paper.rows(group) if paper else []

    def ratings(self):
        """How far each outcome or strategy came: {its words: the rating row}."""
        return {str(row): row for row in self.rows(self.review, "ratings")}


@dataclass
class Evidence:
    """All that is known of a child for a request."""

    pupil: object
    placements: list
    cycles: list
    given: list  # every line of provision of the agreed plans
    views: list
    agencies: list
    recommendations: list
    meetings: list
    consents: list
    measures: list
    files: list
    left_out: int = 0

    def papers(self):
        """The papers in full, oldest first."""
        found = list(self.views)
        for cycle in self.cycles:
            found += filter(None, (cycle.plan, cycle.review))
        return found

    def files_of(self, record):
        return [one for one in self.files if one.belongs == record_key(record)]

    def provision(self):
        """What was given in each cycle by its agreed plan: [(cycle, Given)]."""
        given = {one.row: one for one in self.given}
        found = []
        for cycle in self.cycles:
            if isinstance(cycle.plan, provision.PLANS):
                lines = cycle.plan.rows("provision")
                found += [(cycle, given[line]) for line in lines if line in given]
        return found

    def reviewed(self):
        return [cycle for cycle in self.cycles if cycle.plan and cycle.review]


def evidence(pupil):
    """What there is about a child, without what is not for disclosure."""
    placements = kept(Placement, pupil, ~Placement.void)
    papers = {}
    left_out = 0
    for cls in workflow.every_form():
        written = kept(cls, pupil, cls.status.in_(DONE))
        papers[cls] = [form for form in written if not form.is_withheld()]
        left_out += len(written) - len(papers[cls])
    agencies = kept(Agency, pupil)
    shown = [one for one in agencies if not one.is_withheld()]
    files = kept(Document, pupil)
    Document.fetch_owners(files)
    given = [one for one in files if not one.is_withheld() and one.restricted != "Yes"]
    left_out += len(agencies) - len(shown) + len(files) - len(given)
    newest = Placement.select().where(Placement.id == (placements[-1].id if placements else 0))
    asked = Recommendation.agency.in_([one.id for one in shown])
    return Evidence(
        pupil=pupil,
        placements=placements,
        cycles=cycles_of(placements, papers),
        given=provision.all_given(newest, today()),
        views=[form for cls in VIEWS for form in papers[cls]],
        agencies=shown,
        recommendations=list(Recommendation.select().where(asked).order_by(Recommendation.id)),
        meetings=kept(Meeting, pupil),
        consents=kept(Consent, pupil),
        measures=measures.measures_of(pupil),
        files=given,
        left_out=left_out,
    )


def kept(cls, pupil, *conditions):
    return list(cls.select().where(cls.pupil == pupil, *conditions).order_by(cls.id))


def cycles_of(placements, papers):
    found = []
    for placement in placements:
        newest = {}
        for paper in workflow.PAPERS:
            for form in papers[paper.form]:
                if paper.kind != "side" and form.placement_id == placement.id:
                    newest[paper.kind] = form
        if newest:
            found.append(Cycle(placement, newest.get("plan"), newest.get("review")))
    return found


# --- the checklist
@dataclass(frozen=True)
class LawCheck:
    """One thing that the law or the Code looks for: what is there, and what is lacking."""

    asked: str
    source: str
    there: str
    lacks: str = ""


def checklist(found, on):
    """What the legal test needs, and what the Code says a local authority looks at."""
    return [check(found, on) for check in CHECKS]


def looked_for(asked, source, there, lacks):
    return LawCheck(asked, source, there, "" if there else lacks)


def check_needs(found, on):
    needs = [need.answer("code") for need in found.pupil.sen_needs if not need.until]
    return looked_for(
        "The child has, or may have, special educational needs",
        "Children and Families Act 2014, s.36(8)(a); Code 9.14",
        "; ".join(needs),
        "Add the SEN types under Edit details.",
    )


def check_may_need_plan(found, on):
    """Whether reviews say that progress is little despite support."""
    slow = []
    for cycle in found.reviewed():
        for words, row in cycle.ratings().items():
            if row.progress() in LITTLE:
                slow.append(words)
    there = ""
    if slow:
        there = f"Little progress despite support; rated lines that say so: {len(slow)}"
    return looked_for(
        "It may be necessary for provision to be made through a plan",
        "s.36(8)(b). This is all the law asks; the rest helps to show it",
        there,
        "No review says yet that progress is little; say why a plan may be needed all the same.",
    )


def check_attainment(found, on):
    there = ", ".join(course.measure for course in measures.courses(found.measures))
    return looked_for(
        "Attainment and rate of progress",
        "Code 9.14",
        there,
        "Add measures on the child's page, at least two of each: first and last.",
    )


def check_attendance(found, on):
    there = []
    for one in found.measures:
        if "attend" in (one.measure or "").casefold():
            there.append(measures.as_baseline(one))
    return looked_for(
        "Attendance",
        "Asked for by most local authorities",
        "; ".join(there[-2:]),
        "Add a measure called “Attendance %”.",
    )


def check_action(found, on):
    reviewed = found.reviewed()
    there = ""
    if reviewed:
        there = f"Reviewed cycles: {len(reviewed)}"
    lacks = ""
    if len(reviewed) < TWO_CYCLES:
        lacks = f"{TWO_CYCLES} reviewed cycles are usual; there are {len(reviewed)}."
    return LawCheck("Action already taken by the school", "Code 9.14", there, lacks)


def check_provision(found, on):
    """Whether each line of provision has its hours."""
    lines = found.provision()
    there = ""
    lacks = "No agreed plan names provision yet."
    if lines:
        there = f"Lines of provision with their hours: {len(lines)}"
        without = [given for _, given in lines if not given.hours]
        lacks = f"“{without[0].row}” has no minutes or times a week." if without else ""
    return LawCheck("Provision over and above the usual", "Code 9.14", there, lacks)


def check_health(found, on):
    there = [one.agency for one in found.agencies if one.report_on]
    return looked_for(
        "Physical, emotional and social development, and health",
        "Code 9.14: from clinicians and other professionals",
        ", ".join(filter(None, there)),
        "No agency has reported yet; add one, or the day its report came.",
    )


def check_reports(found, on):
    """Whether each report that came is a file in the pack."""
    without = [one.agency for one in found.agencies if one.report_on and not found.files_of(one)]
    there = ""
    lacks = "Add them under Documents, as PDF."
    if joined_files(found):
        there = f"Files at the end of this pack: {len(joined_files(found))}"
        lacks = ""
    if without:
        names = ", ".join(filter(None, without))
        lacks = f"Add the report as a PDF on the page of the agency: {names}."
    return LawCheck("Reports of professionals", "Asked for by most", there, lacks)


def check_child(found, on):
    return check_view(found, "The views of the child", (PupilViews, ChildStory))


def check_family(found, on):
    return check_view(found, "The views of the parents", (FamilyThinks, ParentInformation))


def check_view(found, asked, classes):
    there = [form for form in found.views if isinstance(form, classes)]
    said = "; ".join(map(str, there))
    return looked_for(
        asked,
        "Children and Families Act 2014, s.19",
        said,
        f"Complete “{classes[0].kind_name()}”, or say what they said at the last review.",
    )


def check_consent(found, on):
    there = ""
    for consent in found.consents:
        if consent.purpose == "EHC needs assessment" and consent.holds(on):
            there = str(consent)
    lacks = "Write down the consent to the EHC needs assessment."
    return looked_for("The family knows and agrees", "Good practice", there, lacks)


CHECKS = (
    check_needs,
    check_may_need_plan,
    check_attainment,
    check_attendance,
    check_action,
    check_provision,
    check_health,
    check_reports,
    check_child,
    check_family,
    check_consent,
)


def joined_files(found):
    """The files that can be pages of the pack."""
    return [one for one in found.files if (one.file_name or "").lower().endswith(".pdf")]
