"""Five children on their way through the charts, in a real browser; two test files walk them, with
and without JavaScript.

The office types, the SENCO decides. On the way: where the child stands, both lists, the letters,
the papers and the timeline.
"""

import datetime

import pytest

START = datetime.date(2026, 9, 1)  # a Tuesday
WEEKS = datetime.timedelta(weeks=1)
SUMMER = datetime.date(2027, 7, 20)  # by when the outcomes are to be reached
S1, S2, S3, E = "Stage 1 (Record of Concern)", "Stage 2 (My Plan)", "Stage 3 (My Plan+)", "EHCP"
RECORD, REVIEW = "Record of Concern", "Record of Concern Review"
FIVE = (
    "Parent Information Form",
    "My Child's Story So Far",
    "What My Family Think",
    "Pupil Views",
    "My Plan+ Outside Agency Information Form",
)
TALKED = {"Was the parent or carer part of it?": "Yes", "Was the child part of it?": "Yes"}
PLAN_ASKS = (
    "Has the child achieved outcomes?",
    "Is a {plan} still appropriate?",
    "Has the child achieved outcomes and overcome barriers to learning?",
)
ONWARD = {
    "My Plan": "Is specialist or outside agency involvement required?",
    "My Plan+": "Does consideration for an EHCP need to be made?",
}


class Story:
    """One child, the office and the SENCO at their screens, and the day it is."""

    def __init__(self, school, chromium, script, go_to):
        self.school, self.go_to, self.script = school, go_to, script
        self.office, self.senco = (
            school.screen(chromium, who, script) for who in ("office", "senco")
        )
        self.name, self.key, self.day, self.last = None, None, None, None

    def on(self, day):
        """Another day; whose session has run out meanwhile signs in again."""
        self.day, self.last = day, None
        self.go_to(day)

    def joins(self, surname, forename, **more):
        """The office writes a new pupil down."""
        self.name = f"{surname}{'' if self.script else ' the Second'}, {forename}"
        self.office.sign_in()
        self.office.press("Add a pupil")
        self.office.fill_in(
            {
                "Surname": self.name.partition(",")[0],
                "Forename": forename,
                "Date of birth": "5/5/18",
                "Year group": "Year 3",
                "Class or form": "3B",
                "Contacts": [{"Name": "Mrs Jo Parent", "Parental responsibility": "Yes"}],
                **more,
            }
        )
        self.office.press("Save")
        self.office.says(self.name, "Not on the pathway", "Nothing has happened yet.")
        self.key = self.office.page.url.rstrip("/").rpartition("/")[2]
        self.senco.sign_in().look_up(self.name)

    def at(self, screen):
        """The child's page, as it stands now; who acted last and was led there sees it already."""
        if self.last is not screen or not screen.page.url.endswith(f"/pupil/{self.key}/"):
            screen.open(f"/pupil/{self.key}/")
        self.last = screen
        return screen

    def moves(self, words, **answers):
        """The SENCO makes a move from the child's page, and lands there again."""
        senco = self.at(self.senco)
        if not senco.page.locator(".next > .do .button", has_text=words).count():
            senco.unfold("More moves")
        senco.press(words)
        senco.fill_in(
            {**answers, **({"Date": self.day} if words != "Entered in error" else {})}, self.day
        )
        senco.press(words)
        senco.says(f"{words}: done for")
        assert words in senco.timeline() or words == "Entered in error"

    def writes(self, paper, given=None, open_with="Start"):
        """The office fills a paper in and marks it complete."""
        office = self.at(self.office)
        office.press(f"{open_with} {paper}")
        office.fill_in(given, self.day)
        office.press("Mark complete")
        office.says(f"{paper}: complete.")
        assert office.papers()[paper] == "Complete"

    def agrees(self, paper):
        """The SENCO finds a complete paper on the home page, reads it and agrees it."""
        senco = self.last = self.senco
        senco.open("/")
        line = senco.page.locator("li.child", has_text=self.name)
        senco.says(f"{paper} is complete")
        task = line.locator(".desk", has_text=f"{paper} is complete")
        senco.click(task.locator("a.button"))
        senco.press("Agree and seal")
        senco.says(f"{paper}: agreed and sealed.")
        assert senco.papers()[paper] == "Sealed"

    def reviews(self, paper, chart, given=None, leads="", after=None):
        """The office writes the review, answers the chart's questions as they come, and what is
        asked after them; the SENCO agrees it.
        """
        office = self.at(self.office)
        office.press(f"Start {paper}")
        office.fill_in({**TALKED, **(given or {})}, self.day)
        office.press("Save, then the chart's questions")
        for question, answer in chart:
            assert office.each("h1") == [question]
            office.page.get_by_role("radio", name=answer, exact=True).check()
            office.page.get_by_role("textbox").last.fill(f"Why {answer}: we saw it in class.")
            office.press("Continue")
        office.says(leads)
        if after:
            office.click(office.page.locator("[aria-labelledby=leads] li a"))
            office.fill_in(after)
        office.press("Mark complete")
        self.agrees(paper)

    def stands(self, stage, *badges, on=""):
        """Check the badges at the top of the page and both lists."""
        said = self.at(self.senco).badges()
        assert said[0] == stage and set(badges) <= set(said), said
        for name in ("Concerns List", "SEN List"):
            shown = f">{self.name} (3B)</a>" in self.senco.source(
                "/" + name.lower().replace(" ", "-") + "/"
            )
            assert shown == (name == on), f"{self.name} is{'' if shown else ' not'} on the {name}"
            assert any(b.startswith(name) for b in said) == (name == on)

    def letter(self, subject, *words):
        """The office reads the newest letter, notes that it went by post, and sees it as sent."""
        office = self.at(self.office)
        office.click(
            office.page.locator("details:has(#k-letter) a.row").filter(has_text=subject).first
        )
        office.says(subject, "Mrs Jo Parent", *words)
        office.press("Edit")
        office.fill_in({"Sent on": "today", "How": "By post"})
        office.press("Save")
        self.at(office)
        assert any(
            subject in row and "Sent" in row and "Not sent" not in row
            for row in office.each("details:has(#k-letter) a.row")
        )


@pytest.fixture
def story(school, chromium, script, go_to):
    """A child's story, ready to begin on 1 September 2026."""
    made = Story(school, chromium, script, go_to)
    made.on(START)
    return made


def record_of_concern(story):
    """A concern is raised: on the Concerns List, and the Record of Concern written by the office
    and agreed.
    """
    story.moves(
        "Place on Concerns List",
        **{
            "Who raised the concern?": "Miss Elm",
            "Which broad areas does it touch?": [
                "Cognition and learning",
                "Sensory and/or physical needs",
            ],
        },
    )
    story.stands(S1, "Census code N", on="Concerns List")
    story.writes(
        RECORD,
        {
            "Which broad areas does it touch?": ["Cognition and learning"],
            "Verbal consent": "Given",
            "When did you talk to the parent or carer?": "today",
            "When was the worry first raised?": story.day,
            "Key areas of concern": [{"What do you see?": "Guesses words from the picture"}],
            "Strategies used so far": [{"Strategy": "Reading with a partner", "From": "-4w"}],
            "Additional strategies to use within the classroom environment": [
                {"Strategy": "Word mat on the table"},
                {"Strategy": "Five minutes of sounds a day", "Who": "Mr Ash"},
            ],
        },
    )
    story.agrees(RECORD)


def concern_review(story, answer, leads):
    """The review of both strategies six weeks later."""
    story.reviews(
        REVIEW,
        [("Has the child made progress or achieved outcomes?", answer)],
        {
            "The strategies": [
                {"Effect": "0 No change" if answer == "No" else "+1 Some help"},
                {"Effect": "-1 A little worse" if answer == "No" else "+2 Great help"},
            ]
        },
        leads,
    )


def plan_answers(story, **more):
    """What makes a plan complete, beside the samples."""
    return {
        "Was the child consulted?": "Yes",
        "When and how?": "In class",
        "Was the parent or carer consulted?": "Yes",
        "When and how, with whom?": "On the telephone with Mrs Parent",
        "Review by": story.day + 6 * WEEKS,
        **more,
    }


def hasty(story, plan):
    """A plan that is marked complete too early is kept as a draft with what was typed, and can be
    gone on with there and then.
    """
    office = story.at(story.office)
    office.press(f"Start {plan}")
    office.page.locator("[id='aspirations-0-words']").fill("I want to read stories to my sister")
    office.press("Mark complete")
    assert office.page.title().startswith("Error: ")
    office.says(
        "There is a problem",
        "It is saved as a draft.",
        "Answer “How far ahead?”",
        "Add at least one line under “Needs”",
    )
    office.fill_in({"Who keeps an eye on this plan?": "Mr Ash"}, story.day)
    office.press("Save draft")
    office.says("My Plan saved.")
    assert (
        office.page.locator("[id='aspirations-0-words']").input_value()
        == "I want to read stories to my sister"
    )
    assert not office.page.locator("[id='aspirations-1-words']").count(), "the line stands twice"


def first_plan(story, plan="My Plan", open_with="Start"):
    """The first plan of a child: two outcomes, each with its own provision."""
    outcomes = [
        {"Something I will have achieved is...": words, "For which need?": at, "By when?": SUMMER}
        for at, words in enumerate(("I read ten new words a week", "I ask for help by myself"), 1)
    ]
    story.writes(
        plan,
        plan_answers(
            story,
            Aspirations=[{"Aspiration": "I want to read stories to my sister"}],
            Needs=[
                {"I need to be able to...": "Hear the sounds in words"},
                {"I need to be able to...": "Say when I am stuck"},
            ],
            Outcomes=outcomes,
            Provision=[
                {"What is provided?": "Sounds group", "For which outcome?": 1},
                {"What is provided?": "Help card", "For which outcome?": 2},
            ],
        ),
        open_with,
    )
    story.agrees(plan)
    story.senco.says(
        "I want to read stories to my sister",
        "I ask for help by myself",
        "Help card, 20 minutes, 20 times a week",
    )


def next_plan(story, plan="My Plan", **more):
    """The plan that a move has copied: what must be agreed afresh is filled in, and it is
    agreed.
    """
    story.writes(plan, plan_answers(story, **more), open_with="Go on with")
    story.agrees(plan)


def plan_review(story, plan, answers, leads, rating="A little", **more):
    """A review of the plan with the chart's answers in their order."""
    asked = [
        words.format(plan=plan)
        for words in PLAN_ASKS[: len(answers) if answers[0] == "Yes" and len(answers) > 2 else 2]
    ]
    chart = list(zip([*asked, ONWARD[plan]], answers))
    after = {}
    if plan == "My Plan" and (ONWARD[plan], "Yes") in chart:
        after["If a specialist is to be asked: what do we want to know?"] = (
            "What helps with sounds?"
        )
    story.reviews(
        f"{plan} Review",
        chart,
        {
            "Outcomes": [{"How far?": rating}, {"How far?": "Mostly"}],
            **more,
        },
        leads,
        after,
    )


def five_forms(story):
    """Four forms come in, the child does not want the fifth; the agency that was asked has the
    family's consent.
    """
    story.writes(
        FIVE[0],
        {
            "Filled in by": "Mrs Jo Parent",
            "Services": [{"Service": "Speech therapy", "May we contact them?": "Yes"}],
        },
    )
    story.writes(
        FIVE[1],
        {
            "What happened, and when": [
                {"Age or date": "2", "What happened?": "First words"},
                {"What happened?": "Nursery"},
            ]
        },
    )
    story.writes(FIVE[2], {"What do we love and admire?": "Robin makes us laugh."})
    story.at(story.office).press(f"Start {FIVE[3]}")
    story.office.page.get_by_label("Who does not want it, and why?").fill(
        "Robin would rather draw; the drawing is in the file."
    )
    story.office.press("Mark as declined")
    assert story.office.papers()[FIVE[3]] == "Declined"
    story.office.says("Robin would rather draw")
    agency_form(story)


def agency_form(story):
    """An agency is asked: nothing goes there before the family's consent is written down, which
    leads back to what was typed; the form is drawn from it.
    """
    office = story.at(story.office)
    office.page.locator("summary", has_text="Add to the record").click()
    office.press("Refer to an agency")
    office.fill_in(
        {
            "Agency": "Educational psychologist",
            "Status": "Referred",
            "What do we want to know?": "What helps with reading?",
            "Asked on": story.day,
            "Recommendations": [{"Recommendation": "Coloured paper", "Decision": "Do"}],
        },
        story.day,
    )
    office.press("Save")
    assert office.page.title().startswith("Error: ")
    office.says("Nothing may go to Educational psychologist without a consent to a referral")
    consent(story)
    office.press("Save")
    office.says("Agency saved.", "Coloured paper")
    story.at(story.office)
    story.writes(FIVE[4])
    story.senco.open("/")
    story.senco.says("Educational psychologist: referred")


def consent(story):
    """The office writes the family's consent down; what for, and to whom, is known."""
    story.office.press("Write down a consent")
    story.office.fill_in(
        {
            "Answer": "Given",
            "How?": "Signed",
            "Given or refused by": "Mrs Jo Parent",
            "Date": story.day,
        }
    )
    story.office.press("Save")
    story.office.says("Consent saved.", "Educational psychologist")


def case_step(story, step, state, on="today"):
    """The office notes a step of the EHC case."""
    story.at(story.office).page.get_by_label("Date of the step").fill(on)
    story.office.press(step)
    story.office.says(f"EHC case: {step}.")
    assert f"EHC case: {state}" in story.office.badges()


def test_a_first_concern_to_ehcp(story):
    """(a) No progress at Stage 1, My Plan for two cycles, My Plan+ with five forms, the process for
    an EHCP beside it, the EHCP.
    """
    story.joins("Oakley", "Robin")
    record_of_concern(story)
    story.letter(
        "Placed on the Concerns List: Robin Oakley",
        "closer eye on Robin's learning",
        "Tuesday 24 November 2026",
    )
    story.on(START + 6 * WEEKS)
    concern_review(story, "No", "No progress yet")
    story.moves("Move to Stage 2", **{"Main SEN type": "MLD: Moderate learning difficulty"})
    story.stands(S2, "K", "Census code K", "MLD, main need", on="SEN List")
    story.letter("SEN support begins: Robin Oakley", "formally", "Tuesday 24 November 2026")
    first_plan(story)
    story.on(START + 12 * WEEKS)
    plan_review(story, "My Plan", ("Yes", "Yes"), "The plan is still right")
    story.moves(
        "New My Plan cycle",
        **{"What changes in the plan, or why does nothing?": "More time for the sounds group"},
    )
    story.stands(S2, "K", on="SEN List")
    story.senco.says("Cycle 2.", "The review is due by Tuesday 5 January 2027")
    next_plan(story)
    story.on(START + 18 * WEEKS)
    plan_review(story, "My Plan", ("No", "No", "Yes"), "More help is needed")
    story.moves("Move to Stage 3")
    story.stands(S3, "K+", "Census code K", on="SEN List")
    five_forms(story)
    next_plan(story, "My Plan+")
    story.on(START + 25 * WEEKS)
    plan_review(story, "My Plan+", ("No", "No", "Yes"), "More help is needed")
    story.moves("Begin process for an EHCP", **{"Do the parents know and agree?": "Agree"})
    story.stands(S3, "K+", "Census code K", "EHC case: Preparing the request", on="SEN List")
    beside_the_case(story)
    story.moves(
        "EHCP issued", **{"Date of the final plan": story.day, "Local authority": "Derbyshire"}
    )
    story.stands(
        E, "E", "Census code E", "EHC case: Final plan", "SEN List since 13 Oct 2026", on="SEN List"
    )
    titles = story.senco.timeline()
    order = (
        "EHCP issued",
        "New My Plan+ cycle beside the EHC case",
        "Begin process for an EHCP",
        "Move to Stage 3",
        "New My Plan cycle",
        "Move to Stage 2",
        "Place on Concerns List",
    )
    assert [t for t in titles if t in order] == list(order)
    assert {"Pupil Views is declined", "EHC case: Final plan dated"} <= set(titles)


def beside_the_case(story):
    """The case goes its way; My Plan+ and its reviews run on until the final plan."""
    case_step(story, "Request sent", "Requested")
    next_plan(story, "My Plan+")
    case_step(story, "Received by the local authority", "Requested")
    story.office.says("Decision to assess, or not", "6 Apr 2027")
    story.on(START + 31 * WEEKS)
    case_step(story, "Will assess", "Assessing")
    plan_review(story, "My Plan+", ("No", "No", "Yes"), "More help is needed")
    story.moves(
        "New My Plan+ cycle beside the EHC case",
        **{"What changes in the plan, or why does nothing?": "A laptop"},
    )
    story.stands(S3, "K+", "EHC case: Assessing", on="SEN List")
    next_plan(story, "My Plan+")
    story.on(START + 40 * WEEKS)
    case_step(story, "Draft plan received", "Draft plan", "yesterday")


def test_b_progress_and_a_new_concern(story):
    """(b) Progress at Stage 1, off the Concerns List; a year later a new concern opens a new
    episode.
    """
    story.joins("Ash", "Wren")
    record_of_concern(story)
    story.on(START + 7 * WEEKS)
    concern_review(story, "Yes", "There is progress: no longer a concern")
    story.moves("Take off Concerns List")
    story.stands("Pathway closed", "Census code N")
    # go on as everyday strategies
    story.senco.says("Word mat on the table", "Five minutes of sounds a day")
    story.letter("Taken off the Concerns List: Wren Ash", "Wren has made progress")
    story.on(START + 60 * WEEKS)
    story.moves(
        "Place on Concerns List",
        **{
            "Who raised the concern?": "Mrs Jo Parent",
            "Which broad areas does it touch?": ["Social, emotional and mental health"],
        },
    )
    story.stands(S1, "Concerns List since 26 Oct 2027", on="Concerns List")
    assert story.senco.papers() == {RECORD: "Not started", REVIEW: "Not started"}
    story.senco.says("Earlier papers", "Cycle 1.")
    assert story.senco.timeline().count("Place on Concerns List") == 2


def test_c_stage_3_to_off_the_list(story):
    """(c) Starts at Stage 3, steps down to My Plan, and leaves the SEN List."""
    story.joins("Hill", "Ada")
    story.moves(
        "Start at Stage 3",
        **{
            "Why does the pupil start here?": "Diagnosis",
            "Main SEN type": "HI: Hearing impairment",
        },
    )
    story.stands(S3, "K+", "HI, main need", on="SEN List")
    story.at(story.office)
    for name in FIVE:
        story.office.press(f"Start {name}")
        story.office.page.get_by_label("Who does not want it, and why?").fill(
            "The hospital has sent everything."
        )
        story.office.press("Mark as declined")
    first_plan(story, "My Plan+")
    story.on(START + 8 * WEEKS)
    plan_review(story, "My Plan+", ("Yes", "No", "Yes"), "Outcomes achieved, barriers overcome")
    story.moves("Step down to My Plan")
    story.stands(S2, "K", "Census code K", "SEN List since 1 Sep 2026", on="SEN List")
    story.letter("A lighter plan: Ada Hill", "supported at Stage 2 (My Plan)")
    next_plan(story)
    story.on(START + 14 * WEEKS)
    plan_review(
        story, "My Plan", ("Yes", "No", "Yes"), "Outcomes achieved, barriers overcome", "Achieved"
    )
    story.moves("Remove from SEN List")
    story.stands("Pathway closed", "Census code N")
    assert not any("main need" in badge for badge in story.senco.badges())
    story.letter("SEN support ends: Ada Hill", "no longer needs SEN support")


def test_d_joins_with_k(story):
    """(d) Joins with K from another school: My Plan at once, without Stage 1."""
    story.joins("Reed", "Noor", UPN="H801200001001" if story.script else "G80120000101A")
    story.moves(
        "Start at Stage 2",
        **{
            "Why does the pupil start here?": "Transferred in with this code",
            "Main SEN type": "NSA: SEN support, no specialist assessment of type of need",
            "Reason": "Had K at Elm Primary",
            "When were the parents or carers told?": "today",
        },
    )
    story.stands(S2, "K", "Census code K", "NSA, main need", on="SEN List")
    story.senco.says("Had K at Elm Primary", "The review is due by Tuesday 13 October 2026")
    assert story.senco.papers() == {"My Plan": "Not started", "My Plan Review": "Not started"}
    hasty(story, "My Plan")
    first_plan(story, open_with="Go on with")


def test_e_entered_in_error(story):
    """(e) The wrong child is placed on the Concerns List, and taken off again as entered in error;
    the line stays, marked.
    """
    story.joins("Wood", "Finn")
    story.moves(
        "Place on Concerns List",
        **{
            "Who raised the concern?": "Miss Elm",
            "Which broad areas does it touch?": ["Cognition and learning"],
        },
    )
    story.stands(S1, on="Concerns List")
    story.on(START + datetime.timedelta(3))
    story.moves("Entered in error", Reason="This was meant for Finn Woods")
    story.stands("Not on the pathway", "Census code N")
    assert story.senco.timeline() == ["Place on Concerns List (entered in error)"]
    assert not story.senco.each("details:has(#k-letter) a.row")
    story.moves(
        "Place on Concerns List",
        **{
            "Who raised the concern?": "Miss Elm",
            "Which broad areas does it touch?": ["Cognition and learning"],
        },
    )
    story.on(START + datetime.timedelta(30))
    story.at(story.senco).unfold("More moves")
    story.senco.says("The last move is more than 7 days old.")
