"""Five children on their way through the charts, in a real browser, with and without JavaScript.

The office types, the SENCO decides. On the way: where the child stands, both lists, the letters, the papers and the timeline.
"""
import datetime

import pytest

import models as m
from browser.screen import typed

START = datetime.date(2026, 9, 1)           # a Tuesday
WEEKS = datetime.timedelta(weeks=1)
S1, S2, S3, E = "Stage 1 (Record of Concern)", "Stage 2 (My Plan)", "Stage 3 (My Plan+)", "EHCP"
RECORD, REVIEW = "Record of Concern", "Record of Concern Review"
FIVE = ("Parent Information Form", "My Child's Story So Far", "What My Family Think", "Pupil Views",
        "My Plan+ Outside Agency Information Form")
TALKED = {"Was the parent or carer part of it?": "Yes", "Was the child part of it?": "Yes"}
CHART = {"achieved": "Has the child achieved outcomes?", "barriers": "Has the child achieved outcomes and overcome barriers to learning?",
         "onward2": "Is specialist or outside agency involvement required?", "onward3": "Does consideration for an EHCP need to be made?",
         "plan2": "Is a My Plan still appropriate?", "plan3": "Is a My Plan+ still appropriate?"}


class Story:
    """One child, the office and the SENCO at their screens, and the day it is."""

    def __init__(self, school, chromium, script, go_to):
        self.school, self.go_to, self.script = school, go_to, script
        self.office, self.senco = (school.screen(chromium, who, script) for who in ("office", "senco"))
        self.name, self.day = None, None

    def on(self, day):
        """Another day: both sign in again, as one does, and open the child."""
        self.day = day
        self.go_to(day)
        for screen in (self.office, self.senco):
            screen.sign_in()
            if self.name:
                screen.look_up(self.name)

    def joins(self, surname, forename, **more):
        """The office writes a new pupil down."""
        self.name = f"{surname}{'' if self.script else ' the Second'}, {forename}"
        self.office.press("Add a pupil")
        self.office.fill_in({"Surname": self.name.partition(",")[0], "Forename": forename, "Date of birth": "5/5/18", "Year group": "Year 3",
                             "Class or form": "3B", "Contacts": [{"Name": "Mrs Jo Parent", "Parental responsibility": "Yes"}], **more})
        self.office.press("Save")
        self.office.says(self.name, "Not on the pathway", "Nothing has happened yet.")
        self.senco.look_up(self.name)

    def fresh(self):
        """Both look at the child's page again."""
        for screen in (self.office, self.senco):
            screen.open(f"/pupil/{self.pupil().id}/")

    def pupil(self):
        """The child, as the database knows it."""
        with self.school.database.connection_context():
            return m.Pupil.get(surname=self.name.partition(",")[0])

    def moves(self, words, **answers):
        """The SENCO makes a move from the child's page, and lands there again."""
        self.fresh()
        senco = self.senco
        if not senco.page.locator(".next > .do .button", has_text=words).count():
            senco.unfold("More moves")
        senco.press(words)
        senco.fill_in({label.replace("_", " "): said for label, said in answers.items()} | {"Date": typed(self.day)}
                      if words != "Entered in error" else answers)
        senco.press(words)
        senco.says(f"{words}: done for")
        assert senco.timeline()[0].startswith(words) or words == "Entered in error" or words in senco.timeline()
        self.fresh()

    def writes(self, paper, given=None, open_with="Start"):
        """The office fills a paper in and marks it complete."""
        office = self.office
        self.fresh()
        office.press(f"{open_with} {paper}")
        office.fill_in(given, self.day)
        office.press("Mark complete")
        office.says(f"{paper}: complete.")
        assert office.papers()[paper] == "Complete"

    def agrees(self, paper):
        """The SENCO finds a complete paper on the home page, reads it and agrees it."""
        senco = self.senco
        senco.open("/")
        senco.says(f"{paper} is complete")
        senco.click(senco.page.locator("a.row", has_text=self.name).filter(has_text=f"{paper} is complete"))
        senco.press("Agree and seal")
        senco.says(f"{paper}: agreed and sealed.")
        assert senco.papers()[paper] == "Sealed"

    def reviews(self, paper, chart, given=None, leads=""):
        """The office writes the review and answers the chart's questions as they come; the SENCO agrees it."""
        office = self.office
        self.fresh()
        office.press(f"Start {paper}")
        office.fill_in({**TALKED, **(given or {})}, self.day)
        office.press("Save, then the chart's questions")
        for question, answer in chart:
            assert office.each("h1") == [question]
            office.page.get_by_role("radio", name=answer, exact=True).check()
            office.page.get_by_role("textbox").last.fill(f"Why {answer}: we saw it in class.")
            office.press("Continue")
        office.says(leads)
        office.press("Mark the review complete")
        self.agrees(paper)

    def stands(self, stage, *badges, on="", off=""):
        """Check the badges at the top of the page and both lists."""
        self.fresh()
        said = self.senco.badges()
        assert said[0] == stage and set(badges) <= set(said), said
        for name in ("Concerns List", "SEN List"):
            self.office.open("/" + name.lower().replace(" ", "-") + "/")
            shown = self.office.page.get_by_role("link", name=self.name).count()
            assert bool(shown) == (name == on), f"{self.name} is{' not' if not shown else ''} on the {name}"
            assert any(b.startswith(name) for b in said) == (name == on)
        self.fresh()

    def letter(self, subject, *words):
        """The office reads the newest letter, notes that it went by post, and sees it as sent."""
        office = self.office
        self.fresh()
        office.click(office.page.locator("section:has(#k-letter) a.row").filter(has_text=subject).first)
        office.says(subject, "Mrs Jo Parent", *words)
        office.press("Edit")
        office.fill_in({"Sent on": "today", "How": "By post"})
        office.press("Save")
        self.fresh()
        assert any(subject in row and "Sent" in row and "Not sent" not in row for row in office.each("section:has(#k-letter) a.row"))


@pytest.fixture
def story(school, chromium, script, go_to):
    """A child's story, ready to begin on 1 September 2026."""
    made = Story(school, chromium, script, go_to)
    made.on(START)
    return made


def record_of_concern(story):
    """A concern is raised: on the Concerns List, and the Record of Concern written by the office and agreed."""
    story.moves("Place on Concerns List", **{"Who raised the concern?": "Miss Elm", "Which broad areas does it touch?":
                                             ["Cognition and learning", "Sensory and/or physical needs"]})
    story.stands(S1, "Census code N", on="Concerns List")
    story.writes(RECORD, {
        "Which broad areas does it touch?": ["Cognition and learning"], "Verbal consent": "Given", "When did you talk to the parent or carer?": "today",
        "When was the worry first raised?": story.day, "Key areas of concern": [{"What do you see?": "Guesses words from the picture"}],
        "Strategies used so far": [{"Strategy": "Reading with a partner", "From": "-4w"}],
        "Additional strategies to use within the classroom environment": [
            {"Strategy": "Word mat on the table"}, {"Strategy": "Five minutes of sounds a day", "Who": "Mr Ash"}]})
    story.agrees(RECORD)


def concern_review(story, answer, leads):
    """The review of both strategies six weeks later."""
    story.reviews(REVIEW, [("Has the child made progress or achieved outcomes?", answer)], {"The strategies": [
        {"Effect": "0 No change" if answer == "No" else "+1 Some help"}, {"Effect": "-1 A little worse" if answer == "No" else "+2 Great help"}]}, leads)


def plan_answers(**more):
    """What makes a plan complete, beside the samples."""
    return {"Was the child consulted?": "Yes", "When and how?": "In class", "Was the parent or carer consulted?": "Yes",
            "When and how, with whom?": "On the telephone with Mrs Parent", **more}


def my_plan(story, plan="My Plan", **more):
    """The first plan of a stage: two outcomes, each with its provision."""
    by = story.day + 6 * WEEKS
    words = [f"I read ten new words a week, {plan}", f"I ask for help by myself, {plan}"]
    story.writes(plan, plan_answers(**{
        "Aspirations": [{"Aspiration": "I want to read stories to my sister"}],
        "Needs": [{"I need to be able to...": "Hear the sounds in words"}, {"I need to be able to...": "Say when I am stuck"}],
        "Outcomes": [{"Something I will have achieved is...": w, "For which need?": None, "By when?": by} for w in words],
        "Provision": [{"What is provided?": "Sounds group"}, {"What is provided?": "Help card"}]}, **more))
    story.agrees(plan)


def test_a_first_concern_to_ehcp(story):
    """(a) No progress at Stage 1, My Plan for two cycles, My Plan+ with five forms, the process for an EHCP beside it, the EHCP."""
    story.joins("Oakley", "Robin")
    record_of_concern(story)
    story.letter("Placed on the Concerns List: Robin Oakley", "closer eye on Robin's learning", "Tuesday 24 November 2026")
    story.on(START + 6 * WEEKS)
    concern_review(story, "No", "No progress yet")
    story.moves("Move to Stage 2", **{"Main SEN type": "MLD: Moderate learning difficulty"})
    story.stands(S2, "K", "Census code K", "MLD, main need", on="SEN List")
    story.letter("SEN support begins: Robin Oakley", "formally", "Tuesday 24 November 2026")
    my_plan(story)
    story.on(START + 12 * WEEKS)
    my_plan_review(story, "My Plan", ("Yes", "Yes"), "The plan is still right")
    story.moves("New My Plan cycle", **{"What changes in the plan, or why does nothing?": "More time for the sounds group"})
    story.stands(S2, "K", on="SEN List")
    story.agrees_again("My Plan")
    story.on(START + 18 * WEEKS)
    my_plan_review(story, "My Plan", ("No", "No", "Yes"), "More help is needed")
    story.moves("Move to Stage 3")
    story.stands(S3, "K+", "Census code K", on="SEN List")
