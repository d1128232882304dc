"""What the school keeps: one class per paper form, one line per question.

Add a question: write one line in its section, run `make migration`, restart: it is then on every
screen and paper. Reword it: change its line. Stop asking: move the line under "No longer asked" at
the end of its class; never rename or delete a line, that would lose answers. `needed=True` means
"before the form can be completed", `needed="other=No"` "when that other answer is No".
"""

import datetime
import json
import re
import secrets
from dataclasses import dataclass
from decimal import Decimal

from peewee import (
    SQL,
    BooleanField,
    CharField,
    DateField,
    DateTimeField,
    ForeignKeyField,
    IntegerField,
    TextField,
    chunked,
    fn,
)

from audit.log import AuditEntry, now, transaction
from pathway import clock
from people import (
    Draft,
    FormToken,
    ListSearch,
    SavedView,
    SignInAttempt,
    User,
    UserSession,
    Work,
    class_key,
)
from records.dates import say_day, school_year, short_day, today
from records.query import Table, among, begins, rows_of
from records.questions import (
    ADULT_LIFE,
    HEAD,
    OF_CLASSES,
    OFFICE,
    PLANNED,
    ROLE_NAMES,
    ROLES,
    SENCO,
    Drawn,
    Rows,
    Section,
    any_record,
    belongs_to,
    choice,
    choices,
    day,
    link,
    number,
    telephone,
    text,
    time,
)
from records.record import Clash, Record, Row, document, record_key, seal_of
from records.unicode_text import folded_words, initials_in, sort_key

# --- rights
# Who may do what with each record: r read, w write (add and change), x export; - nothing at all.
# Sections narrow it, for a row of a form too. The rights of a teacher and of a teaching assistant
# (ta) reach only pupils of their own classes and teams (`Pupil.visible_to`). Stages change only
# through workflow.py, whose rows name their roles.
RIGHTS = """
record                office  senco  teacher  head  technician  ta
Pupil                 rwx     rwx    r        rx    -           r
Strategy              rw      rwx    rw       rx    -           rw
ProvisionWeek         -       rwx    rw       rx    -           rw
RecordOfConcern       rw      rwx    rw       rx    -           rw
ConcernReview         rw      rwx    rw       rx    -           -
MyPlan                rw      rwx    rw       rx    -           r
MyPlanReview          rw      rwx    rw       rx    -           -
ParentInformation     rw      rwx    -        rx    -           -
ChildStory            rw      rwx    -        rx    -           -
FamilyThinks          rw      rwx    -        rx    -           -
PupilViews            rw      rwx    rw       rx    -           -
AgencyInformation     rw      rwx    r        rx    -           -
MyPlanPlus            rw      rwx    rw       rx    -           r
MyPlanPlusReview      rw      rwx    rw       rx    -           -
AnnualReview          rw      rwx    rw       rx    -           -
Agency                rw      rwx    r        rx    -           -
Consent               rw      rwx    -        rx    -           -
Meeting               rw      rwx    rw       rx    -           -
Note                  rw      rwx    rw       rx    -           rw
EhcCase               rw      rwx    -        rx    -           -
Measure               rw      rwx    rw       rx    -           r
EducationalAdvice     rw      rwx    -        rx    -           -
ConsultationAnswer    rw      rwx    -        rx    -           -
Document              rw      rwx    rw       rx    -           -
Letter                rw      rwx    -        rx    -           -
Disclosure            rw      rwx    -        rwx   -           -
Erasure               -       r      -        r     -           -
TeamMember            r       rwx    r        rx    -           r
WritingTask           r       rwx    r        rx    -           -
HeadAgreement         -       rx     -        rx    -           -
Placement             r       rx     r        rx    -           r
ListMembership        r       rx     r        rx    -           r
BankEntry             rw      rwx    r        r     rw          r
Programme             rw      rwx    r        r     rw          r
Setting               -       rw     -        r     rw          -
User                  -       r      -        r     rw          -
AuditEntry            -       r      -        r     -           -
"""


def _rights(table):
    roles, *lines = [line.split() for line in table.strip().splitlines()]
    return {name: dict(zip(roles[1:], cells, strict=True)) for name, *cells in lines}


RIGHTS_TABLE = _rights(RIGHTS)


def may(user, right, record):
    """Whether `user` has the right (`r`, `w` or `x`) over a record or a record class."""
    if not (user and user.active):
        return False
    cls = record if isinstance(record, type) else type(record)
    if issubclass(cls, Row):
        home = cls.parent_field()
        cls = home.rel_model
        section = cls.section_of(home.backref)
        if user.role not in (section.write if right == "w" else section.see):
            return False
    return right in RIGHTS_TABLE.get(cls.__name__, {}).get(user.role, "-")


# --- the options
AREAS = (
    "Communication and interaction",
    "Cognition and learning",
    "Social, emotional and mental health",
    # SEND Code of Practice 6.28 to 6.35
    "Sensory and/or physical needs",
)
# DfE census SEN type codes
SEN_TYPES = (
    ("SPLD", "SPLD: Specific learning difficulty"),
    ("MLD", "MLD: Moderate learning difficulty"),
    ("SLD", "SLD: Severe learning difficulty"),
    ("PMLD", "PMLD: Profound and multiple learning difficulty"),
    ("SEMH", "SEMH: Social, emotional and mental health"),
    ("SLCN", "SLCN: Speech, language and communication needs"),
    ("ASD", "ASD: Autistic spectrum disorder"),
    ("HI", "HI: Hearing impairment"),
    ("VI", "VI: Vision impairment"),
    ("MSI", "MSI: Multi-sensory impairment"),
    ("PD", "PD: Physical disability"),
    ("DS", "DS: Down syndrome"),
    ("OTH", "OTH: Other difficulty or disability"),
    ("NSA", "NSA: SEN support, no specialist assessment of type of need"),
)
SEN_STATUSES = (("N", "No SEN"), ("K", "SEN support"), ("E", "EHC plan"))
YEARS = (
    ("E1", "Early first year"),
    ("E2", "Early second year"),
    ("N1", "Nursery, first year"),
    ("N2", "Nursery, second year"),
    ("R", "Reception"),
    *((str(n), f"Year {n}") for n in range(1, 15)),
    ("X", "National Curriculum not followed"),
)
YEAR_ORDER = ("N1", "N2", "R", *(str(n) for n in range(1, 15)))
MOST_YEARS_OUT = 3  # school years from a child's own age at which the date of birth is doubted
EFFECT = (
    ("-2", "-2 Much worse"),
    ("-1", "-1 A little worse"),
    ("0", "0 No change"),
    ("1", "+1 Some help"),
    ("2", "+2 Great help"),
)
RATING = ("Not yet", "A little", "Mostly", "Achieved")
HORIZONS = ("This school year", "End of the key stage", "Adult life")
PROGRESS = (
    "Slower than classmates from the same start",
    "Slower than the child's own progress before",
    # after Code of Practice 6.17
    "The gap is not closing",
    "The gap is getting wider",
    "Not about attainment",
)
CAUSES = (
    "Hearing checked",
    "Vision checked",
    "Attendance",
    "English as an additional language",
    "A change in the family",
)
HOW_TOLD = ("In person", "By telephone", "By letter", "By e-mail", "Online meeting")
CONSENT = (("given", "Given"), ("not given", "Not given"), ("not reached", "Could not be reached"))
INVOLVED = ("Yes", "In part", "No")
GROUPS = ("One to one", "Pair", "Small group (3 to 6)", "Larger group", "Whole class")
GROUP_SIZES = {"One to one": 1, "Pair": 2}  # of the others it is asked
# who gives provision; what an hour of each costs is in Settings, under `rate_` and the code
PROVIDERS = (
    ("teacher", "Teacher"),
    ("ta", "Teaching assistant"),
    ("hlta", "Higher level teaching assistant"),
    ("senco", "SENCO"),
    ("therapist", "Therapist"),
    ("other", "Somebody else"),
)

CODE_WHERE = (
    "Paragraph 1.39: most young people with special educational needs can do well in adult life"
    " when people aim high for them and the support is right. Paragraph 8.11: planning starts from"
    " the person, from what they hope to do later and the help they need to get there."
)
CODE_NEEDS = (
    "Page 15, xiii: a child has special educational needs when a learning difficulty or disability"
    " calls for provision that other children of the same age do not usually get. Paragraph 6.27:"
    " look at every need, not only the main one, and at strengths as well. Paragraphs 6.28 to"
    " 6.35 describe four broad areas of need."
)
CODE_OUTCOMES = (
    "Paragraph 9.66: an outcome is the difference made for this child. It belongs to the child, not"
    " to the service; the people involved can influence it; it is specific, measurable, achievable,"
    " realistic and has a date. Paragraph 9.67: ask what is important to the child, and what others"
    " judge to be important for the child."
)
CODE_PROVISION = (
    "Page 16, xvi: provision is what is additional to, or different from, what children of that age"
    " usually get. Paragraph 6.50: choose support that leads to the outcome, has evidence behind"
    " it, and is given by skilled staff. Page 166: say it exactly: type, hours, how often, what"
    " expertise."
)

STAFF = (OFFICE, SENCO, HEAD)


HOURLY = (0, 500)  # £
FAMILY_SIGN = ("Child or young person", "Parent or carer", "For the school")


# --- the school
def letter(label, words, prompt=""):
    """The wording of a letter, `words` until the school writes another."""
    return text(label, prompt, rows=8, default=words)


def phrase(label, words):
    """What a letter says after an answer."""
    return text(label, rows=3, default=words)


class Setting(Record):
    """Settings: what this school calls things, its weeks, its letters."""

    school = Section("The school")
    school_name = text("Name of the school", default="Our School", needed=True)
    school_address = text("Address for letters", rows=4)
    school_phone = telephone("Telephone")
    senco_name = text("Name of the SENCO, for letters", default="The SENCO")
    head_name = text("Name of the head, for letters")
    complaints = text(
        "Where the complaints procedure is",
        "The address of its page, as families can type it.",
    )
    sendiass = text(
        "Local SENDIASS",
        "Free advice for families: name, telephone, address of its page.",
        rows=2,
    )
    trust_name = text("Name of the trust")
    logo = CharField(null=True)  # the name of its file, and its SHA-256
    strapline = text("Strapline of the school or trust")
    local_authority = text("Local authority")
    last_year = choice(
        "Last year group of the school",
        "Who is in it moves to the next phase: an EHC plan is changed for that in good time.",
        options=YEARS,
        default="11",
    )
    holidays = text(
        "School holidays",
        "A line that you empty is taken out; lines can be copied from a spreadsheet. Weekends and"
        " the bank holidays of England and Wales are known.",
        rows=8,
        columns=("First day", "Last day", "What for"),
    )

    words = Section("What the school calls its stages and lists")
    stage_1 = text("Stage 1", default="Stage 1 (Record of Concern)", needed=True)
    stage_2 = text("Stage 2", default="Stage 2 (My Plan)", needed=True)
    stage_3 = text("Stage 3", default="Stage 3 (My Plan+)", needed=True)
    stage_e = text("EHCP", default="EHCP", needed=True)
    concerns_list = text("The list of Stage 1", default="Concerns List", needed=True)
    sen_list = text("The list of the later stages", default="SEN List", needed=True)

    clock = Section("The clock")
    stage_1_opens = number("Stage 1 review opens after (weeks)", default=6, needed=True)
    stage_1_closes = number(
        "Stage 1 review is due within (weeks)", default=12, needed=True, between=(1, 100)
    )
    stage_2_closes = number(
        "My Plan review is due within (weeks)", default=6, needed=True, between=(1, 100)
    )
    stage_3_opens = number("My Plan+ review opens after (weeks)", default=6, needed=True)
    stage_3_closes = number(
        "My Plan+ review is due within (weeks)", default=12, needed=True, between=(1, 100)
    )
    clock_from_plan = choice(
        "Does the first window of a stage run from the agreed plan?",
        "No: from the day of the move. A plan that is agreed when its review was due already opens"
        " its window in any case.",
        default="Yes",
        needed=True,
    )
    school_weeks_only = choice(
        "Count school weeks only?", "No: calendar weeks, as the pathway says.", default="No"
    )
    due_soon_days = number("“Due soon” means within (days)", default=14, needed=True)
    chase_days = number("Chase a missing paper after (days)", default=14, needed=True)

    rules = Section("The rules a school may set")
    watch_again = choice(
        "May Stage 1 be repeated?",
        "The chart has no box for it; many schools watch once more.",
        default="Yes",
    )
    watch_again_most = number("At most how many Stage 1 cycles?", default=3)
    advise_cycles = number("Advise moving on after (My Plan cycles)", default=3)
    advise_weeks = number("Advise moving on after (weeks on My Plan)", default=26)
    undo_days = number("“Entered in error” is possible for (days)", default=7, needed=True)
    head_confirms_ehcp = choice("Must the head agree before an EHCP is begun?", default="No")

    costs = Section(
        "What an hour costs",
        "For the provision map: £ an hour of each role, with the school's share of pension and"
        " insurance; never one person's pay. Left empty: no cost is told.",
    )
    rate_teacher = number("Teacher", between=HOURLY)
    rate_ta = number("Teaching assistant", between=HOURLY)
    rate_hlta = number("Higher level teaching assistant", between=HOURLY)
    rate_senco = number("SENCO", between=HOURLY)
    rate_therapist = number("Therapist", between=HOURLY)
    rate_other = number("Somebody else", between=HOURLY)

    safety = Section("Signing in")
    second_step = choices(
        "Who must use a second step to sign in?",
        "A code from an app on their phone, besides the password.",
        options=ROLE_NAMES,
        default="\n".join(ROLES),
    )
    idle_minutes = number(
        "Sign out after (minutes without a click)",
        "What is typed is kept.",
        default=15,
        needed=True,
        between=(3, 120),
    )
    day_hours = number(
        "Sign out after (hours since signing in)", default=8, needed=True, between=(1, 24)
    )

    backups = Section("Backups and anchors")
    backup_places = text(
        "Folders for backups",
        "One a line; two or more, on different devices. Such as /mnt/share/portal.",
        rows=3,
    )
    backup_hours = number(
        "Hours between two backups",
        "At most so much is lost with the computer.",
        default=24,
        needed=True,
        between=(1, 168),
    )
    backups_kept = number(
        "Days of backups kept in each folder",
        "Of each day the last one.",
        default=30,
        needed=True,
    )
    anchor_place = text(
        "Folder for the anchors of the audit trail",
        "Where the portal can only add: see the technician's guide.",
    )
    keeping = Section("How long records are kept")
    keep_sen_years = number(
        "Keep an SEN record for (years from birth)",
        "Usual: 31, by the last school.",
        default=31,
        needed=True,
        between=(18, 100),
    )
    keep_concern_years = number(
        "Keep other records for (years from birth)",
        "Usual: 25.",
        default=25,
        needed=True,
        between=(18, 100),
    )
    purge_days = number("Offer to erase a transferred record after (days)", default=90, needed=True)
    maintained = choice(
        "Is this a maintained school?",
        "Its parents get the educational record within 15 school days. An academy: No.",
        default="No",
    )

    letters = Section(
        "Letters",
        "Words in {curly brackets} are filled in: {pupil}, {forename}, {date}, {stage}, {review},"
        " {senco}, {head}, {school}, {authority}, {concerns_list}, {sen_list}, {complaints},"
        " {sendiass}; and what the box names. A line is left out when it has such a word and there"
        " is nothing to fill in.",
    )
    letter_concern = letter(
        "Placed on the Concerns List",
        "We have agreed to keep a closer eye on {forename}'s learning for a while. From {date}"
        " {forename} is on our {concerns_list}. {forename}'s teacher will write down what we"
        " see, talk to you about it, and try some further strategies in class.\n\nWe will look"
        " at how it has gone with you by {review}. Please tell us at any time what you notice"
        " at home.",
    )
    letter_watch_again = letter(
        "Watching for another cycle",
        "We have looked at how {forename} is getting on. There is not enough progress yet, and"
        " we go on with strategies in class for a while longer before we decide what comes"
        " next. {forename} stays on our {concerns_list}.\n\nWe will look at it with you again"
        " by {review}.",
    )
    letter_off_concerns = letter(
        "Taken off the Concerns List",
        "We are pleased to say that {forename} has made progress. From {date} there is no"
        " longer a concern, and {forename} is no longer on our {concerns_list}. The strategies"
        " that helped will go on in class.",
    )
    letter_support_begins = letter(
        "SEN support begins",
        "We are writing to tell you formally that from {date} {forename} receives SEN support"
        " at our school and has a place on our {sen_list}.\n\nTogether with you and {forename}"
        " we will write a plan: what {forename} hopes for, what we want to achieve and how we"
        " will get there. We expect to look at it with you by {review}; the plan itself will"
        " say the day.",
    )
    letter_plus_begins = letter(
        "SEN support begins, with a My Plan+",
        "We are writing to tell you formally that from {date} {forename} receives SEN support"
        " at our school and has a place on our {sen_list}. {forename} is supported with a My"
        " Plan+.\n\nWe would like to ask specialists from outside school for advice, and we"
        " would like to hear from you and from {forename} first. Please find four short forms"
        " with this letter; leave out anything you would rather not say.\n\nWe expect to meet"
        " and look at the plan with you by {review}; the plan itself will say the day.",
    )
    letter_my_plan_plus = letter(
        "My Plan+ begins",
        "From {date} {forename} is supported with a My Plan+. SEN support goes on. We would"
        " like to ask specialists from outside school for advice, and we would like to hear"
        " from you and from {forename} first. Please find four short forms with this letter;"
        " leave out anything you would rather not say.\n\nWe expect to meet and look at the"
        " plan with you by {review}; the plan itself will say the day.",
    )
    letter_step_down = letter(
        "From My Plan+ to My Plan",
        "We have agreed that from {date} {forename} is supported with a My Plan instead of a My"
        " Plan+. SEN support goes on, and {forename} stays on our {sen_list}.\n{progress}\nWhy"
        " we decided this: {why_told}\n\nWe expect to look at the new plan with you by"
        " {review}; the plan itself will say the day.",
        "Also: {progress}, {why_told}.",
    )
    letter_watch_after = letter(
        "SEN support ends, and we go on watching",
        "We are writing to tell you that {forename}'s SEN support ends on {date}. From that day"
        " {forename} is no longer on our {sen_list}.\n{progress}\nWhy we decided this:"
        " {why_told}\n\nWe go on watching: {forename} is now on our {concerns_list}, with"
        " strategies in class, and we will look at it with you by {review}. SEN support can"
        " begin again at any time.",
        "Also: {progress}, {why_told}.",
    )
    letter_support_ends = letter(
        "SEN support ends",
        "We are pleased to say that {forename} has achieved the outcomes of the plan and"
        " overcome barriers to learning, and no longer needs SEN support. From {date}"
        " {forename} is no longer on our {sen_list}. If you notice anything that worries you,"
        " please tell us: support can begin again at any time.",
    )
    letter_ehcp = letter(
        "We are preparing a request for an EHC needs assessment",
        "At our review we found that {forename} may need more help than a My Plan+ can give,"
        " and that an Education, Health and Care (EHC) needs assessment should be considered."
        "\n{parents_view}\nThe local authority decides whether to assess. The"
        " My Plan+ and its reviews go on meanwhile.",
        "Also: {parents_view}.",
    )
    letter_ehcp_issued = letter(
        "An EHC plan is here",
        "We have {forename}'s Education, Health and Care (EHC) plan of {plan_on} from"
        " {authority}. From {date} {forename} is on our {sen_list} with an EHC plan, and we"
        " will plan with you how to put it into practice day by day.\n\nThe local authority"
        " reviews the plan with you and us at least every twelve months: the next review is due"
        " by {review}.\n\nIf you do not agree with what the plan says, you can ask for"
        " mediation and appeal to the tribunal. The local authority's letter says how, and"
        " by when.",
        "Also: {plan_on}.",
    )
    letter_ehcp_returns = letter(
        "Back with an EHC plan",
        "{forename} is at our school again from {date}, with an Education, Health and Care"
        " (EHC) plan of {plan_on} from {authority}, and has a place on our {sen_list}. We"
        " will plan with you how to put the plan into practice day by day.\n\nThe local"
        " authority reviews the plan with you and us at least every twelve months: the next"
        " review is due by {review}.",
        "Also: {plan_on}.",
    )
    letter_ceased = letter(
        "The local authority ends the EHC plan",
        "The local authority has decided to end {forename}'s Education, Health and Care (EHC)"
        " plan. Its letter is dated {letter_on}. This is the local authority's decision, not"
        " the school's.\n\nIf you do not agree, you can ask for mediation and appeal to the"
        " tribunal. The local authority's letter says how, and by when. If you appeal in time,"
        " please tell us at once: the plan then goes on until the appeal is decided."
        "\n\n{support}\nWe expect to look at it with you by {review}.",
        "Also: {letter_on}, {support}.",
    )
    letter_invitation = letter(
        "Invitation to the review",
        "We would like to look with you at how {forename} is getting on. Please come to"
        " {meeting} on {when}.\nPlace: {place}\nIt is led by: {lead}\n\nWe will ask everybody:"
        " what progress has {forename} made, has anything big changed, what is {forename} keen"
        " on, and what do you hope for. With this letter are two short forms for {forename}'s"
        " views and for yours; leave out anything you would rather not say.\n\nInvited:"
        " {people}\n\nIf the day does not suit you, or if there is anything that would make it"
        " easier to come, please tell us: we will find another way.",
        "Also: {meeting}, {when}, {place}, {lead}, {people}.",
    )
    letter_recap = letter(
        "What we agreed at the review",
        "Thank you for looking at {forename}'s progress with us on {held}.\n\nHow far we have"
        " come:\n{outcomes}\n\nWhat we agreed: {next_steps}\n\nThe next review is due by"
        " {review}.\nIf you remember anything in another way than it is written here, please"
        " tell us.",
        "Also: {held}, {outcomes}, {next_steps}.",
    )
    letter_end = letter(
        "At the end of every letter",
        "If anything is unclear, or if you do not agree, please talk to {forename}'s teacher or"
        " to {senco}, who leads on special educational needs.\nYou can also talk to {head}, who"
        " leads the school.\nHow to make a complaint: {complaints}\nFree and independent advice"
        " for families: {sendiass}",
        "Whom the family can turn to.",
    )

    phrases = Section(
        "Words of letters that follow an answer", "They are put where a letter has the {word}."
    )
    words_overcome = phrase(
        "{progress}: outcomes achieved, barriers overcome",
        "The outcomes of the plan have been achieved, and barriers to learning overcome.",
    )
    words_achieved = phrase(
        "{progress}: outcomes achieved, barriers not overcome",
        "The outcomes of the plan have been achieved. Not every barrier to learning has been"
        " overcome, but the plan is no longer the right one.",
    )
    words_not_achieved = phrase(
        "{progress}: outcomes not achieved",
        "The outcomes of the plan have not been achieved yet, and the plan is no longer the"
        " right one.",
    )
    words_parents_agree = phrase(
        "{parents_view}: the parents agree",
        "You have told us that you agree. We are preparing a request to the local authority."
        " It has not been sent yet.",
    )
    words_parents_refuse = phrase(
        "{parents_view}: the parents do not agree",
        "You have told us that you do not agree, and we have written that down. We are"
        " preparing a request to the local authority. It has not been sent, and we would like"
        " to talk with you before it is.",
    )
    words_parents_ask = phrase(
        "{parents_view}: the parents ask themselves",
        "You have told us that you will ask the local authority yourselves. We are preparing a"
        " request with what the school knows, to stand beside yours. It has not been sent yet.",
    )
    words_support_plus = phrase(
        "{support}: My Plan+ after an EHC plan",
        "From {date} SEN support goes on with a My Plan+, and {forename} stays on our {sen_list}.",
    )
    words_support_plan = phrase(
        "{support}: My Plan after an EHC plan",
        "From {date} SEN support goes on with a My Plan, and {forename} stays on our {sen_list}.",
    )
    words_support_none = phrase(
        "{support}: none after an EHC plan",
        "From {date} {forename} is no longer on our {sen_list}. What helps in every lesson goes"
        " on, and SEN support can begin again at any time: please tell us what you notice.",
    )

    bringing_in = Section("Import")
    import_columns = text(
        "Column names of your school system",
        "One a line: their name = our name.",
        rows=8,
    )

    @classmethod
    def of_school(cls):
        """The one row of settings, or an unsaved one with the defaults."""
        return cls.select().order_by(cls.id).first() or cls()

    def fill_up(self):
        """Save the one row, with the default for each needed setting that is new."""
        for name, asked in self.questions():
            if asked.ask.needed and getattr(self, name) is None:
                setattr(self, name, asked.default)
        self.save()

    def errors(self):
        found = super().errors()
        for stage in ("stage_1", "stage_3"):
            opens = getattr(self, f"{stage}_opens")
            closes = getattr(self, f"{stage}_closes")
            if None not in (opens, closes) and closes < opens:
                words = "The review is due before it opens; check both numbers."
                found.append((f"{stage}_closes", words))
        return found


class BankEntry(Record):
    """Word bank: wordings that are offered while somebody types."""

    many = "Word bank"
    listed, searched = ("bank", "words", "area"), ("words",)
    order_by = ("bank", "words")
    bank = choice(
        "Offered for",
        options=(
            ("strategy", "Strategies"),
            ("agency", "Agencies"),
            ("measure", "Measures"),
        ),
        needed=True,
    )
    words = text("Words", needed=True)
    area = choice("Area", options=AREAS)


class Programme(Record):
    """Programme: something that the school gives to several children, and how it is usually given.
    A line of provision that begins with its name is filled in from it.
    """

    named_by = "name"
    listed, searched = ("name", "area", "role", "minutes", "times"), ("name",)
    order_by = ("name",)
    fills = ("role", "group", "size", "minutes", "times", "evidence")
    name = text("Name", needed=True, unique=True)
    also = text("Other names", "One a line: what it was called before.", rows=2)
    area = choice("Area", options=AREAS)
    role = choice("Who usually gives it?", options=PROVIDERS)
    group = choice("Usual group", options=GROUPS)
    size = number("How many children?", between=(1, 30))
    minutes = number("Usual minutes each time", between=(1, 600))
    times = number("Usual times a week", between=(Decimal("0.1"), 50))
    evidence = text("What shows that it works?")

    @classmethod
    def finder(cls, programmes):
        """A function that finds the programme whose name a line of provision begins with, the
        longest name first; or None.
        """
        named = []
        for programme in programmes:
            for name in (programme.name, *(programme.also or "").splitlines()):
                named.append((folded_words(name), programme))
        named.sort(key=lambda pair: len(pair[0]), reverse=True)

        def find(words):
            begins_with = folded_words(words or "")
            for name, programme in named:
                if name and begins_with[: len(name)] == name:
                    return programme

        return find

    @classmethod
    def fill_up(cls):
        """Make programmes of the provision that stood in the word bank before."""
        find = cls.finder(cls.select())
        for entry in BankEntry.select().where(BankEntry.bank == "provision"):
            with transaction():
                if find(entry.words) is None:
                    cls(name=entry.words, area=entry.area).save()
                entry.remove("It is a programme now.")


# --- the pupil
UPN_LETTERS = "ABCDEFGHJKLMNPQRTUVWXYZ"


def upn_fault(upn):
    """What is wrong with a Unique Pupil Number (DfE UPN guidance), or None."""
    if len(upn) != 13:
        return f"A UPN has 13 characters; this one has {len(upn)}."
    if not (upn[1:12].isascii() and upn[1:12].isdigit()):
        return "Characters 2 to 12 of a UPN are digits."
    last = int(upn[12]) if upn[12] in "0123456789" else UPN_LETTERS.find(upn[12])
    if last < 0:
        return "The last character of a UPN is a digit, or a letter but not I, O or S."
    total = sum(int(c) * place for place, c in enumerate(upn[1:12], 2)) + last * 13
    if upn[0] != UPN_LETTERS[total % 23]:
        return "The first letter does not match the other characters; check for a slip in typing."
    return None


def class_sort_key(name):
    """What a class is sorted by: N, R and RA before 1A, 3A before 10A."""
    key = sort_key(name)
    if re.fullmatch("[nr][a-z]?", key):
        return f"0000{key}"
    return key


class Pupil(Record):
    """Pupil: who they are, who their family is, what they need."""

    listed = ("surname", "forename", "year", "form")
    order_by = ("sort_name",)
    sort_keys = {
        "surname": "sort_name",
        "forename": "sort_forename",
        "year": "sort_year",
        "form": "sort_form",
    }
    # they follow from the answers
    audit_exclude = ("class_key", *sort_keys.values())
    # written by "Has left the school", and by the import
    readonly = ("left_on", "destination", "sen_status", "sen_types", "sen_start")
    for_next = ("year", "form")
    who = Section("Who they are")
    surname = text("Surname", "As in the school's register.", needed=True)
    forename = text("Forename", needed=True)
    known_as = text("Known as", "The name they like to be called, if different.", seldom=True)
    dob = day("Date of birth", needed=True)
    sex = choice("Sex", options=(("F", "Female"), ("M", "Male")))
    upn = text("UPN", "Unique Pupil Number, 13 characters, if there is one.", unique=True)
    former_upn = text("Former UPN", seldom=True)
    year = choice("Year group", options=YEARS, needed=True)
    form = text("Class or form", "Such as 3B.")
    alert = text(
        "Alert line for staff",
        "One line that everybody who teaches this child should know.",
        seldom=True,
    )
    school = Section("In school")
    admitted_on = day("Date of admission", ahead=1, before="left_on", seldom=True)
    left_on = day("Date of leaving", ahead=1)
    destination = text("Went on to")
    premium = choice("Pupil premium", seldom=True)
    eal = choice("English as an additional language", seldom=True)
    sen_unit = choice(
        "Place in an SEN unit", "Only a place that the local authority has named.", seldom=True
    )
    resourced = choice(
        "Resourced provision", "Only a place that the local authority has named.", seldom=True
    )
    areas = choices("Broad areas of need", options=AREAS, seldom=True)
    sen_needs = Rows("SEN types", "Rank 1 is the main need.", seldom=True)
    arrangements = Rows(
        "Access arrangements", "How the child normally works in tests and exams.", seldom=True
    )
    elsewhere = Section(
        "SEN in the school's system",
        "As the last import found it; the stage here is the SENCO's to decide.",
        see=STAFF,
        write=(OFFICE, SENCO),
    )
    sen_status = choice("SEN status in the school's system", options=SEN_STATUSES)
    sen_types = choices("SEN needs in the school's system", options=SEN_TYPES)
    sen_start = day("SEN start in the school's system")
    home = Section("Home and family", see=STAFF)
    home_language = text("Home language", seldom=True)
    interpreter = choice("Interpreter needed", seldom=True)
    communication = text("How they communicate best", seldom=True)
    looked_after = choice("Looked after by a local authority", seldom=True)
    care_authority = text("Which authority", needed="looked_after=Yes", seldom=True)
    medical_plan = choice("Medical plan exists", seldom=True)
    contacts = Rows("Contacts")
    keep = Section("Keeping the record", see=(SENCO, HEAD), write=(SENCO,), family=False)
    hold = text(
        "Do not erase, because",
        "Such as a claim or an inquiry. While there is a reason here, nothing is erased.",
        seldom=True,
    )
    class_key = CharField(null=True, index=True)  # `form` as a teacher's classes meet it
    erased_on = DateField(null=True)  # what is left is the stub: see privacy/erasure.py
    sort_name = CharField(null=True)
    sort_forename = CharField(null=True)
    sort_year = CharField(null=True)
    sort_form = CharField(null=True)

    class Meta:
        indexes = ((("surname", "forename"), False),)

    @classmethod
    def visible_to(cls, user):
        """The pupils whom this person may know about; every query goes through it."""
        pupils = cls.select()
        if cls.all_visible_to(user):
            return pupils
        if not may(user, "r", Pupil):
            return pupils.where(SQL("1 = 0"))
        classes = [class_key(name) for name in user.class_names()]
        mine = cls.class_key.in_(classes) | cls.id.in_(TeamMember.pupils_of(user))
        return pupils.where(mine, cls.left_on.is_null())

    @classmethod
    def with_initials(cls, one, other):
        """The numbers of the pupils with these initials, in either order."""
        fits = SQL("1 = 0")
        for first, last in ((one, other), (other, one)):
            forename = begins(cls.sort_forename, first) | cls.known_as.startswith(first)
            fits |= begins(cls.sort_name, last) & forename
        return cls.select(cls.id).where(fits, cls.erased_on.is_null())

    @classmethod
    def all_visible_to(cls, user):
        """Whether no pupil is hidden from this person: then no query need look at the pupils."""
        return may(user, "r", Pupil) and user.role not in OF_CLASSES

    def save(self, *args, **more):
        with transaction():
            made = super().save(*args, **more)
            PupilWord.keep([self])
        return made

    @property
    def locked(self):
        return self.erased_on is not None

    @property
    def name(self):
        return f"{self.surname}, {self.called}"

    @property
    def called(self):
        return self.known_as or self.forename or ""

    def open_types(self):
        """The SEN types that have not ended, the main one first."""
        found = [need for need in self.rows("sen_needs") if not need.until]
        return sorted(found, key=lambda need: need.rank or 0)

    def primary_type(self):
        types = self.open_types()
        return types[0].code if types else None

    def pupil_key(self):
        return self.id

    @classmethod
    def about(cls, pupil):
        return cls.id == pupil

    def __str__(self):
        if self.form:
            return f"{self.name} ({self.form})"
        return self.name

    def clean(self):
        for name in ("upn", "former_upn"):
            setattr(self, name, "".join((getattr(self, name) or "").split()).upper() or None)
        self.known_as = self._without_surname(self.known_as)
        self.class_key = class_key(self.form) or None
        self.__data__.update(self.sort_values())

    @classmethod
    def spelling_of_class(cls, name):
        """How most of those who are in this class have its name; None when nobody is."""
        mine = cls.select(cls.form).where(cls.class_key == class_key(name), cls.left_on.is_null())
        return mine.group_by(cls.form).order_by(fn.COUNT(cls.id).desc(), cls.form).scalar()

    def sort_values(self):
        """What the lists of pupils are sorted by: {column: key}."""
        surname = sort_key(self.surname)
        forename = sort_key(self.forename)
        years = list(dict(YEARS))
        year = years.index(self.year) if self.year in years else len(years)
        return {
            # a figure is before every letter: the Oakleys before Oakleyson
            "sort_name": f"{surname}0{forename}",
            "sort_forename": f"{forename}0{surname}",
            "sort_year": f"{year:02}",
            "sort_form": class_sort_key(self.form),
        }

    @classmethod
    def fill_sort_keys(cls):
        """Keep what pupils are sorted by who have none yet."""
        with transaction():
            for pupil in cls.select().where(cls.sort_name.is_null()):
                cls.update(pupil.sort_values()).where(cls.id == pupil.id).execute()

    def _without_surname(self, known_as):
        """School systems give the whole name as the preferred one; here the surname follows it."""
        words = (known_as or "").split()
        surname = (self.surname or "").casefold().split()
        if surname and [word.casefold() for word in words[-len(surname) :]] == surname:
            return " ".join(words[: -len(surname)]) or None
        return known_as

    def errors(self):
        self.clean()
        found = super().errors()
        if self.upn and upn_fault(self.upn):
            found.append(("upn", upn_fault(self.upn)))
        if self.dob and self.dob < datetime.date(1990, 1, 1):
            found.append(("dob", "The date of birth is not a school child's; check the year."))
        elif self.dob and self.years_out() >= MOST_YEARS_OUT:
            words = (
                f"A child born on {short_day(self.dob)} is not in {self.answer('year')}: check"
                " both. “National Curriculum not followed” fits a group of many ages."
            )
            found.append(("year", words))
        return found + [("sen_needs", words) for words in self._type_errors()]

    def years_out(self):
        """How many school years a child on roll is from those of the same age (September to
        August); 0 where that cannot be said.
        """
        if self.left_on or self.year not in YEAR_ORDER:
            return 0
        now_in, _ = school_year(today())
        born_in, _ = school_year(self.dob)
        age = now_in.year - born_in.year
        return abs(age - 5 - YEAR_ORDER.index(self.year) + YEAR_ORDER.index("R"))

    def born(self):
        return self.dob

    def _type_errors(self):
        types = self.open_types()
        ranks = {need.rank for need in types}
        codes = {need.code for need in types}
        if len(ranks) < len(types):
            yield "Two SEN types have the same rank; give each its own."
        if len(codes) < len(types):
            yield "The same SEN type stands twice; end one of them or take it out."
        if types and 1 not in ranks:
            yield "One SEN type must have rank 1: the main need."
        if "NSA" in codes and Placement.stage_of(self) == "E":
            yield "NSA is only for SEN support (K); a pupil with an EHCP needs an assessed type."


TITLES = ("mr", "mrs", "miss", "ms", "mx", "dr", "rev", "revd", "prof", "sir", "lady")


def name_words(words):
    """The words of a person's name as they are compared: without title, accents and capitals."""
    return [word for word in folded_words(words) if word not in TITLES]


def known_name(words):
    return "".join(name_words(words))


class Contact(Row):
    """Contact: somebody in the family, or who stands for it."""

    pupil = belongs_to(Pupil, "contacts")
    name = text("Name", needed=True)
    relationship = text("Relationship", "Such as mother, carer, social worker.")
    responsibility = choice("Parental responsibility")
    lives_with = choice("Lives with the child", seldom=True)
    phone = telephone("Telephone")
    email = text("E-mail")
    address = text("Address", rows=2, seldom=True)
    preferred = text("Best way to reach them", seldom=True)
    may_contact = choice("May be contacted", default="Yes", seldom=True)
    court_order = text("Court order note", seldom=True)
    large_print = choice("Letters in large print?", seldom=True)


class SenNeed(Row):
    """SEN type: one assessed type of need, with its rank and dates."""

    listed = ("code", "rank", "since", "until")
    pupil = belongs_to(Pupil, "sen_needs")
    code = choice("SEN type", options=SEN_TYPES, needed=True)
    rank = number("Rank", "1 is the main need.", needed=True, between=(1, 20))
    since = day("From", before="until")
    until = day("To", ahead=PLANNED)
    evidence = text("Evidence")


class AccessArrangement(Row):
    """Access arrangement: a normal way of working that tests and exams should allow."""

    pupil = belongs_to(Pupil, "arrangements")
    arrangement = text("Arrangement", "Such as 25% extra time, reader, rest breaks.", needed=True)
    since = day("First used")
    evidence = text("Evidence")


class PupilWord(Table):
    """What the search box finds a pupil by: each word of the names from each of its letters on
    (oakley, akley, kley ...), so that letters within a word are found by the index too; and the
    whole class, UPN and former UPN.
    """

    pupil = ForeignKeyField(Pupil, on_delete="CASCADE", index=True)
    word = CharField()

    class Meta:
        indexes = ((("word", "pupil"), False),)

    @classmethod
    def keep(cls, pupils):
        """Keep the words of these pupils as they are called now."""
        kept = set()
        wanted = set()
        for row in cls.select().where(among(cls.pupil, [pupil.id for pupil in pupils])):
            kept.add((row.word, row.pupil_id))
        for pupil in pupils:
            for word in cls.words_of(pupil):
                wanted.add((word, pupil.id))
        for word, pupil_id in kept - wanted:
            cls.delete().where(cls.word == word, cls.pupil == pupil_id).execute()
        for some in chunked(sorted(wanted - kept), 400):  # sorted, as the index has them
            cls.insert_many(some, fields=(cls.word, cls.pupil)).execute()

    @classmethod
    def words_of(cls, pupil):
        if pupil.erased_on:
            return set()
        words = set()
        for name in (pupil.surname, pupil.forename, pupil.known_as):
            for word in folded_words(name or ""):
                words |= {word[start:] for start in range(len(word))}
        for code in (pupil.form, pupil.upn, pupil.former_upn):
            words.update(folded_words(code or ""))
        return words

    @classmethod
    def fill_up(cls):
        """Keep the words of pupils who have none yet."""
        without = Pupil.select().where(
            Pupil.erased_on.is_null(), Pupil.id.not_in(cls.select(cls.pupil))
        )
        with transaction():
            for some in chunked(without, 10_000):
                cls.keep(some)

    @classmethod
    def narrow(cls, query, pupil, typed):
        """A query with those rows only whose pupil (a column) has every word that was typed, or the
        two letters as initials.
        """
        words = folded_words(typed)
        if not words:
            return query.where(SQL("1 = 0"))
        letters = initials_in(words)
        if letters and len(words) == 2:  # each alone stands in nearly every name
            return query.where(pupil.in_(Pupil.with_initials(*letters)))
        for word in words:
            found = cls.select(cls.pupil).where(begins(cls.word, word))
            if letters:
                found |= Pupil.with_initials(*letters)
            query = query.where(pupil.in_(found))
        return query


class MergedPupil(Table):
    """The number of a record that was merged into another one of the same child."""

    number = IntegerField(unique=True)
    pupil = ForeignKeyField(Pupil, backref="+", on_delete="CASCADE", index=True)

    @classmethod
    def numbers_of(cls, pupil_id):
        """Under which numbers a child stands in the audit log: now, and before a merge."""
        former = cls.select(cls.number).where(cls.pupil == pupil_id)
        return [pupil_id, *former.scalars()]


# --- where a pupil is on the pathway
class PupilRecord(Record):
    """Anything that is kept about one pupil."""

    pupil = link("Pupil", Pupil, needed=True, index=True)
    document_kind = ""  # what a document of it usually is; empty: none belongs to it
    document_from = ""  # the question that says from whom it usually is
    dated_by = ""  # the question whose day tells it from others of its kind
    waits = ""  # what it waits for, as the child's page says it
    fetched = {}  # records that it may name, fetched for many rows at once: {key: record}

    def born(self):
        return self.pupil.dob if self.pupil_id else None

    @classmethod
    def readable_by(cls, user):
        """The query of those that a person with the right to read this kind may read."""
        return cls.select()

    @classmethod
    def about(cls, pupil):
        """The condition that a record is about a pupil."""
        return cls.pupil == pupil

    def last_time(self):
        """The record of this kind before this one about the same child, or None."""
        before = type(self).select().where(type(self).pupil == self.pupil_id)
        if self.id:
            before = before.where(type(self).id < self.id)
        return before.order_by(type(self).id.desc()).first()

    def unasked(self):
        """Questions that are not asked about this child."""
        return ()

    def note(self):
        """What the child's page says beside it."""
        return ""

    def told(self):
        """What the timeline says under it."""
        return ""

    def full_name(self):
        """What tells it from others of its kind, where one is chosen or named."""
        day = self.__data__.get(self.dated_by)
        return f"{self}, {short_day(day)}" if day else str(self)

    def leads_to(self, name):
        asked = self._meta.fields.get(name)
        if hasattr(asked, "ask") and asked.ask.any_record:
            key = self.__data__.get(name)
            return self.fetched[key] if key in self.fetched else record_with_key(key)
        return super().leads_to(name)

    @classmethod
    def kinds_named(cls, name):
        asked = cls._meta.fields.get(name)
        if hasattr(asked, "ask") and asked.ask.any_record:
            return kinds_with_documents()
        return super().kinds_named(name)

    def answer(self, name):
        linked = self.leads_to(name)
        if not isinstance(linked, PupilRecord):
            return super().answer(name)
        if linked.is_withheld() and getattr(self, "withhold", "") != "Yes":
            return linked.kind_name()
        return linked.full_name()

    def hides(self, name, role):
        linked = self.leads_to(name)
        if not isinstance(linked, PupilRecord):
            return False
        return "r" not in RIGHTS_TABLE[type(linked).__name__][role]

    def errors(self):
        found = super().errors()
        for name, asked in self.questions():
            linked = self.leads_to(name)
            is_lost = linked is None and asked.ask.any_record and self.__data__.get(name)
            is_others = isinstance(linked, PupilRecord) and linked.pupil_id != self.pupil_id
            if is_lost or is_others:
                words = f"“{asked.verbose_name}”: choose one that is about the same child."
                found.append((name, words))
        return found

    def remove(self, reason=""):
        """Take the record away; its documents stay, and belong to the child alone."""
        with transaction():
            for one in Document.select().where(Document.belongs == record_key(self)):
                one.belongs = None
                one.save(reason=reason)
            super().remove(reason)

    def save(self, *args, **more):
        erased = Pupil.select().where(Pupil.id == self.pupil_id, Pupil.erased_on.is_null(False))
        if not self.id and erased.exists():
            raise Clash("This child's record was erased: nothing new is kept about them.")
        return super().save(*args, **more)


class ForPerson(PupilRecord):
    """Something about a child that is for a colleague, who is named as people name them."""

    person = text(
        "Who?", "A colleague's name; it is offered while you type.", needed=True, bank="staff"
    )
    # the colleague who signs in under that name, when there is one
    user = ForeignKeyField(User, null=True, backref="+", on_delete="RESTRICT", index=True)
    audit_exclude = ("user",)

    def clean(self):
        self.user = User.called(self.person)


class TeamMember(ForPerson):
    """Member of the team: a colleague who works with this child, and so sees the record as the
    teacher of the class does.
    """

    many = "Team"
    begin_words = "Add to the team"
    named_by = "person"
    listed = ("pupil", "person", "part", "until")
    part = choice(
        "Part",
        options=("Class teacher", "Subject teacher", "Teaching assistant", "Key adult"),
        needed=True,
    )
    since = day("Since", before="until")
    until = day("Until", ahead=PLANNED)

    @classmethod
    def pupils_of(cls, user):
        """The query of the pupils in whose team a person is now."""
        now_in = cls.until.is_null() | (cls.until >= today())
        return cls.select(cls.pupil).where(cls.user == user.id, now_in)

    def note(self):
        if self.user_id:
            return self.part or ""
        return f"{self.part or ''}, does not sign in here".strip(", ")


class Span:
    """What began on a day and may have ended: a stage, or a list."""

    @classmethod
    def is_open(cls):
        """The condition that it has not ended, and is no error."""
        return cls.ended_on.is_null() & ~cls.void

    @classmethod
    def held_on(cls, day):
        """The condition that it held on a day."""
        over = cls.ended_on.is_null() | (cls.ended_on > day)
        return ~cls.void & (cls.started_on <= day) & over


class Placement(Span, PupilRecord):
    """Placement: one cycle of one child's dated stay on one stage. Only workflow.py writes here."""

    listed = ("pupil", "stage", "cycle", "started_on", "ended_on", "move", "decided_by")
    stage = choice(
        "Stage",
        options=(
            ("S1", "Stage 1"),
            ("S2", "Stage 2"),
            ("S3", "Stage 3"),
            ("E", "EHCP"),
            ("LEFT", "Pathway closed"),
            ("OFF", "Left the school"),
        ),
    )
    cycle = number("Cycle")
    started_on = day("From")
    ended_on = day("To")
    stage_since = day("On this stage since")
    move = text("Move")
    reason = text("Reason", rows=2)
    answers = text("What was asked", rows=4)
    decided_by = text("Decided by")
    # when the clock does not run from `started_on`
    clock_from = DateField(null=True)
    # the day of this cycle's review, once it is complete
    reviewed_on = DateField(null=True)
    episode = IntegerField(default=1)
    entered_at = DateTimeField(default=now)
    void = BooleanField(default=False)
    # the one-use token of the confirmation page: a second click finds it
    done_with = CharField(null=True, unique=True)
    before = ForeignKeyField("self", null=True, backref="+", on_delete="RESTRICT")
    # what else the move made, so that "Entered in error" can undo it
    effects = TextField(default="{}")

    class Meta:
        # the lists of those on a stage: counted, and in the order of their names
        indexes = (
            (("ended_on", "stage", "void", "pupil"), False),
            (("pupil", "ended_on", "stage", "void"), False),
        )

    # for which day its review is planned, once `fetch_planned` has asked
    planned_on = None

    @classmethod
    def fetch_planned(cls, placements):
        """Fetch for which day the review of each of these is planned."""
        days = Meeting.select(Meeting.placement, Meeting.on).where(
            among(Meeting.placement, [one.id for one in placements]), Meeting.on.is_null(False)
        )
        planned = dict(days.order_by(Meeting.id).tuples())
        for one in placements:
            one.planned_on = planned.get(one.id)

    def is_planned(self, on):
        """Whether its review is planned for a day or later: then nothing is overdue."""
        return self.planned_on is not None and self.planned_on >= on

    @classmethod
    def is_on(cls, stages):
        """The condition that it is open, on one of these stages."""
        return cls.is_open() & cls.stage.in_(stages)

    @classmethod
    def current(cls, pupil):
        if not pupil.id:
            return None
        return cls.select().where(cls.pupil == pupil, cls.is_open()).first()

    @classmethod
    def stage_of(cls, pupil):
        """The code of the pupil's stage, NONE included."""
        open_one = cls.current(pupil)
        return open_one.stage if open_one else "NONE"

    @classmethod
    def stages_of(cls, pupils):
        """The codes of the stages of those of these pupils who are on one: {number: code}."""
        rows = cls.select(cls.pupil, cls.stage)
        rows = rows.where(among(cls.pupil, [pupil.id for pupil in pupils]))
        return dict(rows.where(cls.is_open()).tuples())


def one_open_row(cls, name):
    """Let the database itself refuse a second row of a pupil that is open and no error."""
    is_open = cls.ended_on.is_null() & (cls.void == False)  # noqa: E712
    cls.add_index(cls.index(cls.pupil, unique=True, name=name, where=is_open))


one_open_row(Placement, "placement_one_open")


class ListMembership(Span, PupilRecord):
    """List membership: from when to when a child stood on the Concerns List or the SEN List. Only
    workflow.py writes here.
    """

    listed = ("pupil", "list", "started_on", "ended_on")
    list = choice("List", options=(("CONCERNS", "Concerns List"), ("SEN", "SEN List")))
    started_on = day("From")
    ended_on = day("To")
    void = BooleanField(default=False)
    placement = ForeignKeyField(Placement, backref="+", on_delete="RESTRICT")


one_open_row(ListMembership, "list_membership_one_open")


class Strategy(PupilRecord):
    """Everyday strategy: what helps this child in every lesson."""

    named_by = "strategy"
    listed, searched = ("pupil", "strategy", "since"), ("strategy",)
    strategy = text("Strategy", needed=True, bank="strategy")
    since = day("Since", before="until")
    until = day("Until", ahead=PLANNED)
    from_form = text("Where it comes from")


class ProvisionWeek(PupilRecord):
    """Provision of one week: how often something was to be given to a child, and how often it
    was.
    """

    many = "Provision week by week"
    named_by = "words"
    listed, searched = ("pupil", "words", "week", "planned", "given"), ("words",)
    words = text("What is provided?", needed=True)
    who = text("Who gives it?")
    week = day("Week that begins on", "A Monday.", needed=True, ahead=PLANNED)
    planned = number("Times planned", between=(0, 50))
    given = number("Times given", needed=True, between=(0, 50))
    why = text("Why fewer?")


# --- a paper form
@dataclass(frozen=True)
class Status:
    """What is said of a paper: on its tag, and in a sentence."""

    label: str
    words: str
    locked: bool = False  # whether its words can no longer change


STATUS = {
    "draft": Status("Draft", "a draft"),
    "complete": Status("Complete", "complete"),
    "sealed": Status("Sealed", "agreed and sealed", locked=True),
    "declined": Status("Declined", "declined", locked=True),
}


class Form(PupilRecord):
    """A paper of the pathway: a draft that grows, is completed, and is sealed when it is agreed."""

    listed = ("pupil", "happened_on", "status", "cycle")
    document_kind = "Signed paper"
    happened_on = day("Date", "The day it happened, not the day it was typed.", needed=True)
    foot = Section("For the file", family=False, last=True)
    seen_by_parent = day("Shared with the family on", seldom=True)
    withhold = choice("Not for disclosure", "Only when the law allows it: say why.", seldom=True)
    withhold_why = text("Why not", needed="withhold=Yes", seldom=True)

    status = CharField(choices=[(c, s.label) for c, s in STATUS.items()], default="draft")
    cycle = IntegerField(default=1)
    placement = ForeignKeyField(Placement, null=True, backref="+", on_delete="RESTRICT")
    supersedes = IntegerField(null=True)
    declined_why = TextField(null=True)
    entered_by = CharField(null=True)
    entered_at = DateTimeField(default=now)
    sealed = TextField(null=True)
    sealed_code = CharField(null=True)
    sealed_by = CharField(null=True)
    sealed_at = DateTimeField(null=True)
    audit_exclude = ("sealed",)

    @property
    def locked(self):
        return STATUS[self.status].locked

    def seal(self, who):
        """Keep questions and answers as they are now, for good, with a check code."""
        self.sealed, self.sealed_code = seal_of({**document(self), "who": who, "when": str(now())})
        self.status = "sealed"
        self.sealed_by = who
        self.sealed_at = now()
        self.save(act="seal")

    def content(self, role=None):
        if not self.sealed:
            return document(self, role)
        kept = json.loads(self.sealed)
        parts = [p for p in kept["sections"] if role is None or role in p["see"]]
        for part in parts:
            # sealed before 1.2.0: the label of then stands for it
            part.setdefault("key", part["label"])
        return {**kept, "sections": parts}

    def seal_holds(self):
        if not self.sealed:
            return True
        try:
            return seal_of(json.loads(self.sealed)) == (self.sealed, self.sealed_code)
        except ValueError:
            return False

    def __str__(self):
        if not self.happened_on:
            return self.kind_name()
        return f"{self.kind_name()}, {short_day(self.happened_on)}"

    def full_name(self):
        return f"{self} ({self.answer('status').lower()})"


def late_reason(what):
    return text(
        f"Why is the {what} late?",
        "Only when it is of a day on which its review was due already.",
        on_blank=False,
        seldom=True,
    )


class RecordOfConcern(Form):
    """Record of Concern: a teacher tells the SENCO about a worry, and what will be tried."""

    many = "Records of Concern"
    rates = "strategy"  # what a row of its review rates
    worry = Section("The worry")
    raised_on = day(
        "When was the worry first raised?", needed=True, before="happened_on", begins="my day"
    )
    raised_by = text(
        "Who raised it?",
        "The teacher, a parent, the child, an agency.",
        needed=True,
        bank="people",
        begins="me",
    )
    senco_consulted_on = day("When did the teacher talk to the SENCO?", needed=True)
    late_why = late_reason("record")
    areas = choices(
        "Which broad areas does it touch?",
        "Left empty: those of the key concerns.",
        options=AREAS,
        needed=True,
        seldom=True,
    )
    key_concerns = Rows(
        "Key areas of concern",
        "Describe what you see, not what you think the cause is.",
        needed=True,
    )
    progress = choices("What does progress look like?", options=PROGRESS, seldom=True)
    strengths = text("What is going well?", "Start the conversation here: it helps.", rows=3)
    attainment = Rows(
        "Where is the child now?",
        "Reading age, book band, attendance: whatever shows it.",
        seldom=True,
    )
    causes = choices(
        "What else have you thought of?",
        "A safeguarding worry goes to the safeguarding lead, not here.",
        options=CAUSES,
        seldom=True,
    )
    causes_note = text("What did you find?", rows=2, seldom=True)

    strategies = Section("Strategies")
    used = Rows("Strategies used so far", needed=True)
    added = Rows("Additional strategies to use within the classroom environment", needed=True)

    family = Section("Parent or carer, and child")
    told_on = day("When did you talk to the parent or carer?", needed="consent=given|not given|")
    told_who = text("To whom?", bank="people")
    told_how = choice("How?", options=HOW_TOLD)
    consent = choice("Verbal consent", options=CONSENT, needed=True)
    not_reached = text(
        "Why could they not be reached?", "What was tried, and when.", needed="consent=not reached"
    )
    family_said = text("What did the family say?", rows=4)
    child_said = text(
        "What does the child say about it?", "In the child's own words if you can.", rows=3
    )

    def to_rate(self):
        return [row.strategy for row in self.rows("added")]


class KeyConcern(Row):
    """Key concern: what somebody sees."""

    form = belongs_to(RecordOfConcern, "key_concerns")
    area = choice("Area", options=AREAS)
    what = text("What do you see?", rows=2, needed=True)
    where_when = text("Where and when?")
    how_often = text("How often?")


class Attainment(Row):
    """Attainment: one measure and its level."""

    form = belongs_to(RecordOfConcern, "attainment")
    measure = text("Subject or measure", needed=True)
    level = text("Level or score")
    on = day("Date")


class StrategyUsed(Row):
    """Strategy used so far: what was tried before this record."""

    many = "Strategies used so far"
    form = belongs_to(RecordOfConcern, "used")
    strategy = text("Strategy", needed=True, bank="strategy")
    since = day("From", before="until")
    until = day("To", ahead=PLANNED, seldom=True)
    who = text("Who", seldom=True)
    effect = choice("Effect", options=EFFECT)


class StrategyAdded(Row):
    """Additional strategy: what will be tried now."""

    form = belongs_to(RecordOfConcern, "added")
    strategy = text("Strategy", needed=True, bank="strategy")
    who = text("Who")
    how_often = text("How often")
    hope = text("What do we hope to see?")


NOTHING_TO_ADD = "Ask it; “nothing to add” is an answer too."


class Review(Form):
    """What every review asks: who was there, what they think, how it went."""

    signed_by = FAMILY_SIGN
    held = Section("The conversation")
    led_by = text("Who led the review?", needed=True, bank="people", carried=True)
    present = text("Who else was there?", rows=2, needed=True, carried=True)
    early_why = text(
        "Why is it held early?",
        "Only when it is before the review window opens.",
        on_blank=False,
        seldom=True,
    )
    parent_involved = choice("Was the parent or carer part of it?", options=INVOLVED, needed=True)
    parent_why = text("Why not, or only in part?", needed="parent_involved=No|In part")
    parent_view = text("What does the parent or carer say?", rows=2)
    child_involved = choice("Was the child part of it?", options=INVOLVED, needed=True)
    child_why = text("Why not the child, or only in part?", needed="child_involved=No|In part")
    child_view = text("What does the child say?", rows=2)
    # the four key aspects of the source's “Review”
    aspects = Section("What everybody was asked", NOTHING_TO_ADD)
    progress_seen = text(
        "What progress has the child made since the last review?", rows=2, needed=True
    )
    changes = text(
        "Any big changes that have affected progress, or may affect it?", rows=2, needed=True
    )
    keen_on = text("What is the child keen on now, and what do they hope for?", rows=2, needed=True)
    family_hopes = text(
        "What does the family hope for in the coming year or term?", rows=2, needed=True
    )


class ConcernReview(Review):
    """Record of Concern Review: a conversation about how the strategies went."""

    went = Section("How did it go?")
    ratings = Rows(
        "The strategies", "Each additional strategy of the Record of Concern.", needed=True
    )
    next_steps = text("Next steps agreed with pupil and parent", rows=3, needed=True)
    chart = Section("What the chart asks")
    achieved = choice("Has the child made progress or achieved outcomes?")
    achieved_why = text("What shows it?", rows=3)


class StrategyRating(Row):
    """Strategy rating: how one strategy went."""

    form = belongs_to(ConcernReview, "ratings")
    strategy = text("Strategy", needed=True, bank="strategy")
    note = text("What did you notice?")
    kept_up = choice("Kept up?", options=INVOLVED)
    effect = choice("Effect", options=EFFECT, needed=True, pebbles=True)

    def progress(self):
        return self.effect


# --- the four stepping stones
class MyPlan(Form):
    """My Plan: what the child hopes for, what we want to achieve and how we will get there (code
    K).
    """

    signed_by = FAMILY_SIGN
    rates = "outcome"
    where = Section("Where do I want to be?", code=CODE_WHERE)
    aspirations = Rows(
        "Aspirations",
        "In the child's own words if you can: what would life look like?",
        needed=True,
        blank=2,
    )
    able = Section("I need to be able to...", code=CODE_NEEDS)
    needs = Rows(
        "Needs",
        "What must the child learn or manage to get there, and where are they now?",
        needed=True,
    )
    achieved = Section("Something I will have achieved is...", code=CODE_OUTCOMES)
    outcomes = Rows(
        "Outcomes", "What the child will be able to do, not what staff will give.", needed=True
    )
    how = Section("How will I get there?", code=CODE_PROVISION)
    provision = Rows(
        "Provision",
        "Be exact: what, how long, how often, with whom, what skill.",
        needed=True,
        blank=3,
    )
    every_day = text("What helps every day, in every lesson?", rows=3)
    at_home = text("What will the family do, if they wish?", rows=3)
    agreed = Section("Agreed together")
    child_consulted = choice("Was the child consulted?", needed=True)
    child_how = text("When and how?", needed="child_consulted=Yes")
    child_why = text("Why was the child not consulted?", needed="child_consulted=No")
    parent_consulted = choice("Was the parent or carer consulted?", needed=True)
    parent_how = text("When and how, with whom?", needed="parent_consulted=Yes")
    parent_why = text("Why was the parent or carer not consulted?", needed="parent_consulted=No")
    parent_agrees = choice(
        "Does the parent or carer agree?", options=("Agrees", "Agrees in part", "Does not agree")
    )
    parent_comment = text("What do they say?", rows=2)
    review_by = day("Review by", "Left empty: the last day of the review's window.", ahead=PLANNED)
    late_why = late_reason("plan")
    lead = text("Who keeps an eye on this plan?", bank="people", carried=True)

    def to_rate(self):
        return [row.words for row in self.rows("outcomes")]

    def errors(self):
        found = super().errors()
        for place, outcome in enumerate(self.rows("outcomes")):
            for words in outcome.reach_errors():
                found.append((f"outcomes-{place}-by", words))
            if not outcome.provided.exists():
                words = f"No provision yet for the outcome “{outcome}”; add a line and link it."
                found.append(("provision", words))
        return found


class Aspiration(Row):
    """Aspiration: where the child wants to be."""

    plan = belongs_to(MyPlan, "aspirations")
    words = text("Aspiration", rows=2, needed=True)
    whose = choice("Whose words?", options=("The child's", "The family's", "Both"))
    horizon = choice("How far ahead?", options=HORIZONS, needed=True)

    def said_by(self):
        """Whose words they are, as a phrase; None while nobody has said."""
        if self.whose == "Both":
            return "Words of both"
        return self.whose and f"{self.whose} words"


class Need(Row):
    """Need: what the child must learn or manage."""

    plan = belongs_to(MyPlan, "needs")
    words = text("I need to be able to...", rows=2, needed=True)
    aspiration = link("For which aspiration?", Aspiration, needed=True, backref="needs")
    area = choice("Area", options=AREAS)
    why = text("Why does it matter?", seldom=True)
    baseline = text("Where are they now?", bank="baseline")


class Outcome(Row):
    """Outcome: what the child will be able to do, by when."""

    plan = belongs_to(MyPlan, "outcomes")
    words = text("Something I will have achieved is...", rows=2, needed=True)
    need = link("For which need?", Need, needed=True, backref="outcomes")
    measure = text("How will we know? (measure)", seldom=True)
    baseline = text("Where are they now? (baseline)", bank="baseline")
    target = text("Where will they be? (target)")
    achievable = text("Why is it within reach?", seldom=True)
    by = day("By when?", needed=True, ahead=ADULT_LIFE)
    importance = choices("Important", options=("to the child", "for the child"), seldom=True)

    def tips(self):
        digits = any(c.isdigit() for c in f"{self.measure or ''}{self.target or ''}")
        smart = (
            (self.words and self.need_id, "Specific: link it to a need"),
            (digits, "Measurable: give a number in the measure or the target"),
            (self.achievable, "Achievable: say why it is within reach"),
            (
                self.baseline and self.target,
                "Realistic: say where they are now and where they will be",
            ),
            (self.by, "Time-bound: give a date"),
        )
        left = [cure for holds, cure in smart if not holds]
        if left:
            return [f"SMART? {'; '.join(left)}."]
        return ["This outcome is SMART."]

    def reach_errors(self):
        plan = self.parent()
        aspiration = self.need.aspiration if self.need_id else None
        if not self.by or not plan.happened_on:
            return
        when = f"“By when” ({say_day(self.by)})"
        if self.by < plan.happened_on:
            yield f"{when} is before the date of the plan."
        elif aspiration:
            limit = horizon_end(aspiration.horizon, plan.pupil.year, plan.happened_on)
            if limit and self.by > limit:
                reach = f"{aspiration.horizon.lower()}, {say_day(limit)}"
                yield f"{when} is later than its aspiration reaches: {reach}."


def new_line_key():
    return secrets.token_hex(8)


class Provision(Row):
    """Provision: what is additional or different, exactly."""

    many = "Provision"
    plan = belongs_to(MyPlan, "provision")
    words = text(
        "What is provided?", "The type of support.", needed=True, bank="programme", exact=True
    )
    outcome = link("For which outcome?", Outcome, needed=True, backref="provided")
    different = text("How is it additional or different?", exact=True, seldom=True)
    who = text("Who gives it?", needed=True)
    role = choice("Their role", options=PROVIDERS, seldom=True)
    expertise = text("What skill or training do they have?", seldom=True)
    group = choice("Group", options=GROUPS, seldom=True)
    size = number("How many children in it?", between=(1, 30), seldom=True)
    minutes = number("Minutes each time", needed=True, between=(1, 600))
    times = number("Times a week", needed=True, between=(Decimal("0.1"), 50))
    since = day("From", ahead=PLANNED, before="until", seldom=True)
    until = day("To", ahead=PLANNED, seldom=True)
    when_given = text("When?", "Such as Mon Wed 9:15; a clash of times is then told.")
    where_given = text("Where?", seldom=True)
    evidence = text("What shows that it works?", seldom=True)
    cost = number("Resources (£)", between=(0, 100_000), seldom=True)
    # goes with the line to the next plan, however it is reworded
    line_key = CharField(null=True, default=new_line_key)
    audit_exclude = ("line_key",)

    def clean(self):
        if self.size is None:
            self.size = GROUP_SIZES.get(self.group)


# school years that follow this one until the key stage ends (with R, 2, 6, 9, 11, 13); else none
KEY_STAGE_LEFT = {
    "E1": 2,
    "E2": 1,
    "N1": 2,
    "N2": 1,
    "1": 1,
    "3": 3,
    "4": 2,
    "5": 1,
    "7": 2,
    "8": 1,
    "10": 1,
    "12": 1,
}


def horizon_end(horizon, year, start):
    """The last day an outcome may have under this horizon, a 31 August; None for adult life."""
    if horizon not in HORIZONS[:2]:
        return None
    _, last = school_year(start)
    more = KEY_STAGE_LEFT.get(year, 0) if horizon == HORIZONS[1] else 0
    return last.replace(year=last.year + more)


class MyPlanReview(Review):
    """My Plan Review: how far each outcome has come, and what the chart asks next."""

    went = Section("How did it go?")
    ratings = Rows("Outcomes", "Each outcome of the plan.", needed=True)
    next_steps = text("Next steps agreed", rows=3, needed=True)
    chart = Section("What the chart asks")
    achieved = choice("Has the child achieved outcomes?")
    achieved_why = text("What shows it?", rows=2)
    appropriate = choice("Is a My Plan still appropriate?")
    appropriate_why = text("Why?", rows=2)
    barriers = choice("Has the child achieved outcomes and overcome barriers to learning?")
    barriers_why = text("Why do you think so?", rows=2)
    onward = choice("Is specialist or outside agency involvement required?")
    onward_why = text("What makes you say so?", rows=2)
    # without it the only move that such a review leads to is not possible (T13)
    agency_need = text(
        "If a specialist is to be asked: what do we want to know?", rows=2, needed="onward=Yes"
    )


class OutcomeRating(Row):
    """Outcome rating: how far one outcome has come."""

    form = belongs_to(MyPlanReview, "ratings")
    outcome = text("Outcome", rows=2, needed=True)
    rating = choice("How far?", options=RATING, needed=True, pebbles=True)
    evidence = text("What shows it?")
    then = choice("What now?", options=("Keep", "Change", "Close"))

    def progress(self):
        return self.rating


# --- the papers of Stage 3
class ParentInformation(Form):
    """Parent Information Form: the facts the school needs. Leave out anything you would rather not
    say.
    """

    by_family = True
    told = Section("Who is telling us")
    told_by = text("Filled in by", needed=True, bank="people", begins="family")
    relationship = text("Relationship to the child", begins="relationship")
    household = text("Who lives at home?", rows=3, carried=True)
    responsibility = text("Who has parental responsibility?", rows=2, carried=True)
    languages = text(
        "Which languages do you speak at home? Would an interpreter help?", carried=True
    )
    contact_how = text("How and when do you like to be contacted?", carried=True)
    obstacles = text(
        "What makes meetings hard for you?",
        "Work, travel, small children, steps: we will try to help.",
        rows=2,
        carried=True,
    )
    health = Section("Health", see=STAFF)
    practitioners = text("GP, health visitor, school nurse", rows=2, carried=True)
    diagnoses = text(
        "Diagnoses: what, who made them, when?",
        "Please say if there is a letter.",
        rows=3,
        carried=True,
    )
    medication = text("Medication", rows=2, carried=True)
    senses = text("When were hearing and sight last checked?")
    allergies = text("Allergies, medical plan", carried=True)
    services = Section("Services that help, or have helped")
    known_services = Rows("Services", "Now or in the past.")
    other_plans = text("Other plans", "Health care plan, early help, personal education plan.")
    benefits = text("Benefits or short breaks", "Only if you want to tell us.", rows=2)
    family_changes = text("Has anything changed in the family that we should know about?", rows=3)
    consent_part = Section("Your agreement")
    consent = choice(
        "May the school keep this and talk about it with the people who help your child here?",
        options=("Yes", "No", "Yes, but ask me first"),
        needed=True,
    )
    consent_limits = text("Anything we should not share?", rows=2)


class ServiceKnown(Row):
    """Service known to the family: somebody outside school who helps or has helped."""

    many = "Services known to the family"
    form = belongs_to(ParentInformation, "known_services")
    service = text("Service", needed=True, bank="agency", carried=True)
    contact = text("Name and contact", carried=True)
    since = text("From and to", carried=True)
    may_contact = choice("May we contact them?", options=("Yes", "No"))
    why_not = text("If not, why?")


class ChildStory(Form):
    """My Child's Story So Far: told by those who know the child best."""

    many = "My Child's Story So Far"
    by_family = True
    who = Section("Who tells the story")
    told_by = text("Told by", needed=True, bank="people", begins="family")
    teller = choice(
        "They are the child's", options=("Parent", "Carer", "Social worker", "Somebody else")
    )
    written_by = text("Written down by", "If a colleague typed it for the family.")
    read_back = choice("Was it read back to them?", needed=False)
    story = Section(
        "The story",
        "First words and steps · nursery and schools · when somebody first noticed · what helped ·"
        " proud moments",
    )
    events = Rows("What happened, and when", "As many or as few as you like.", blank=4)
    in_own_words = text("Or in your own words", rows=10)

    def missing(self):
        gaps = super().missing()
        if not self.in_own_words and not self.rows("events"):
            gaps.append(("in_own_words", "Write the story, or add at least one event."))
        return gaps


class StoryEvent(Row):
    """Story event: one step of the story."""

    form = belongs_to(ChildStory, "events")
    when = text("Age or date")
    what = text("What happened?", rows=2, needed=True)
    source = text("Who says so?")


class FamilyThinks(Form):
    """What My Family Think: what matters to and for the child, seen from home."""

    many = "What My Family Think"
    by_family = True
    us = Section("Who we are")
    told_by = text("Filled in by", needed=True, bank="people", begins="family")
    like = Section("What my child is like")
    admire = text("What do we love and admire?", rows=3)
    good_day = text("What makes a good day?", rows=2)
    bad_day = text("What makes a bad day?", rows=2)
    important_to = text("What is important to my child?", rows=2)
    important_for = text("What do we think is important for my child?", rows=2)
    works_at_home = text("What works at home?", rows=2)
    worries = Section("What worries us now")
    worries_now = text("Our main worry", rows=2)
    learning = text("Learning", rows=2)
    talking = text("Talking and friends", rows=2)
    feelings = text("Feelings", rows=2)
    body = text("Body and senses", rows=2)
    self_care = text("Looking after themselves", rows=2)
    hopes = Section("What we hope for")
    hope_year = text("In a year", rows=2)
    hope_adult = text("As an adult", rows=2)
    want_school = text("What do we want from school?", rows=2)
    help_family = text("What would help us as a family?", rows=2)
    sure = choice(
        "How sure are we that the plan is right?",
        options=("Not sure at all", "Not so sure", "Fairly sure", "Very sure"),
    )

    def missing(self):
        gaps = super().missing()
        if not any(self.answer(name) for name, asked in self.questions() if asked.ask.rows > 1):
            gaps.append(("admire", "Answer at least one question; leave out the others."))
        return gaps


class PupilViews(Form):
    """Pupil Views: what I think, in my own words."""

    by_family = True
    how = Section("How we found out")
    gathered = choices(
        "How were the views gathered?",
        options=("Talked", "Drew", "Symbols", "Watched", "Video", "An adult spoke for me"),
        needed=True,
    )
    by_whom = text("By whom?", needed=True, bank="people", begins="me")
    exact = choice("Are these the child's exact words?")
    me = Section("About me")
    like = text("I like...", rows=2)
    good_at = text("I am good at...", rows=2)
    people = text("People who help me...", rows=2)
    lessons = Rows("How do I feel about...", "Lessons, playtime, lunch, home time.", blank=6)
    hard = text("It is hard when...", rows=2)
    helps = text("It helps me when...", rows=2)
    ahead = Section("What I want")
    would_like = text("I would like to...", rows=2)
    grown_up = text("When I am grown up...", rows=2)
    one_change = text("One thing I would change", rows=2)


class LessonFeeling(Row):
    """Lesson feeling: how one part of the day feels."""

    form = belongs_to(PupilViews, "lessons")
    part = text("Lesson or time", needed=True)
    feeling = choice("How it feels", options=("Happy", "In between", "Not happy"), needed=True)
    why = text("Because...")


class MyPlanPlus(MyPlan):
    """My Plan+: the plan with the help of specialists from outside school (code K+)."""

    many = "My Plan+ plans"
    others = Section("Other services, reports and recommendations")
    services = text("Which services are involved?", rows=2)
    discussed = choice(
        "Were the services involved and their reports discussed?",
        options=("Yes", "No", "No reports yet"),
        needed=True,
    )
    discussed_why = text("Why not?", needed="discussed=No")
    advice_used = text("What of their advice is in this plan?", rows=3)
    team_met_on = day("Date of the team meeting")
    team = text("Who was invited, who came, who sent views?", rows=3)
    health_care = text("Health and care needs that bear on learning", rows=3)
    risk = text("Link to a risk or medical plan")
    consent_gained = choice(
        "Is there consent for each referral and for sharing information?",
        options=("Yes", "No", "Nothing to refer or share"),
        needed=True,
    )
    ehcp_notes = text("Does an EHCP need to be considered? Notes", rows=2)


class PlusAspiration(Aspiration):
    """Aspiration (My Plan+): where the child wants to be."""

    plan = belongs_to(MyPlanPlus, "aspirations")


class PlusNeed(Need):
    """Need (My Plan+): what the child must learn or manage."""

    plan = belongs_to(MyPlanPlus, "needs")
    aspiration = link("For which aspiration?", PlusAspiration, needed=True, backref="needs")


class PlusOutcome(Outcome):
    """Outcome (My Plan+): what the child will be able to do, by when."""

    plan = belongs_to(MyPlanPlus, "outcomes")
    need = link("For which need?", PlusNeed, needed=True, backref="outcomes")


class PlusProvision(Provision):
    """Provision (My Plan+): what is additional or different, exactly."""

    many = "Provision (My Plan+)"
    plan = belongs_to(MyPlanPlus, "provision")
    outcome = link("For which outcome?", PlusOutcome, needed=True, backref="provided")


class MyPlanPlusReview(MyPlanReview):
    """My Plan+ Review: how far each outcome has come, and what the chart asks next."""

    agency_need = text("If a specialist is to be asked: what do we want to know?", rows=2)
    appropriate = choice("Is a My Plan+ still appropriate?")
    onward = choice("Does consideration for an EHCP need to be made?")


def provision_of(pupil_id):
    """The lines of provision of a child's newest plan that is not declined."""
    plans = []
    for cls in (MyPlan, MyPlanPlus):
        kept = cls.select().where(cls.pupil == pupil_id, cls.status != "declined")
        plans.extend(kept.order_by(cls.id.desc()).limit(1))
    if not plans:
        return []
    return max(plans, key=lambda plan: plan.entered_at).rows("provision")


BESIDES = "Given besides the plan"  # by no line of it


class LinkedRow(Row):
    """A row that names a line of provision, in its words and by its key."""

    line_key = CharField(null=True)
    audit_exclude = ("line_key",)

    def clean(self):
        if not self.linked:
            self.line_key = None
            return
        for row in provision_of(self.pupil_key()):
            if sort_key(row.words) == sort_key(self.linked):
                self.line_key = row.line_key
                return


class PlusOutcomeRating(OutcomeRating):
    """Outcome rating (My Plan+): how far one outcome has come."""

    form = belongs_to(MyPlanPlusReview, "ratings")


# --- what is kept beside the forms
class Consent(PupilRecord):
    """Consent: what for, to whom, given by whom, until when."""

    begin_words = "Write down a consent"
    document_kind = "Signed consent"
    signed_by = ("Parent, carer or young person", "For the school")
    listed = ("pupil", "purpose", "to_whom", "answer_given", "given_on", "withdrawn_on")
    dated_by = "given_on"
    purpose = choice(
        "What for?",
        options=(
            "Referral",
            "Share a report",
            "Invite to a meeting",
            "School to school",
            "EHC needs assessment",
        ),
        needed=True,
    )
    to_whom = text("To whom?", needed=True, bank="agency")
    information = text("What information?", rows=2, needed=True)
    answer_given = choice(
        "Answer", options=("Given", "Refused", "Withdrawn", "Not needed in law"), needed=True
    )
    legal_reason = text("Legal reason", needed="answer_given=Not needed in law")
    given_by = text(
        "Given or refused by", needed="answer_given=Given|Refused|Withdrawn", bank="people"
    )
    relationship = text("Relationship to the child")
    responsibility = choice(
        "Holds parental responsibility?", "A young person of 16 or over answers for themselves."
    )
    method = choice(
        "How?", options=("Signed", "E-mail", "Spoken, with a witness"), needed="answer_given=Given"
    )
    witness = text("Witness", needed="method=Spoken, with a witness")
    given_on = day("Date", needed=True, before="withdrawn_on valid_to")
    valid_to = day("Valid until", ahead=ADULT_LIFE)
    withdrawn_on = day("Withdrawn on", needed="answer_given=Withdrawn")

    def holds(self, on):
        """Whether it was given, or not needed, and not over or withdrawn on a day."""
        if self.answer_given == "Withdrawn" and not self.withdrawn_on:
            return False
        if self.answer_given not in ("Given", "Withdrawn", "Not needed in law"):
            return False
        if self.given_on and on < self.given_on:
            return False
        if self.withdrawn_on and self.withdrawn_on <= on:
            return False
        return not (self.valid_to and self.valid_to < on)

    def __str__(self):
        return f"Consent: {self.purpose or ''}, {self.to_whom or ''}".strip(", ")


class Meeting(PupilRecord):
    """Meeting: who is invited, who came, what was agreed."""

    listed = ("pupil", "kind", "on", "place")
    document_kind = "Other"
    kind = choice(
        "Kind",
        options=(
            "Record of Concern review",
            "My Plan review",
            "My Plan+ review",
            "Annual review",
            "Team meeting",
            "Parent meeting",
        ),
        needed=True,
    )
    on = day("Date", needed=True, ahead=PLANNED)
    at = time("Time")
    place = text("Place", carried=True)
    lead = text("Who leads it?", carried=True)
    outside_why = text("Why outside the review window?", on_blank=False, seldom=True)
    agenda = text("Why we meet", rows=3)
    people = Rows("People", "Everybody who is asked, with their answer.", blank=4)
    minutes = text("What was said", rows=8)
    actions = Rows("Actions")
    # the cycle whose review it is
    placement = ForeignKeyField(Placement, null=True, backref="+", on_delete="RESTRICT")

    def __str__(self):
        kind = self.kind or self.kind_name()
        return f"{kind}, {short_day(self.on)}".strip(", ")


class MeetingPerson(Row):
    """Person at a meeting: invited, came, sent apologies or views."""

    many = "People at meetings"
    meeting = belongs_to(Meeting, "people")
    who = text("Name and role", needed=True, bank="people", carried=True)
    invited_on = day("Invited on")
    reply = choice("Reply", options=("Coming", "Not coming", "No reply yet"))
    came = choice("Came?", options=("Yes", "No", "Sent apologies"))
    contribution = text("Views or report sent", rows=2)


class MeetingAction(Row):
    """Action: who does what by when."""

    meeting = belongs_to(Meeting, "actions")
    what = text("What", needed=True)
    who = text("Who")
    by = day("By when", ahead=PLANNED)
    done_on = day("Done on")


MET_FAMILY = "Meeting with the family"


class Note(PupilRecord):
    """Note: a call, a message or a talk about a child, in a line or two."""

    listed, searched = ("pupil", "on", "kind", "whom", "follow_up_by", "done_on"), ("whom", "words")
    begin_words = "Write a note"
    document_kind = "Letter"
    document_from = "whom"
    dated_by = "on"
    on = day("Date", needed=True, before="done_on follow_up_by")
    kind = choice(
        "How?",
        options=(
            "Telephone",
            "E-mail",
            MET_FAMILY,
            "Another meeting",
            "In passing",
            "Seen in school",
        ),
        needed=True,
    )
    whom = text("With whom?", "Of what was seen: the child.", needed=True, bank="people")
    words = text("What was said, or seen?", rows=3, needed=True)
    follow_up_by = day("Follow up by", ahead=PLANNED)
    done_on = day("Followed up on")

    def note(self):
        if self.follow_up_by and not self.done_on:
            return f"to follow up by {short_day(self.follow_up_by)}"
        return ""

    def told(self):
        return self.words or ""

    def __str__(self):
        return f"{self.kind or self.kind_name()}: {self.whom or ''}".strip(": ")


def family_meetings(meetings, notes, papers, on):
    """How many days of the school year up to a day the family was met on, a review of which it was
    part too (Code of Practice, 6.65: at least three a year).
    """
    begins, _ = school_year(on)
    met = {meeting.on for meeting in meetings if meeting.kind != "Team meeting"}
    met.update(note.on for note in notes if note.kind == MET_FAMILY)
    for paper in papers:
        if (
            isinstance(paper, Review)
            and paper.status == "sealed"
            and paper.parent_involved == "Yes"
        ):
            met.add(paper.happened_on)
    return sum(begins <= held <= on for held in met if held)


ARRIVED = "Nobody: the child came with a plan"


@dataclass(frozen=True)
class CaseState:
    """One state of an EHC case."""

    words: str
    open: bool = True


CASE_STATES = {
    "preparing": CaseState("Preparing the request"),
    "requested": CaseState("Requested"),
    "refused_assess": CaseState("Assessment refused"),
    "assessing": CaseState("Assessing"),
    "refused_issue": CaseState("Plan refused"),
    "after_all": CaseState("Plan to be made after all"),
    "draft": CaseState("Draft plan"),
    "final": CaseState("Final plan"),
    "ceased": CaseState("Plan ceased", open=False),
    "withdrawn": CaseState("Withdrawn", open=False),
    "closed": CaseState("Closed after a refusal", open=False),
}
CASE_OPEN = tuple(code for code, state in CASE_STATES.items() if state.open)
TO_AMEND = "Plan to be amended"
PLAN_ENDS = "Plan to end"
# what a local authority decides, and whether the family may appeal (CFA 2014, s.51(2))
DECISIONS = {
    "Will assess": False,
    "Assessment refused": True,
    "Assessment after all": False,
    "Plan refused": True,
    "Plan after all": False,
    "Final plan issued": True,
    "Plan kept as it is": True,
    TO_AMEND: False,
    "Amended plan issued": True,
    PLAN_ENDS: True,
    "Plan ceased": True,
}


class EhcCase(PupilRecord):
    """EHC case: the process at the local authority, which runs beside the stage."""

    listed = ("pupil", "state", "requester", "authority", "received_on")
    document_kind = "EHC plan"
    rates = "outcome"  # what a row of its review rates
    state_part = Section("Where it is", write=())
    state = choice(
        "State", options=[(c, s.words) for c, s in CASE_STATES.items()], default="preparing"
    )
    request = Section("The request")
    requester = choice(
        "Who asks?",
        options=("School", "Parent", "Young person", "Somebody else", ARRIVED),
        needed=True,
    )
    requested_on = day(
        "Date of the request", before="received_on decided_assess_on draft_served_on final_on"
    )
    parents_view = choice(
        "Do the parents know and agree?", options=("Agree", "Refuse", "They ask themselves")
    )
    authority = text("Local authority")
    officer = text("Case officer")
    received_on = day(
        "Date the local authority received it",
        "Day 0 of the local authority's clock.",
        before="decided_assess_on decided_issue_on draft_served_on final_on",
    )
    checklist = Section(
        "What local authorities usually ask for", "Advice, not law: nothing here stops the request."
    )
    ready = choices(
        "In the pack",
        options=(
            "Two reviewed plans",
            "Baseline and targets",
            "Provision map",
            "Strategies used",
            "Professionals' reports",
            "Parents' views",
            "Child's views",
            "Attainment and progress",
            "Attendance",
            "Consent and signatures",
        ),
    )
    advice_part = Section("Advice the school is asked for")
    advice_asked_on = day("Advice asked for on", before="advice_sent_on")
    advice_sent_on = day("Advice sent on")
    decided = Section("What the local authority decides")
    decided_assess_on = day("Decision to assess, or not", before="draft_served_on final_on")
    assess_ordered_on = day(
        "Assessment ordered, or agreed after all", "The tribunal's order, or the day of the letter."
    )
    decided_issue_on = day("Decision to issue, or not")
    issue_ordered_on = day(
        "Plan ordered, or agreed after all", "The tribunal's order, or the day of the letter."
    )
    draft_served_on = day("Draft plan served on", before="draft_answered_on final_on")
    draft_answered_on = day("Draft commented on")
    consulted_on = day("School consulted on", before="consultation_answered_on")
    consultation_answered_on = day("Consultation answered on")
    final_on = day("Final plan dated")
    # SEND Regulations 2014, reg. 5(4), 10(4) and 13(3)
    exception = choice(
        "Does the law allow the local authority more time?",
        "Then its dates are not called late.",
        options=(
            "The child or parent missed an appointment",
            "They were away for four weeks or more",
            "Exceptional personal circumstances",
            "The school was closed for four weeks or more",
        ),
    )
    exceptions = text("Reason the local authority gives for being late", rows=2)
    decisions = Rows("Decisions, oldest first", "A decision stays here when another follows.")
    plan = Section("The plan")
    outcomes = Rows("Outcomes (Section E)", "The annual review rates each of them.")
    provision = Rows("Provision (Section F)", "The school must see that it is given.")
    sections_note = text("Sections B, E and F in short", rows=4)
    band = text("Funding band")
    yearly = Section("Annual reviews")
    years = Rows("Review years", "One line for each year.")
    phase_final_on = day("Final plan for the next phase dated")
    closed_on = day("Closed on")
    no_longer = Section("No longer asked", write=(), last=True)
    review_decided_on = day("Decision after the last annual review")
    mediation = choice("Mediation considered?")
    appeal_on = day("Appeal lodged on")

    @classmethod
    def current(cls, pupil):
        cases = cls.select().where(cls.pupil == pupil, cls.state.in_(CASE_OPEN))
        return cases.order_by(cls.id.desc()).first()

    def to_rate(self):
        return [row.words for row in self.rows("outcomes") if not row.until]

    def last_decision(self):
        """The newest decision, or None."""
        return next(reversed(self.rows("decisions")), None)

    def coming_year(self):
        """The review year whose meeting is still to come; not saved yet when nothing is known."""
        for year in self.rows("years"):
            if not year.held_on:
                return year
        return ReviewYear(case=self)

    def held_year(self):
        """The review year of the last meeting, or None."""
        held = [year for year in self.rows("years") if year.held_on]
        return max(held, key=lambda year: year.held_on, default=None)

    def errors(self):
        found = super().errors()
        if not self.id and self.pupil_id and EhcCase.current(self.pupil):
            words = "There is an open EHC case for this pupil already; use that one."
            found.append(("pupil", words))
        return found

    def __str__(self):
        return f"EHC case: {self.answer('state')}"


class HeadAgreement(PupilRecord):
    """Head's agreement: the head agrees that the school asks for an EHCP. Only the head's button
    and the move itself write here.
    """

    listed = ("pupil", "on", "agreed_by", "how")
    on = day("Agreed on")
    agreed_by = text("Agreed by")
    how = choice("How?", options=("Pressed here", "On paper"))
    # of which cycle: a later request is agreed anew
    placement = ForeignKeyField(
        Placement, null=True, backref="+", on_delete="RESTRICT", unique=True
    )

    def __str__(self):
        return f"The head agrees to ask for an EHCP ({(self.how or '').lower()})"


class CaseDecision(Row):
    """Local authority's decision: what the local authority decided, when, and what the family did
    about it.
    """

    case = belongs_to(EhcCase, "decisions")
    what = choice("Decision", options=tuple(DECISIONS), needed=True)
    on = day("Date of the letter", needed=True, before="mediation_on certificate_on appeal_on")
    mediation_on = day("Mediation considered on")
    certificate_on = day("Mediation certificate dated")
    appeal_on = day("Appeal lodged on")

    @property
    def may_be_appealed(self):
        return DECISIONS.get(self.what, False)


class PlanOutcome(Row):
    """Outcome (EHC plan): one outcome of Section E."""

    case = belongs_to(EhcCase, "outcomes")
    words = text("Outcome", rows=2, needed=True)
    by = day("By when?", ahead=ADULT_LIFE)
    until = day("No longer in the plan since")


class PlanProvision(LinkedRow):
    """Provision (EHC plan): what Section F says must be given."""

    many = "Provision (EHC plans)"
    case = belongs_to(EhcCase, "provision")
    words = text("What is provided?", rows=2, needed=True, exact=True)
    outcome = link("For which outcome?", PlanOutcome, seldom=True)
    hours = text("How much, how often?", exact=True)
    who = text("Who gives it?")
    role = choice("Their role", options=PROVIDERS, seldom=True)
    size = number("How many children in it?", between=(1, 30), seldom=True)
    minutes = number("Minutes each time", "Known, it counts in the map.", (1, 600), seldom=True)
    times = number("Times a week", between=(Decimal("0.1"), 50), seldom=True)
    when_given = text("When?", "Such as Mon Wed 9:15; a clash of times is then told.")
    cost = number("Resources (£)", between=(0, 100_000), seldom=True)
    linked = text(
        "Which line of the school's plan gives it?",
        "Then it counts once in the map.",
        bank="given",
        seldom=True,
    )
    since = day(
        "In the plan since", "Left empty: the day of the final plan.", before="until", seldom=True
    )
    until = day("No longer in the plan since")


class ReviewYear(Row):
    """Review year: the dates of one annual review of an EHC plan."""

    case = belongs_to(EhcCase, "years")
    planned_on = day("Meeting planned for", ahead=PLANNED)
    asked_on = day("Advice for the meeting asked for on")
    invited_on = day("Invitations sent on")
    papers_on = day("Papers sent round on")
    held_on = day("Meeting held on", before="report_on decided_on notice_on amended_on")
    report_on = day("Report sent to the local authority on")
    decision = choice("Decision", options=("Plan kept as it is", TO_AMEND, PLAN_ENDS))
    decided_on = day("Decision dated")
    notice_on = day("Notice of the changes dated", before="amended_on")
    amended_on = day("Amended plan dated")

    @property
    def state(self):
        """How far the year has come: coming, held, amending or over."""
        if not self.held_on:
            return "coming"
        if not self.decided_on:
            return "held"
        if self.to_amend and not self.amended_on:
            return "amending"
        return "over"

    @property
    def to_amend(self):
        return self.decision == TO_AMEND


class AnnualReview(Review):
    """Annual Review: how far the outcomes of the EHC plan have come, what each person says, and
    what the meeting recommends.
    """

    early_why = None  # a plan may be reviewed at any time of its year
    others_view = text("What do the others say?", "School, specialists, local authority.", rows=3)
    went = Section("How did it go?")
    ratings = Rows("Outcomes of the EHC plan", "Each outcome of Section E.", needed=True)
    provided = text("Is the provision of Section F given, and does it help?", rows=3, needed=True)
    # SEND Regulations 2014, reg. 20(6)
    adult_life = text(
        "From Year 9: what prepares the young person for adult life?",
        "Work, living on their own, friends and community, health.",
        rows=2,
    )
    recommended = Section("What the meeting recommends")
    recommendation = choice(
        "What should the local authority do with the plan?",
        "The local authority decides; not all need to agree.",
        options=("Keep it as it is", "Amend it", "End it"),
        needed=True,
    )
    recommendation_why = text(
        "Why, and which changes?", rows=4, needed="recommendation=Amend it|End it"
    )
    disagreed = text("Does anybody see it differently?", rows=2)
    next_steps = text("Next steps agreed", rows=3, needed=True)


class PlanOutcomeRating(OutcomeRating):
    """Outcome rating (EHC plan): how far one outcome of Section E has come."""

    form = belongs_to(AnnualReview, "ratings")


class Measure(PupilRecord):
    """Measure: what a child reached on a day: reading age, maths, attendance."""

    named_by = "measure"
    listed, order_by = ("pupil", "measure", "on", "value", "source"), ("-on", "-id")
    on = day("Date", needed=True)
    measure = text(
        "What is measured?",
        "Reading age, maths, attendance %.",
        needed=True,
        bank="measure",
        carried=True,
    )
    value = text("Value", "Such as 7y 2m, 96 or 91.5 %.", needed=True)
    source = text("Where it is from", "The test, or the school's system.", carried=True)

    def note(self):
        return self.value or ""


class Document(PupilRecord):
    """Document: a file that belongs to a child's record."""

    named_by = "title_of"
    listed = ("pupil", "title_of", "kind", "dated", "file_name")
    readonly = ("file_name",)
    title_of = text("What is it?", needed=True)
    kind = choice(
        "Kind",
        options=(
            "Professional's report",
            "Letter",
            "Work sample",
            "Screener",
            "Signed consent",
            "Signed paper",
            "EHC plan",
            "Photo",
            "Other",
        ),
        needed=True,
    )
    dated = day("Its date", before="received_on")
    from_whom = text("From whom?", bank="people")
    received_on = day("Received on")
    belongs = any_record(
        "What does it belong to?", "A paper, an agency, a meeting, a note.", index=True
    )
    withhold = choice("Not for disclosure", "To the family, when the law allows it.")
    restricted = choice("Only for the SENCO and the head?", "Nobody else can open the file.")
    file_name = text("File", "PDF, Word, picture; at most 10 MB.")
    stored_as = CharField(null=True)
    size = IntegerField(null=True)
    sha256 = CharField(null=True)

    @classmethod
    def readable_by(cls, user):
        """What belongs to a record, such as the scan of a paper, goes by the right to read that."""
        found = cls.select()
        for kind in kinds_with_documents():
            if not may(user, "r", kind):
                is_of_kind = cls.belongs.startswith(f"{kind.__name__}-")
                found = found.where(cls.belongs.is_null() | ~is_of_kind)
        return found

    @classmethod
    def fetch_owners(cls, documents):
        """Fetch what these belong to, with one query for each kind."""
        fetched = records_with_keys([one.belongs for one in documents])
        for one in documents:
            one.fetched = fetched

    def is_withheld(self):
        """Whether it, or what it belongs to, is not for disclosure."""
        owner = self.leads_to("belongs")
        return super().is_withheld() or (owner is not None and owner.is_withheld())


# --- the papers that the law asks the school for
class StatutoryPaper(PupilRecord):
    """What a paper for the local authority has: when it was asked for, and when it went."""

    order_by = ("-asked_on", "-id")
    document_kind = "Letter"
    signed_by = ("For the school",)
    case_asked = case_sent = ""  # the dates of an EHC case that say the same

    asked = Section("What is asked, and by when")
    authority = text("Local authority", needed=True)
    asked_on = day("Asked for on", needed=True, before="sent_on")
    sent_on = day("Sent on", "Then it is no longer on the home page.")

    def due(self):
        """The last day on which it may go, or None."""
        return self.asked_on and self.asked_on + clock.time_for(self.case_sent)

    def note(self):
        if self.sent_on:
            return f"Sent {short_day(self.sent_on)}"
        return f"Due {short_day(self.due())}"

    def save(self, *args, **more):
        """Save; the open EHC case of the child gets the same two dates where it has none."""
        with transaction():
            saved = super().save(*args, **more)
            case = EhcCase.current(self.pupil)
            if case:
                self._tell(case)
        return saved

    def _tell(self, case):
        for name, on in ((self.case_asked, self.asked_on), (self.case_sent, self.sent_on)):
            if on and not getattr(case, name):
                setattr(case, name, on)
        if not case.errors():
            case.save()


class EducationalAdvice(StatutoryPaper):
    """Educational advice: what the school tells the local authority for an EHC needs assessment,
    within six weeks of being asked.
    """

    # SEND Regulations 2014, reg. 6(1)(b); six weeks: reg. 8(1), Code 9.52
    many = "Educational advice"
    begin_words = "Write the educational advice"
    listed = ("pupil", "authority", "asked_on", "due", "sent_on")
    case_asked, case_sent = "advice_asked_on", "advice_sent_on"
    known = Section("The child")
    views = text("What the child and the family say", rows=4)
    strengths = text("What goes well", rows=3)
    attainment = text("Attainment, progress and attendance", rows=4)
    done_so_far = text("What the school has done, and what came of it", rows=4)
    part_needs = Section("Needs", code=CODE_NEEDS)
    needs = text("The child's special educational needs", rows=5, needed=True)
    health_care = text("Health and care needs that bear on learning", rows=3)
    part_outcomes = Section("Outcomes", code=CODE_OUTCOMES)
    outcomes = text("The outcomes that are intended", rows=5, needed=True)
    part_provision = Section("Provision", code=CODE_PROVISION)
    provision = text(
        "The provision that may be required",
        "One line each: type, hours, how often, with what expertise.",
        rows=6,
        needed=True,
        exact=True,
    )
    # reg. 6(1)(g)
    adult_life = text(
        "From Year 9: what prepares the young person for adult life and living on their own?",
        rows=3,
    )
    written_by = text("Written by (name and role)", needed=True)

    def unasked(self):
        years = list(dict(YEARS))
        young = years[: years.index("9")]
        if self.pupil.year in young and not self.adult_life:
            return ("adult_life",)
        return ()


class ConsultationAnswer(StatutoryPaper):
    """Answer to a consultation: what the school says when it may be named in an EHC plan, within 15
    days of being asked.
    """

    # Code 9.83
    many = "Answers to consultations"
    begin_words = "Answer a consultation"
    listed = ("pupil", "authority", "asked_on", "due", "answer_is", "sent_on")
    case_asked, case_sent = "consulted_on", "consultation_answered_on"
    part_answer = Section("The answer")
    answer_is = choice(
        "Can the school meet the needs?",
        options=("Yes", "Yes, with what is named below", "No"),
        needed=True,
    )
    grounds = choices(
        "If not: on which ground?",
        "The law names these three (Children and Families Act 2014, s.39(4)).",
        options=(
            "Unsuitable for the age, ability, aptitude or needs of the child",
            "Incompatible with the efficient education of others",
            "Incompatible with the efficient use of resources",
        ),
        needed="answer_is=No",
    )
    grounds_why = text(
        "Why, and which reasonable steps were looked at?", rows=4, needed="answer_is=No"
    )
    part_draft = Section("About the draft plan")
    known_needs = text("What the school knows of the needs (Section B)", rows=4)
    outcomes = text("Outcomes (Section E): what fits, what does not", rows=3)
    provision = text(
        "Provision (Section F) that the school would give, or needs",
        "One line each: type, hours, how often, with what expertise.",
        rows=5,
        exact=True,
    )
    attainment = text("Attainment, progress and attendance", rows=3)
    views = text("What the child and the family say", rows=3)
    written_by = text("Written by (name and role)", needed=True)


ASKABLE = (RecordOfConcern, ConcernReview, MyPlan, MyPlanReview, PupilViews)
ASKABLE += (MyPlanPlus, MyPlanPlusReview, AnnualReview)
ASKABLE = {cls.__name__: cls for cls in ASKABLE}
REVIEW_STAGES = {
    "ConcernReview": "S1",
    "MyPlanReview": "S2",
    "MyPlanPlusReview": "S3",
    "AnnualReview": "E",
}


class WritingTask(ForPerson):
    """Paper to write: the SENCO asks a colleague for a paper, by a day."""

    many = "Papers to write"
    begin_words = "Ask somebody to write a paper"
    listed = ("pupil", "paper", "person", "by", "done_on")
    paper = choice(
        "Which paper?",
        options=[(name, cls.kind_name()) for name, cls in ASKABLE.items()],
        needed=True,
    )
    by = day("By when?", needed=True, ahead=PLANNED)
    done_on = day("Done on", "It goes from the home page by itself when the paper is complete.")

    def errors(self):
        self.clean()
        found = super().errors()
        if not self.user or self.done_on or self.paper not in ASKABLE:
            return found
        held = Placement.current(self.pupil)
        stage = held.stage if held else ""
        if REVIEW_STAGES.get(self.paper, stage) != stage:
            words = f"{self.pupil.called} is not on the stage of a {self.answer('paper')}."
            found.append(("paper", f"{words} Choose the review of the stage the child is on."))
        if not may(self.user, "w", ASKABLE[self.paper]):
            words = f"{self.person} may not write a {self.answer('paper')}; ask somebody else."
            found.append(("person", words))
        elif not Pupil.visible_to(self.user).where(Pupil.id == self.pupil_id).exists():
            words = f"{self.person} does not see this child: add them to the team first."
            found.append(("person", words))
        return found

    def note(self):
        if self.done_on:
            return "done"
        return f"by {short_day(self.by)}"

    def __str__(self):
        return f"{self.answer('paper')}: {self.person or ''}"


# --- the agencies of a child, at every stage
AGENCY_STATUS = (
    "Considered",
    "Consulted",
    "Referred",
    "Waiting",
    "Involved",
    "Discharged",
    "Refused",
)
SENT = ("Referred", "Waiting", "Involved")  # something about the child has gone to the agency


class Agency(PupilRecord):
    """Agency: a service outside school that is asked or helps, what we want to know, and what it
    recommends.
    """

    begin_words = "Refer to an agency"
    document_kind = "Professional's report"
    document_from = "agency"
    dated_by = "asked_on"
    listed = ("pupil", "agency", "state", "asked_on", "report_on", "next_contact")
    whom = Section("Whom we ask, and what")
    agency = text("Agency", needed=True, bank="agency")
    state = choice("Status", options=AGENCY_STATUS, needed=True)
    question = text("What do we want to know?", rows=2, needed=True)
    asked_on = day("Asked on", before="acknowledged_on chased_on report_on")
    consent = link(
        "Consent to the referral",
        Consent,
        "Nothing is sent without one. If there is one to this agency, it is chosen by itself.",
        index=True,
    )
    about_it = Section("More about it")
    professional = text("Professional and role")
    contact = text("Telephone or e-mail")
    reason = text("Reason", rows=2)
    tried = text("What has been tried?", rows=2)
    came = Section("What came of it")
    acknowledged_on = day("Acknowledged on")
    chased_on = day("Last chased on")
    seen_on = day("Child seen on")
    report_on = day("Report received on", "Add the report itself under Documents.")
    next_contact = day("Next contact", ahead=PLANNED)
    recommendations = Rows("Recommendations", "One line each; decide on every one.", blank=5)
    foot = Section("For the file", family=False, last=True)
    withhold = choice("Not for disclosure", "Only when the law allows it: say why.")
    withhold_why = text("Why not", needed="withhold=Yes")

    sends_on = None  # the day on which something goes out by what was saved last

    def was_sent(self):
        return bool(self.asked_on) or self.state in SENT

    def consent_on(self, on):
        """The consent with which something may go to this agency on a day, or None."""
        kept = Consent.select().where(Consent.pupil == self.pupil_id)
        for consent in kept.order_by(Consent.id.desc()):
            if self.is_covered_by(consent, on):
                return consent

    def is_covered_by(self, consent, on):
        name = folded_words(self.agency or "")
        same_agency = folded_words(consent.to_whom or "") == name != []
        return same_agency and consent.purpose == "Referral" and consent.holds(on)

    def save(self, *args, **more):
        was = Agency.get_or_none(id=self.id) if self.id else None
        self.sends_on = self._sending_day(was)
        if self.sends_on and not self._covered():
            self.consent = self.consent_on(self.sends_on) or self.consent
        return super().save(*args, **more)

    def _sending_day(self, was):
        """The day on which something goes out by what is new here; what stood before may stand."""
        watched = ["agency", "asked_on", "consent"]
        if self.state in SENT:
            watched.append("state")
        changed = []
        for name in watched:
            if was is None or self.__data__.get(name) != was.__data__.get(name):
                changed.append(name)
        if not changed or not self.was_sent():
            return None
        if changed == ["state"]:
            return today()
        return self.asked_on or today()

    def _covered(self):
        return bool(self.consent) and self.is_covered_by(self.consent, self.sends_on)

    def errors(self):
        found = super().errors()
        if self.sends_on and not self._covered():
            name = self.agency or "an agency"
            words = (
                f"Nothing may go to {name} without a consent to a referral there that holds on"
                f" {say_day(self.sends_on)}. Write it down first, or why none is needed in law."
            )
            if self.consent:
                words = f"“{self.consent}” is not the consent that is needed. {words}"
            found.append(("consent", words))
        return found

    def note(self):
        if self.report_on:
            return f"{self.state}, report received {short_day(self.report_on)}"
        return self.state or ""

    def __str__(self):
        return self.agency or "Agency not named yet"


class Recommendation(LinkedRow):
    """Recommendation: one thing a specialist advises, and what we decide."""

    agency = belongs_to(Agency, "recommendations")
    words = text("Recommendation", rows=2, needed=True, exact=True)
    decision = choice("Decision", options=("Do", "Do in part", "Not now"))
    reason = text("Reason", needed="decision=Not now|Do in part")
    linked = text("Which provision takes it up?", bank="given")
    owner = text("Who sees to it?")
    by = day("By when?", ahead=PLANNED)
    done_on = day("Done on")

    def errors(self):
        found = super().errors()
        if self.decision == "Not now" and self.done_on:
            found.append(("done_on", "It was decided “Not now”: change that, or empty “Done on”."))
        return found


class AgencyInformation(Form):
    """My Plan+ Outside Agency Information Form: who is asked, what we want to know, what they
    recommend.
    """

    who = Section("Agencies, and what they recommend")
    agencies = Drawn("Agencies", kind=Agency, needed=True, blank=2)
    recommendations = Drawn("Recommendations", kind=Recommendation, blank=3)
    discussed_with = text("Discussed with", rows=2)


class Letter(PupilRecord):
    """Letter: what was written to the family, and when it went."""

    listed = ("pupil", "subject", "dated", "sent_on")
    dated_by = "dated"
    document_kind = "Letter"
    subject = text("Subject", needed=True)
    dated = day("Date", needed=True, before="sent_on")
    to_whom = text("To", "The names, one a line.", rows=2)
    address = text("Address", rows=4)
    body = text("Text", rows=12, needed=True)
    sent_on = day("Sent on")
    sent_how = choice("How", options=("By post", "By hand", "By e-mail", "School app"))
    large_print = choice("In large print?")
    meeting = ForeignKeyField(Meeting, null=True, backref="letters", on_delete="RESTRICT")
    placement = ForeignKeyField(Placement, null=True, backref="letters", on_delete="RESTRICT")
    void = BooleanField(default=False)

    @classmethod
    def unsent(cls, *columns):
        """A query of the letters that were written and have not gone."""
        return cls.select(*columns).where(cls.sent_on.is_null(), ~cls.void)

    @property
    def waits(self):
        return "" if self.sent_on else "Not sent"

    def note(self):
        return "Sent" if self.sent_on else ""

    def __str__(self):
        # each household has one with the same subject
        to = ", ".join((self.to_whom or "").splitlines())
        return ", to ".join(filter(None, (self.subject or "Letter", to)))


class Disclosure(PupilRecord):
    """Request for information: what was asked for and by whom, when it is due, and what was
    given.
    """

    many = "Requests for information"
    listed = ("pupil", "kind", "asked_by", "asked_on", "due", "given_on")
    document_kind = "Letter"
    kind = choice(
        "What is asked for?",
        options=(
            ("access", "Everything held (subject access)"),
            ("record", "The educational record (a parent)"),
            ("transfer", "Transfer to the next school"),
            ("other", "Something else"),
        ),
        needed=True,
    )
    asked_by = text("Asked by", needed=True)
    asked_on = day("Asked on", needed=True, before="given_on")
    identity_on = day(
        "Identity and authority known on",
        "The clock starts here when it is later (Data (Use and Access) Act 2025).",
    )
    paused_on = day("Clarification asked on", "The clock stops here ...", before="resumed_on")
    resumed_on = day("Clarified on", "... and goes on here.")
    more_time = choice("Complex: two more months?")
    given_on = day("Given on")
    given_to = text("Given to")
    given_how = text("How")
    inside = Section("What was given", family=False)
    left_out = text("Left out, and why", "Written when the bundle is made.", rows=3)
    contents = text("What was in it", "Written when the bundle is made.", rows=3)
    readonly = ("left_out", "contents")

    def due(self, settings=None):
        """By when it must be answered, in words."""
        if self.given_on:
            return ""
        when = clock.request_due(self, settings or Setting.of_school())
        if when:
            return short_day(when)
        return "The clock is stopped"

    def errors(self):
        found = super().errors()
        if self.resumed_on and not self.paused_on:
            words = "It was clarified, but not asked for; give “Clarification asked on” too."
            found.append(("paused_on", words))
        return found

    def __str__(self):
        return f"Request: {self.answer('kind')}"


class Erasure(PupilRecord):
    """Erasure: one person asks for a child's record to be erased, another does it; a stub
    remains.
    """

    listed = ("pupil", "asked_by", "asked_at", "done_by", "done_at")
    reason = text("Why may it be erased?", rows=2, needed=True)
    asked_by = text("Asked for by")
    asked_id = IntegerField(null=True)
    asked_at = DateTimeField(default=now)
    done_by = text("Erased by")
    done_at = DateTimeField(null=True)


# --- what follows from the records
NO_DAY = datetime.date.max  # of what has no day: both engines sort it last


class HomeTask(Table):
    """What needs somebody, or will: a line of the home page. Only pathway/tasks.py writes here."""

    pupil = ForeignKeyField(Pupil, backref="+", on_delete="CASCADE")
    group = CharField()  # dated (late or due soon), agree, papers or others
    what = TextField()
    due = DateField()
    shows_from = DateField()
    # what it opens; only who may know of this kind of record is told
    record = CharField()
    record_id = IntegerField(null=True)
    screen = CharField()  # child, new, page or edit
    person_id = IntegerField(null=True, index=True)  # of whom it is asked

    class Meta:
        indexes = (
            (("group", "due"), False),  # the first lines of a group
            (("group", "record", "due", "shows_from"), False),  # how many there are
        )

    @property
    def when(self):
        if self.due == NO_DAY:
            return None
        return self.due


class TaskBasis(Table):
    """What all tasks were made from besides the records: one row."""

    digest = CharField()


# --- the whole list
ABSTRACT = (Row, LinkedRow, PupilRecord, ForPerson, Form, Review, StatutoryPaper)


def every(base=Record):
    """Every kind of record below `base` that has a table, in the order of this file."""
    found = []
    for cls in base.__subclasses__():
        for one in (cls, *every(cls)):
            if one not in found and one not in ABSTRACT:
                found.append(one)
    return found


KINDS_OF_RECORD = {cls.__name__: cls for cls in every()}


def kinds_with_documents():
    return [kind for kind in every(PupilRecord) if kind.document_kind]


def record_with_key(key):
    """The record to which a document can belong, by its key; None when there is none."""
    return records_with_keys([key]).get(key)


def records_with_keys(keys):
    """The records that these keys name, one query for each kind: {key: record}."""
    numbers = {}
    for key in keys:
        named = re.fullmatch("([A-Za-z]+)-([0-9]{1,9})", key or "")
        if named and KINDS_OF_RECORD.get(named[1]) in kinds_with_documents():
            numbers.setdefault(KINDS_OF_RECORD[named[1]], set()).add(int(named[2]))
    found = {}
    for kind, wanted in numbers.items():
        rows = kind.select().where(kind.id.in_(wanted))
        found.update((record_key(row), row) for row in rows)
    return found


def kept_about(user, pupil, classes):
    """What is kept about a pupil, the oldest first: {class: [record, ...]}. Whoever shows it asks
    for the right to the kind; what that right is not enough for is left out here.
    """
    found = rows_of([cls.readable_by(user).where(cls.pupil == pupil.id) for cls in classes])
    for records in found.values():
        for record in records:
            record.pupil = pupil  # it would be asked for again
    return found


def index_lists():
    """Let an index serve every order in which the list of a record about pupils can be sorted."""
    for cls in (Pupil, *every(PupilRecord)):
        known = {"pupil", "surname"}
        for name in (*cls.list_columns(), *cls.sort_keys.values()):
            field = cls._meta.fields.get(name)
            if name not in known and field and not field.unique and type(field) is not TextField:
                cls.add_index(cls.index(field))


index_lists()


def every_table():
    beside = (SignInAttempt, UserSession, SavedView, Draft, ListSearch, FormToken, Work)
    return [*every(), PupilWord, MergedPupil, AuditEntry, HomeTask, TaskBasis, *beside]


def check_models():
    """What is wrong with the classes of this file; nothing starts until it is none."""
    found = []
    for cls in every():
        name = cls.__name__
        for question, _ in cls.questions():
            if hasattr(Record, question):
                found.append(f"{name}: no question may be called “{question}”; rename its line.")
        if not issubclass(cls, Row) and name not in RIGHTS_TABLE:
            found.append(f"{name} has no line in RIGHTS.")
        if not cls.__doc__ or not cls.intro():
            found.append(f"{name} has no sentence that says what it is.")
    names = {cls.__name__ for cls in every_table()}
    for name, row in RIGHTS_TABLE.items():
        if name not in names:
            found.append(f"RIGHTS names {name}, which is no record.")
        for cell in row.values():
            if set(cell) - set("rwx-"):
                found.append(f"RIGHTS of {name}: “{cell}” has letters other than r, w, x.")
    return found
