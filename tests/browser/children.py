"""A school in which something of everything has happened: a child on every stage, and papers in
every state.

Made through workflow.py, not by clicking, so that a test of one page need not walk the whole way
there.
"""

import datetime

from conftest import HELD, START, add_row, do_papers, hold_review, press, take_to, write

import models as m
import workflow as w


def child(name, stage, user, **more):
    """A pupil who has been brought to a stage."""
    made = m.Pupil.create(
        surname=name, forename="Kim", dob=datetime.date(2018, 5, 5), year="3", form="3B", **more
    )
    m.Contact.create(pupil=made, name="Jo Parent", responsibility="Yes")
    take_to(made, stage, user, START)
    return made


def addresses(senco):
    """Make the children; where to look at each, and at their papers."""
    kids = {
        stage: child(f"Stage{stage.title()}", stage, senco)
        for stage in ("NONE", "S1", "S2", "S3", "E", "LEFT", "OFF")
    }
    kids |= {
        name: child(name, stage, senco, alert="Sits near the door.")
        for name, stage in (("Ready", "S1"), ("Asked", "S2"), ("Case", "S3"), ("Wrong", "S1"))
    }
    found = {name: f"/pupil/{kid.id}/" for name, kid in kids.items()}
    do_papers(kids["Ready"], senco)
    hold_review(kids["Ready"], senco, "no progress")
    plan = do_papers(kids["Asked"], senco)
    review = write(m.MyPlanReview, kids["Asked"], senco, HELD)
    found |= {"sealed": page(plan), "review": page(review)}
    found |= papers_of_stage_3(kids["Case"], senco)
    found["draft"] = page(write(m.RecordOfConcern, kids["S1"], senco))
    found["complete"] = page(completed(write(m.MyPlan, kids["S2"], senco), senco))
    found["consent"] = page(consent(kids["S2"]))
    m.Meeting.create(pupil=kids["S2"], kind="Team meeting", on=HELD)
    m.Strategy.create(pupil=kids["S2"], strategy="Sits near the front", since=START)
    m.BankEntry.create(bank="strategy", words="Word mat")
    found["letter"] = page(m.Letter.get(pupil=kids["S2"]))
    found["user"] = f"/user/{senco.id}/"
    return found


def papers_of_stage_3(kid, senco):
    """Five forms, a plan, a review, and the process for an EHCP begun."""
    given = write(m.ParentInformation, kid, senco)
    add_row(given, "known_services")
    completed(given, senco)
    do_papers(kid, senco)
    declined = m.PupilViews.get(pupil=kid)
    hold_review(kid, senco, "4")
    press("Begin process for an EHCP", kid, senco)
    case = m.EhcCase.get(pupil=kid)
    case.state, case.received_on = "requested", HELD
    case.save()
    return {"declined": page(declined), "filled": page(given), "case": page(case)}


def completed(form, senco):
    """Mark a paper complete."""
    w.complete(form, senco)
    return form


def consent(kid):
    """A consent that somebody gave."""
    return m.Consent.create(
        pupil=kid,
        purpose="Referral",
        to_whom="Speech therapy",
        information="All",
        answer_given="Given",
        given_by="Jo Parent",
        method="Signed",
        given_on=START,
    )


def page(record):
    """The address of a record's page."""
    return f"/{record.slug()}/{record.id}/"
