"""A fictional all-through school, put into an empty database through the same doors that people use.

Come here to change how the demonstration school is put together; its names, routes and stories are data in `demo/words.py`. Every
date counts back from the day of building, so that some reviews are always overdue, due soon, open and waiting.
"""

import datetime
import random
import secrets
import workflow
from audit.log import acting_as
from audit.log import db
from demo import words as w
from models import AGENCY_STATUS
from models import AREAS
from models import CAUSES
from models import HORIZONS
from models import HOW_TOLD
from models import PROGRESS
from models import UPN_LETTERS
from models import AgencyInformation
from models import BankEntry
from models import ChildStory
from models import ConcernReview
from models import Consent
from models import EhcCase
from models import FamilyThinks
from models import Letter
from models import Meeting
from models import MyPlan
from models import MyPlanPlus
from models import MyPlanPlusReview
from models import MyPlanReview
from models import ParentInformation
from models import Placement
from models import Provision
from models import Pupil
from models import PupilViews
from models import RecordOfConcern
from models import Setting
from models import Strategy
from models import horizon_end
from pathway import clock
from people import User
from records.questions import acting_as

SEED = 20
DAY = datetime.timedelta(1)
YEARS = ("R", *(str(n) for n in range(1, 12)))
PLANS = {"S1": RecordOfConcern, "S2": MyPlan, "S3": MyPlanPlus, "E": MyPlanPlus}
REVIEWS = {"S1": ConcernReview, "S2": MyPlanReview, "S3": MyPlanPlusReview}
SIDES = (ParentInformation, ChildStory, FamilyThinks, PupilViews, AgencyInformation)


def build(on, hash_password, passwords=None):
    """Fill an empty database, with dates that count back from `on`: returns [(role, user name, password)], one for each role.

    `passwords` may give {user name: password}; the others are made at random.
    """
    with db.atomic(), acting_as("Demonstration school"):
        school = School(on)
        signs = school.employ(hash_password, passwords or {})
        school.fill_bank()
        school.enrol()
        for number, route in enumerate(w.ROUTES):
            Journey(school, number, *route).walk()
        school.send_letters()
    return signs


def as_person(user):
    """Within this block, every change is recorded as made by this colleague."""
    return acting_as(user.name, user.id, user.role)


def new_password():
    """Three words and four digits, from the system's secure source."""
    return (
        "-".join(secrets.choice(w.PASSWORD_WORDS) for _ in range(3))
        + f"-{secrets.randbelow(9000) + 1000}"
    )


def upn(serial, entered, school="9999"):
    """A well-formed UPN of a school that does not exist, in local authority 999."""
    body = f"999{school}{entered % 100:02}{serial:03}"
    return UPN_LETTERS[sum(int(c) * place for place, c in enumerate(body, 2)) % 23] + body


def first_holidays(autumn):
    """The holidays of the school year that begins in `autumn`: a list of (first day, last day)."""

    def monday(year, month, day):
        start = datetime.date(year, month, day)
        return start + DAY * (-start.weekday() % 7)

    starts = (
        (monday(autumn, 10, 24), 4),
        (monday(autumn, 12, 19), 11),
        (monday(autumn + 1, 2, 13), 4),
        (monday(autumn + 1, 3, 29), 11),
        (monday(autumn + 1, 5, 25), 4),
    )
    return [(d, d + DAY * n) for d, n in starts] + [
        (datetime.date(autumn + 1, 7, 22), datetime.date(autumn + 1, 9, 1))
    ]


class School:
    """The school's own records, and what its pupils' journeys need: colleagues, free pupils, school days."""

    def __init__(self, on):
        self.on, self.rng, self.autumn = on, random.Random(SEED), on.year - (on.month < 9)
        self.settings, self.free, self.teachers = Setting.of_school(), {}, {}
        spans = [span for year in (-1, 0, 1) for span in first_holidays(self.autumn + year)]
        for name, words in w.SETTINGS.items():
            setattr(self.settings, name, words)
        self.settings.holidays = "\n".join(f"{a:%d/%m/%Y} to {b:%d/%m/%Y}" for a, b in spans)
        self.settings.second_step = (
            None  # its passwords are on the screen: a code would protect nothing
        )
        self.settings.save()
        self.closed = clock.holidays(self.settings)

    def is_open(self, day):
        """Whether school is open that day."""
        return day.weekday() < 5 and not any(a <= day <= b for a, b in self.closed)

    def day(self, latest, least, most, rng, stretch=0):
        """A day between `least` and `most` days before `latest`: a school day, if need be up to `stretch` days earlier, else a weekday."""
        days = [latest - DAY * n for n in range(least, most + stretch + 1)]
        near = [d for d in days if self.is_open(d)]
        return rng.choice(
            [d for d in near if d >= latest - DAY * most]
            or near[:5]
            or [d for d in days if d.weekday() < 5]
            or days
        )

    def after(self, start, days, latest):
        """The first school day `days` after `start`, but not after `latest`."""
        later = (start + DAY * n for n in range(days, days + 60))
        found = next((d for d in later if self.is_open(d)), latest)
        return min(found, latest)

    def employ(self, hash_password, passwords):
        """Write down the staff; returns one sign-in for each role."""
        signs = {}
        for name, username, role, classes in w.STAFF:
            password = passwords.get(username) or new_password()
            user = User.create(
                name=name,
                username=username,
                role=role,
                classes=classes or None,
                token=secrets.token_urlsafe(24),
                password=hash_password(password),
            )
            signs.setdefault(role, (role, username, password))
            self.teachers.update({form: user for form in user.class_names()})
            setattr(self, role, getattr(self, role, user))
        return list(signs.values())

    def fill_bank(self):
        """The word bank: the wordings of the stories that suit any child."""
        found = {}
        for story in w.STORIES:
            area = AREAS[story["area"]]
            found.update({("strategy", row[0]): area for row in (*story["used"], *story["added"])})
            found.update(
                {("provision", row[0]): area for stone in story["stones"] for row in stone[10]}
            )
            found.update({("agency", row[0]): area for row in story["agencies"]})
        for (bank, words), area in found.items():
            if "{" not in words:
                BankEntry.create(bank=bank, words=words, area=area)

    def enrol(self):
        """About 420 pupils, 35 in each year, each with somebody at home."""
        with as_person(self.office):
            for number in range(420):
                year = YEARS[number // 35]
                sex, forename, known_as, tongue = self.name_for(number)
                classes = ("K", "L") if int(year if year != "R" else 0) > 6 else ("A", "B")
                pupil = Pupil.create(
                    surname=self.rng.choice(w.SURNAME_STARTS) + self.rng.choice(w.SURNAME_ENDS),
                    forename=forename,
                    known_as=known_as,
                    dob=datetime.date(self.autumn - number // 35 - 5, 9, 1)
                    + DAY * self.rng.randrange(365),
                    sex=sex,
                    year=year,
                    form=year + classes[number % 2],
                    admitted_on=self.admitted(number // 35),
                    home_language=tongue,
                    upn=upn(number + 1, self.autumn - number // 35),
                    eal="No" if tongue in ("English", "Welsh") else "Yes",
                    premium="Yes" if self.rng.random() < 0.2 else "No",
                )
                kin = w.CARERS[number % len(w.CARERS)][0]
                pupil.contacts.model.create(
                    pupil=pupil,
                    name=f"{self.rng.choice(w.GIRLS if kin != 'Father' else w.BOYS)} {pupil.surname}",
                    relationship=kin,
                    responsibility="No" if kin == "Grandmother" else "Yes",
                    phone=f"07700 900{number:03}",
                    may_contact="Yes",
                )
                self.free.setdefault(year, []).append(pupil)

    def name_for(self, number):
        """Sex, forename, the name they use, and the home language of one pupil; every 11th is called otherwise than the register says."""
        if number % 11 == 3:
            forename, sex, known_as, tongue = w.KNOWN_AS[number // 11 % len(w.KNOWN_AS)]
            return sex, forename, known_as, tongue
        sex = self.rng.choice("FM")
        return sex, self.rng.choice(w.GIRLS if sex == "F" else w.BOYS), None, "English"

    def admitted(self, years):
        """The day a pupil came: mostly in Reception, some later."""
        joined = self.rng.randrange(years + 1) if self.rng.random() < 0.15 else 0
        return self.after(datetime.date(self.autumn - years + joined, 9, 2), 0, self.on)

    def cast(self, number, start):
        """A story, and a free pupil of its age who was here on `start`."""
        turn = number % len(w.STORIES)
        for story in w.STORIES[turn:] + w.STORIES[:turn]:
            years = [y for y in story["years"].split() if self.free[y]]
            here = [p for y in years for p in self.free[y] if p.admitted_on <= start]
            if here:
                pupil = next(
                    (p for p in here if p.known_as and number % 3 == 0), None
                ) or self.rng.choice(here)
                self.free[pupil.year].remove(pupil)
                return story, pupil
        raise LookupError("No pupil is left for this route.")

    def send_letters(self):
        """Letters older than ten days went out; the newest still lie on the desk."""
        with as_person(self.office):
            for letter in (
                Letter.select()
                .where(Letter.dated <= self.on - 10 * DAY, ~Letter.void)
                .order_by(Letter.id)
            ):
                letter.sent_on = self.after(letter.dated, 1, self.on)
                letter.sent_how = ("By post", "By hand", "By e-mail", "School app")[letter.id % 4]
                letter.save()


class Journey:
    """One pupil's way along the pathway: the papers of each stay, then the step out of it."""

    def __init__(self, school, number, steps, window, papers, special):
        self.school, self.no, self.special = school, number, special.split()
        self.steps, self.papers = steps.split(), (papers.split() + ["", "", ""])[:3]
        self.rng, self.told, self.stone, self.turn = (
            random.Random(f"{SEED}.{number}"),
            {},
            0,
            number,
        )
        self.on, self.senco, self.office = school.on, school.senco, school.office
        self.days = self.plan_days(window)
        self.story, self.pupil = school.cast(number, self.days[0])
        self.teacher = school.teachers[self.pupil.form]
        self.get_to_know()

    # -- dates and words
    def moves(self):
        """The move of each step: a step has one from each stage it starts from."""
        stage, found = "NONE", []
        for step in self.steps:
            named = [workflow.move_named(name) for name in w.STEPS[step.partition("=")[0]]]
            found.append(next(m for m in named if stage in m.from_))
            stage = found[-1].to
        return found

    def plan_days(self, window):
        """The day of each step, counted back from today: the last stay stands as `window` says."""
        stages = [m.to for m in self.moves()] or ["NONE"]
        days = [self.school.day(self.on, *w.WINDOWS[stages[-1]][window], self.rng)]
        for stage in reversed(stages[:-1]):
            least, most = (33, 40) if "early" in self.special else w.STAYS[stage]
            days.insert(0, self.school.day(days[0], least, most, self.rng, stretch=50))
        return days

    def say(self, words):
        """The wording for this child: one of those between ¦, with names and pronouns filled in."""
        if not isinstance(words, str):
            return words
        words = words.split("¦")[self.no % (words.count("¦") + 1)]
        return (
            words.format_map(self.told)[:1].upper() + words.format_map(self.told)[1:]
            if words.startswith("{")
            else words.format_map(self.told)
        )

    def said(self, answers):
        """All of these answers, said for this child; what is empty is left out."""
        return {n: self.say(v) for n, v in answers.items() if v not in (None, "")}

    def add(self, record, group, /, **answers):
        """Add one line to a group of rows."""
        row_class = type(record).groups()[group]
        return row_class.create(**{row_class.parent_field().name: record}, **self.said(answers))

    def add_all(self, record, group, columns, lines):
        """Add one line for each tuple."""
        return [self.add(record, group, **dict(zip(columns, line))) for line in lines]

    # -- the pupil
    def get_to_know(self):
        """Complete the pupil's record, as the office would before a first meeting."""
        pupil, rng, apart = self.pupil, self.rng, self.story["key"] == "safe and settled"
        boy = pupil.sex == "M"
        first = pupil.contacts.get()
        carer = "Kim" if apart else dict(w.CARERS)[first.relationship]
        self.told = dict(
            f=pupil.called,
            he="he" if boy else "she",
            him="him" if boy else "her",
            his="his" if boy else "her",
            He="He" if boy else "She",
            His="His" if boy else "Her",
            carer=carer,
            t=self.teacher.name,
            i=rng.choice(w.INTERESTS[min(YEARS.index(pupil.year) // 4, 2)]),
            fr=rng.choice(w.GIRLS + w.BOYS),
            ta=w.HELPERS[self.no % len(w.HELPERS)],
            lo=rng.randint(2, 3),
            mid=rng.randint(5, 6),
            hi=rng.randint(8, 9),
        )
        with as_person(self.office):
            self.complete_home(first, apart)
            if self.steps and self.steps[0] in ("k", "k+", "e"):
                pupil.admitted_on = max(
                    self.school.after(self.days[0] - 3 * DAY, 0, self.days[0]), pupil.admitted_on
                )
                pupil.former_upn = upn(self.no + 1, self.school.autumn - 3, "9998")
            pupil.areas = AREAS[self.story["area"]]
            pupil.alert = self.say(self.story["alert"]) if len(self.steps) > 1 else None
            pupil.communication = (
                "Talking, with pictures",
                "Talking and Makaton",
                "In writing when upset",
            )[self.no % 3]
            pupil.medical_plan = "Yes" if "plan" in self.story["health"] else "No"
            if "e" in self.steps or "issued" in self.steps:
                pupil.resourced, pupil.sen_unit = ("Yes", "No") if self.no % 2 else ("No", "Yes")
            pupil.save()

    def complete_home(self, first, apart):
        """The contacts and the home of a child on the pathway."""
        pupil, n = self.pupil, self.no
        pupil.looked_after, pupil.care_authority = (
            ("Yes", w.SETTINGS["local_authority"]) if apart else ("No", None)
        )
        pupil.interpreter = "Yes" if pupil.eal == "Yes" and n % 2 else "No"
        if apart:
            first.name, first.relationship, first.responsibility = (
                "Kim Fosterwell",
                "Foster carer",
                "No",
            )
        first.lives_with, first.preferred = (
            "Yes",
            ("Telephone after 4 pm", "Text message", "E-mail")[n % 3],
        )
        first.email, first.address = (
            f"family{n:02}@example.org",
            f"{n + 2} {w.STREETS[n % len(w.STREETS)]}, Samplebridge, Anyshire",
        )
        first.save()
        self.add(
            pupil,
            "contacts",
            name=f"{w.BOYS[n % len(w.BOYS)]} {pupil.surname}",
            relationship="Social worker"
            if apart
            else "Father"
            if first.relationship != "Father"
            else "Mother",
            responsibility="Yes",
            lives_with="No" if apart or n % 3 == 0 else "Yes",
            phone=f"07700 900{500 + n:03}",
            may_contact="No" if n % 13 == 5 else "Yes",
            email=f"second{n:02}@example.org",
            court_order="Contact by agreement of the court; ask the office" if n % 13 == 5 else "",
            address=f"{n + 2} Elsewhere Close, Samplebridge, Anyshire" if n % 3 == 0 else "",
            preferred="E-mail",
        )

    # -- the walk
    def walk(self):
        """Make each step on its day, with the papers that it needs; then leave the last stay as the route says."""
        moves = self.moves()
        for at, (step, move) in enumerate(zip(self.steps, moves)):
            self.turn = self.no + at
            if at:
                self.fill_stay(moves[at - 1].to, self.days[at - 1], self.days[at], step)
            self.make(move, step, self.days[at])
            if "=" in step:
                self.move_case(step.partition("=")[2], self.days[at])
        stage = moves[-1].to if moves else "NONE"
        self.last_stay(stage, self.days[-1])
        for special in set(self.special) & {"oops", "request", "withdrawn", "meeting"}:
            getattr(self, special)(self.days[-1])
        if stage in ("S2", "S3", "E"):
            self.everyday(self.days[-1])

    def fill_stay(self, stage, start, end, step):
        """The papers of a stay that is over: its plan, and its review when the step needs one."""
        if stage not in PLANS:
            return
        self.write_plan(stage, self.plan_day(start, 3 + self.no % 7, end), "sealed")
        if step in w.SAYS or "=" in step or step == "4case":
            self.write_review(stage, end, "sealed", step.partition("=")[0])
            if (self.no + len(step)) % 3 == 0:
                self.hold_meeting(REVIEWS[stage], end)

    def plan_day(self, start, days, latest):
        """The school day on which the plan of the open stay is written: not after `latest`, nor after its review is due."""
        stands = Placement.current(self.pupil)
        due = workflow.clock_of(stands, self.on) if stands else None
        return self.school.after(start, days, min(latest, due.closes) if due else latest)

    def last_stay(self, stage, start):
        """The papers of the stay that the pupil is on now, as far as the route says they have come."""
        plan, review, step = self.papers
        day = self.plan_day(start, 2 + self.no % 4, self.on)
        if plan == "some":
            self.write_sides(day, some=True)
        elif plan:
            self.write_plan(stage, day, plan)
        if review:
            self.write_review(stage, self.school.day(self.on, 0, 3, self.rng), review, step or "1y")

    def make(self, move, step, day):
        """Make one move as the SENCO, with every answer that it asks for."""
        key, story = step.partition("=")[0], self.story
        known = dict(
            on=day,
            raised_by=(f"{self.teacher.name}, class teacher", "A parent", "The child")[self.no % 3],
            areas="\n".join(dict.fromkeys(AREAS[row[0]] for row in story["concerns"])),
            told=None if self.no % 4 == 0 else day - DAY,
            sen_type="NSA" if step == "up" and self.no % 8 == 0 else story["type"],
            note=w.NOTES[self.turn % 3],
            reason=w.REASONS.get(key),
            why_direct=("Transferred in with this code", "Diagnosis", "Sudden need")[
                self.no % 3 if key != "k" else 0
            ],
            changes=w.CHANGES[0 if key == "1y" else 1 + self.turn % 2],
            parents_view="Refuse" if "withdrawn" in step else "Agree",
            authority=w.SETTINGS["local_authority"],
            plan_on=day - 4 * DAY,
            report_sent=min(day + 10 * DAY, self.on),
            decided=min(day + 21 * DAY, self.on),
            letter_on=day - 3 * DAY,
            destination=w.DESTINATIONS[self.no % 3],
        )
        stands = Placement.current(self.pupil)
        with as_person(self.senco):
            workflow.perform(
                move,
                self.pupil,
                self.senco,
                self.said({n: known.get(n) for n in move.asks}),
                on=self.on,
                seen=stands.id if stands else 0,
                token=f"demonstration-{self.no}-{day}-{step}",
            )

    # -- papers
    def begin(self, form_class, day, who, **answers):
        """A new paper of this day, with these answers: (form, the rows to rate)."""
        form, rows = workflow.start_form(form_class, self.pupil, who)
        for name, words in self.said(dict(answers, happened_on=day)).items():
            setattr(form, name, words)
        form.save()
        return form, rows

    def finish(self, form, status, who):
        """Take a paper as far as `status`: a teacher completes one before the SENCO agrees it, and the family has seen it."""
        if status == "declined":
            workflow.decline(form, who, self.say(w.DECLINED[self.no % 2]))
        if status == "complete" or status == "sealed" and who is self.teacher:
            workflow.complete(form, who)
        if status == "sealed":
            form.seen_by_parent = self.school.after(form.happened_on, 3, self.on)
            with as_person(self.senco):
                workflow.agree(form, self.senco)

    def write_plan(self, stage, day, status):
        """The plan of the open stay: a Record of Concern, a My Plan, or a My Plan+ after its five forms."""
        if stage == "S3":
            self.write_sides(day)
        if stage == "S1":
            with as_person(self.teacher):
                return self.finish(self.write_concern(day, status), status, self.teacher)
        with as_person(self.office):
            form = workflow.PupilContext(self.pupil, self.office).paper("plan")[1]
            form = self.renew_plan(form, day) if form else self.new_plan(PLANS[stage], day)
            if status != "draft":
                self.agree_together(form, day)
            return self.finish(form, status, self.office)

    def write_concern(self, day, status):
        """A teacher's Record of Concern; a draft has the worry and no more yet."""
        story, raised, fell = (
            self.story,
            self.school.after(day - 9 * DAY, 0, day),
            "unreached" in self.special,
        )
        draft = dict(
            raised_on=raised,
            raised_by=f"{self.teacher.name}, class teacher",
            strengths=story["strengths"],
            areas="\n".join(dict.fromkeys(AREAS[row[0]] for row in story["concerns"])),
        )
        rest = dict(
            senco_consulted_on=max(raised, self.school.after(day - 4 * DAY, 0, day)),
            progress="\n".join(PROGRESS[n] for n in {self.no % 4, 4 - story["area"] % 2}),
            causes="\n".join(CAUSES[n] for n in story["checked"]),
            causes_note=story["found"],
            told_on=None if fell else day,
            told_who=None if fell else "{carer}",
            told_how=None if fell else HOW_TOLD[self.no % 5],
            consent="not reached" if fell else "not given" if self.no % 19 == 7 else "given",
            child_said=story["child"],
            not_reached="Three calls and an e-mail this week; the family is abroad until Monday."
            if fell
            else None,
            family_said=None if fell else story["family"],
        )
        form, _ = self.begin(
            RecordOfConcern, day, self.teacher, **draft, **(rest if status != "draft" else {})
        )
        lines = [(AREAS[area], *rest_of) for area, *rest_of in story["concerns"][: 2 + self.no % 2]]
        self.add_all(form, "key_concerns", ("area", "what", "where_when", "how_often"), lines)
        if status != "draft":
            self.add_all(
                form,
                "attainment",
                ("measure", "level", "on"),
                [(*row, raised) for row in story["levels"]],
            )
            self.add_all(
                form,
                "used",
                ("strategy", "effect", "since", "until", "who"),
                [(*row, raised - 40 * DAY, raised, self.teacher.name) for row in story["used"]],
            )
            turn = (
                story["added"][int(form.cycle) - 1 & 1 :]
                + story["added"][: int(form.cycle) - 1 & 1]
            )
            self.add_all(
                form,
                "added",
                ("strategy", "who", "how_often", "hope"),
                [row[:4] for row in turn[: 2 + self.no % 2]],
            )
        return form

    def new_plan(self, form_class, day):
        """A first plan: the child's and the family's aspirations, and two of the story's stepping stones."""
        story = self.story
        form, _ = self.begin(
            form_class,
            day,
            self.office,
            every_day=story["daily"],
            at_home=story["home"],
            lead="{ta}",
        )
        dreams = [
            self.add(
                form,
                "aspirations",
                words=words,
                whose=("The child's", "The family's", "Both")[whose],
                horizon=HORIZONS[far],
            )
            for words, whose, far in story["dreams"]
        ]
        for at in range(2):
            self.add_stone(form, dreams[at % len(dreams)], day)
        return form

    def renew_plan(self, form, day):
        """A plan that was carried over: achieved needs go, dates move on, and a new stepping stone comes in."""
        form.happened_on = day
        form.save()
        for need in [n for n in form.needs if not n.outcomes.count()]:
            need.remove("Achieved at the last review")
        for outcome in form.outcomes:
            outcome.by = self.by_when(outcome.need.aspiration, day)
            outcome.baseline = (
                outcome.baseline.partition(" (")[0] + f" (checked again on {day:%d/%m/%Y})"
                if outcome.baseline
                else None
            )
            outcome.save()
            for line in outcome.provided:
                line.since, line.until = day, outcome.by
                line.save()
        while form.outcomes.count() < 2:
            self.add_stone(form, form.aspirations.get(), day)
        return form

    def add_stone(self, form, aspiration, day):
        """One stepping stone: the need, its outcome, and the provision that leads there."""
        stones = (*self.story["stones"], w.KEEP)
        words, why, now_, outcome, measure, base, target, reach, _, _, provided = stones[
            min(self.stone, 3)
        ]
        self.stone += 1
        need = self.add(
            form,
            "needs",
            words=words,
            aspiration=aspiration,
            area=AREAS[self.story["area"]],
            why=why,
            baseline=now_,
        )
        aim = self.add(
            form,
            "outcomes",
            words=outcome,
            need=need,
            measure=measure,
            baseline=base,
            target=target,
            achievable=reach,
            by=self.by_when(aspiration, day),
            importance=("to the child\nfor the child", "for the child")[self.stone % 2],
        )
        groups = [code for code, _ in Provision.group.choices]
        for what, different, who, skill, group, minutes, times, where, evidence, cost in provided:
            self.add(
                form,
                "provision",
                words=what,
                outcome=aim,
                different=different,
                who=who,
                expertise=skill,
                group=groups[group],
                minutes=minutes,
                times=times,
                since=day,
                until=aim.by,
                where_given=where,
                evidence=evidence,
                cost=cost,
            )

    def by_when(self, aspiration, day):
        """Twelve weeks on, or the end of what the aspiration reaches."""
        return min(
            day + 84 * DAY,
            horizon_end(aspiration.horizon, self.pupil.year, day) or datetime.date.max,
        )

    def agree_together(self, form, day):
        """What the family and the child said about the plan, and when it is reviewed."""
        heard, n = "apart" not in self.special, self.no
        said = dict(
            child_consulted="Yes" if heard else "No",
            child_how=f"{day:%d/%m/%Y}, talking with {{ta}} and choosing pictures" if heard else "",
            child_why=""
            if heard
            else "{f} was in hospital; {ta} asks {him} in the first week back.",
            parent_consulted="Yes" if heard else "No",
            parent_how=f"{day:%d/%m/%Y}, {{carer}}, in school" if heard else "",
            parent_why=""
            if heard
            else "Two meetings were put off by the family; the plan went home with a letter.",
            parent_agrees=("Agrees", "Agrees", "Agrees in part", "Agrees", "Does not agree")[n % 5]
            if heard
            else "",
            parent_comment=(self.story["family"], "Small steps, please, and tell us how it goes.")[
                n % 2
            ]
            if heard
            else "",
            review_by=workflow.clock_of(Placement.current(self.pupil), self.on).closes,
            lead=form.lead or "{ta}",
        )
        if isinstance(form, MyPlanPlus):
            said.update(self.plus_answers(day))
        for name, words in self.said(said).items():
            setattr(form, name, words)
        form.save()

    def plus_answers(self, day):
        """What a My Plan+ asks beside a My Plan."""
        names = [row[0] for row in self.story["agencies"]]
        quiet = self.no % 6 == 4
        return dict(
            services=", ".join(names),
            discussed="No" if quiet else "Yes",
            team_met_on=day,
            discussed_why="The report came the evening before; we talk about it at the next meeting."
            if quiet
            else "",
            advice_used="; ".join(row[0] for name in self.story["agencies"] for row in name[5][:1])
            + ".",
            team=f"{{carer}}, {{t}}, {{ta}} and the SENCO came; {self.story['agencies'][0][1]} sent a report.",
            health_care=self.story["health"],
            risk="Medical plan, in the office" if "plan" in self.story["health"] else "None needed",
            consent_gained="Yes",
            ehcp_notes="The EHC plan is in place; this is its plan for every day."
            if Placement.stage_of(self.pupil) == "E"
            else ("Not yet: the support is working.", "To be looked at again at the next review.")[
                self.no % 2
            ],
        )

    # -- the five forms of Stage 3
    def write_sides(self, day, some=False):
        """The five forms of a stay at Stage 3, once for each stay; `some`: some are in, some are drafts, one is not started."""
        at = workflow.PupilContext(self.pupil, self.office)
        if any(f for p, f in at.papers if p.kind == "side"):
            return
        states = {0: "complete", 1: "draft", 2: "", 3: "sealed", 4: "draft"} if some else {}
        declined = (
            {2: "declined"} if self.no % 5 == 1 else {3: "declined"} if self.no % 9 == 4 else {}
        )
        writers = (
            self.parent_side,
            self.story_side,
            self.family_side,
            self.views_side,
            self.agency_side,
        )
        with as_person(self.office):
            for number, form_class in enumerate(SIDES):
                status = {**states, **(declined if not some else {})}.get(
                    number, "sealed" if not some else ""
                )
                if status == "declined":
                    self.finish(self.begin(form_class, day, self.office)[0], status, self.office)
                elif status:
                    self.finish(writers[number](day, status), status, self.office)

    def parent_side(self, day, status):
        """Parent Information Form."""
        diagnoses, medication, senses, allergies, obstacles, changes = self.story["parent"]
        form, _ = self.begin(
            ParentInformation,
            day,
            self.office,
            told_by="{carer}",
            relationship=self.pupil.contacts.get().relationship,
            household="{carer}, {f} and one younger child",
            responsibility="Both parents" if self.no % 3 else "{carer} only",
            languages=f"{self.pupil.home_language or 'English'}; interpreter: {(self.pupil.interpreter or 'No').lower()}",
            contact_how=obstacles,
            obstacles="Shift work; a younger child at home",
            practitioners="Samplebridge Surgery; school nurse Nell Bandage",
            diagnoses=diagnoses,
            medication=medication,
            senses=senses,
            allergies=allergies,
            other_plans=("None", "Early help plan")[self.no % 2],
            benefits=("Would rather not say", "Disability living allowance")[self.no % 2],
            family_changes=changes,
            consent=("Yes", "Yes, but ask me first", "Yes", "No")[self.no % 4],
            consent_limits="Please do not share the court papers" if self.no % 4 else "",
        )
        lines = [
            (
                row[0],
                row[1],
                "Since last year",
                "Yes" if at == 0 else "No",
                "" if at == 0 else "We would like to ask them ourselves first",
            )
            for at, row in enumerate(self.story["agencies"])
        ]
        self.add_all(
            form, "known_services", ("service", "contact", "since", "may_contact", "why_not"), lines
        )
        return form

    def story_side(self, day, status):
        """My Child's Story So Far."""
        kept = "withheld" in self.special
        form, _ = self.begin(
            ChildStory,
            day,
            self.office,
            told_by="{carer}",
            teller="Carer" if self.told["carer"] == "Kim" else "Parent",
            written_by=self.office.name,
            read_back="Yes",
            in_own_words=self.story["own"],
            withhold="Yes" if kept else "",
            withhold_why="It tells of a brother who has not agreed; ask the SENCO before giving a copy."
            if kept
            else "",
        )
        self.add_all(form, "events", ("when", "what", "source"), self.story["events"])
        return form

    def family_side(self, day, status):
        """What My Family Think."""
        asked = [n for n, f in FamilyThinks.questions() if f.ask.rows > 1]
        sure = [code for code, _ in FamilyThinks.sure.choices]
        return self.begin(
            FamilyThinks,
            day,
            self.office,
            told_by="{carer}",
            sure=sure[self.no % 4],
            **dict(zip([n for n in asked if n not in ("withhold_why",)], self.story["thinks"])),
        )[0]

    def views_side(self, day, status):
        """Pupil Views."""
        asked = (
            "like",
            "good_at",
            "people",
            "hard",
            "helps",
            "would_like",
            "grown_up",
            "one_change",
        )
        form, _ = self.begin(
            PupilViews,
            day,
            self.office,
            gathered=("Talked\nDrew", "Talked", "Symbols\nWatched", "Video")[self.no % 4],
            by_whom="{ta}",
            exact="Yes" if self.no % 2 else "No",
            **dict(zip(asked, self.story["views"])),
        )
        self.add_all(form, "lessons", ("part", "feeling", "why"), self.story["feelings"])
        return form

    def agency_side(self, day, status):
        """Outside Agency Information Form, with the consents that it needs; a draft has recommendations that are not decided."""
        form, _ = self.begin(
            AgencyInformation, day, self.office, discussed_with="{carer}, {t} and the SENCO"
        )
        for at, (agency, professional, reason, question, tried, advice) in enumerate(
            self.story["agencies"]
        ):
            state = (
                ("Involved", "Discharged", "Involved", "Consulted")[self.no % 4]
                if at == 0
                else AGENCY_STATUS[(self.no + at) % 7]
            )
            asked = None if state == "Considered" else self.school.after(day - 50 * DAY, 0, day)
            met = state in ("Involved", "Discharged", "Consulted")
            row = self.add(
                form,
                "agencies",
                agency=agency,
                professional=professional,
                contact=f"07700 900{900 + at:03}, team{at}@example.org",
                state=state,
                reason=reason,
                question=question,
                tried=tried,
                asked_on=asked,
                acknowledged_on=self.school.after(asked, 6, day) if asked else None,
                seen_on=self.school.after(asked, 20, day) if met else None,
                report_on=self.school.after(asked, 34, day) if met else None,
                next_contact=day + 40 * DAY if met else None,
            )
            self.consent_for(agency, state, asked or day, at)
            for words, decision, linked, owner in advice if met else ():
                left_open = status == "draft" and at == 0
                self.add(
                    form,
                    "recommendations",
                    agency=row,
                    words=words,
                    decision=None if left_open else decision,
                    owner=owner or "{t}",
                    reason=linked if decision != "Do" else "",
                    linked=linked if decision == "Do" else "",
                    by=day + 45 * DAY,
                    done_on=None
                    if left_open or self.no % 2
                    else self.school.after(day, 8, self.on),
                )
        return form

    def consent_for(self, agency, state, asked, at, purpose=None):
        """One consent for one agency: most are given, some refused, some not needed in law."""
        kind = (
            "Refused"
            if state == "Considered"
            else "Not needed in law"
            if state == "Refused" and self.no % 2
            else "Given"
        )
        method = ("Signed", "E-mail", "Spoken, with a witness")[(self.no + at) % 3]
        first = self.pupil.contacts.get()
        Consent.create(
            pupil=self.pupil,
            **self.said(
                dict(
                    purpose=purpose
                    or ("Referral", "Share a report", "Invite to a meeting", "School to school")[
                        (self.no + at) % 4 if at else 0
                    ],
                    to_whom=agency,
                    information=w.CONSENT_INFO[(self.no + at) % 3],
                    answer_given=kind,
                    given_by=first.name if kind != "Not needed in law" else "",
                    legal_reason="A duty to share in order to keep a child safe; agreed with the head"
                    if kind == "Not needed in law"
                    else "",
                    relationship=first.relationship,
                    responsibility=first.responsibility or "Yes",
                    method=method if kind == "Given" else "",
                    witness=self.senco.name
                    if kind == "Given" and method.startswith("Spoken")
                    else "",
                    given_on=asked,
                    valid_to=self.on + 730 * DAY if kind == "Given" else None,
                )
            ),
        )

    # -- reviews and meetings
    def write_review(self, stage, day, status, step):
        """The review of a stay: who was there, how it went, and what the chart asks."""
        clock_, who = (
            workflow.clock_of(Placement.current(self.pupil), self.on),
            self.office if stage != "S1" else self.teacher,
        )
        answers = w.SAYS.get(step) or w.SAYS["4"]
        good, n = answers["achieved"] == "Yes", self.no
        child = ("Yes", "Yes", "Yes", "In part")[n % 4]
        parent = ("Yes", "In part", "Yes", "Yes", "No")[n % 5]
        after, doubt = self.story["after"], 0 if good else 1
        said = dict(
            present="{f}, {carer}, {t} and the SENCO"
            if parent != "No"
            else "{f}, {t} and the SENCO",
            parent_involved=parent,
            parent_view=after[doubt],
            early_why="The half-term holiday would have come between; all were free."
            if day < clock_.opens
            else "",
            parent_why="{carer} could not leave work; {t} rang the evening before."
            if parent != "Yes"
            else "",
            child_involved=child,
            child_view=after[2 + doubt],
            child_why="{f} stayed for ten minutes and showed {his} work." if child != "Yes" else "",
        )
        again = Placement.current(self.pupil).cycle > 1
        if again:
            said.update(
                parent_view=w.LATER[doubt][self.turn % 3],
                child_view=w.LATER[2 + doubt][self.turn % 3],
            )
        said["next_steps"] = w.NEXT[doubt][self.turn % 3]
        if stage != "S1":
            said.update(
                changes=w.CHANGED[self.turn % 4],
                keen_on=self.story["keen"],
                family_hopes=self.story["hopes"],
                agency_need=self.story["agencies"][0][3] if step in ("3", "4", "4case") else "",
            )
        if status != "draft":
            said.update(
                answers, **{f"{q}_why": w.WHY[q][a][self.turn % 2] for q, a in answers.items()}
            )
        with as_person(who):
            form, rows = self.begin(REVIEWS[stage], day, who, **said)
            if stage == "S1":
                self.rate_strategies(form, rows["ratings"], good)
            else:
                self.rate_outcomes(form, rows["ratings"], step)
            self.finish(form, status, who)

    def rate_strategies(self, form, rows, good):
        """Each additional strategy: kept up, its effect, and what was noticed."""
        known = {self.say(row[0]): row for row in self.story["added"]}
        for at, row in enumerate(rows):
            _, _, _, _, well, slowly = known[row["strategy"]]
            self.add(
                form,
                "ratings",
                **row,
                kept_up=("Yes", "Yes", "In part", "No")[(self.no + at) % 4 if not good else at % 2],
                effect=("2", "1")[at % 2] if good else ("0", "1", "-1", "-2")[(self.no + at) % 4],
                note=well if good else slowly,
            )

    def rate_outcomes(self, form, rows, step):
        """Each outcome of the plan: how far, what shows it, and whether it stays."""
        known = {self.say(stone[3]): stone for stone in (*self.story["stones"], w.KEEP)}
        for at, row in enumerate(rows):
            rating, then = w.RATED[step if step in w.RATED else "4"][min(at, 1)]
            rating = "Mostly" if step == "1n" and at == 0 and form.cycle > 1 else rating
            stone = known[row["outcome"]]
            self.add(
                form,
                "ratings",
                **row,
                rating=rating,
                then=then,
                evidence=stone[8] if rating in ("Achieved", "Mostly") else stone[9],
            )

    def hold_meeting(self, review, day, ahead=False):
        """The meeting of a review: people, minutes and actions; one that lies ahead has invitations only."""
        kind = {
            ConcernReview: "Record of Concern review",
            MyPlanReview: "My Plan review",
            MyPlanPlusReview: "My Plan+ review",
        }.get(review, "Annual review")
        with as_person(self.office):
            meeting = Meeting.create(
                pupil=self.pupil,
                **self.said(
                    dict(
                        kind=kind,
                        on=day,
                        at=("9.15", "14.30", "15.45")[self.no % 3],
                        place=("Rainbow room", "SENCO's office", "Online")[self.no % 3],
                        agenda=w.MEETING["agenda"],
                        minutes="" if ahead else w.MEETING["minutes"],
                    )
                ),
            )
            for who, reply, came, views in w.MEETING["people"]:
                self.add(
                    meeting,
                    "people",
                    who=who,
                    invited_on=min(day - 14 * DAY, self.on),
                    reply=reply,
                    came="" if ahead else came,
                    contribution="" if ahead else views,
                )
            for what, who, done in () if ahead else w.MEETING["actions"]:
                by = self.school.after(day, 14, day + 90 * DAY)
                done = done or by < self.on - 45 * DAY and self.turn % 7
                self.add(
                    meeting,
                    "actions",
                    what=what,
                    who=who,
                    by=by,
                    done_on=self.school.after(day, 9, self.on) if done else None,
                )

    # -- what is kept beside the stages
    def meeting(self, start):
        """A review meeting that lies ahead, and an earlier talk with the family."""
        stage = Placement.current(self.pupil).stage
        self.hold_meeting(REVIEWS.get(stage), self.on + 8 * DAY, ahead=True)
        with as_person(self.office):
            early = Meeting.create(
                pupil=self.pupil,
                kind="Parent meeting" if self.no % 2 else "Team meeting",
                on=start,
                at="8.40",
                place="By telephone",
                agenda=self.say("{carer} asked how {f} is settling."),
                minutes=self.say(self.story["family"]),
            )
            self.add(
                early,
                "actions",
                what="Tell all staff the alert line",
                who="{t}",
                by=start + 7 * DAY,
                done_on=self.school.after(start, 2, self.on),
            )

    def move_case(self, state, began):
        """Take the EHC case to a state, step by step, and write down what goes with it."""
        case = EhcCase.select().where(EhcCase.pupil == self.pupil).order_by(EhcCase.id.desc()).get()
        named = {m.name: m for m in workflow.CASE_MOVES}
        with as_person(self.office):
            for name, days in w.CASE_PATHS[state]:
                if case.state in named[name].from_:
                    workflow.perform_case_move(
                        named[name],
                        case,
                        self.office,
                        self.school.after(began, days, self.on),
                        case.version,
                    )
            ready = [code for code, _ in EhcCase.ready.choices]
            case.ready, case.officer = (
                "\n".join(ready[: 4 + self.no % 7]),
                "Ray Statworth, Anyshire SEND team",
            )
            case.parents_view = case.parents_view or "They ask themselves"
            self.consent_for(
                f"{case.authority}, SEND team",
                "Involved",
                case.requested_on,
                0,
                "EHC needs assessment",
            )
            if state in ("assessing", "draft", "refused_issue"):
                case.advice_asked_on = self.school.after(case.decided_assess_on, 4, self.on)
                case.advice_sent_on = self.school.after(case.advice_asked_on, 25, self.on)
            if state in ("refused_assess", "refused_issue"):
                case.mediation = "Yes"
            if state == "draft":
                self.describe_draft(case)
            case.save()

    def describe_draft(self, case):
        """What comes with a draft plan: its sections, the answers to it, and why it is late."""
        case.decided_issue_on = case.draft_served_on
        case.draft_answered_on = self.school.after(case.draft_served_on, 12, self.on)
        case.consulted_on = case.draft_served_on
        case.consultation_answered_on = self.school.after(case.consulted_on, 10, self.on)
        case.exceptions = "Waiting for the report of the educational psychologist"
        case.sections_note, case.band = self.say(self.story["ehc"]), f"Band {3 + self.no % 3}"

    def request(self, start):
        """A parent has asked the local authority for an assessment; the stage stays as it is."""
        day = self.school.after(start, 2, self.on)
        stands = Placement.current(self.pupil)
        with as_person(self.office):
            answers = dict(
                on=day,
                requester="Parent",
                authority=w.SETTINGS["local_authority"],
                note=self.say("{carer} rang and sent us a copy."),
            )
            workflow.perform(
                workflow.move_named("Record an EHC request"),
                self.pupil,
                self.office,
                answers,
                on=self.on,
                seen=stands.id if stands else 0,
            )
        self.move_case(self.special[-1], day)

    def oops(self, start):
        """A move that was meant for another child, taken back the same day."""
        stage = Placement.stage_of(self.pupil)
        name = {"NONE": "Place on Concerns List", "S1": "EHCP issued"}[stage]
        self.make(workflow.move_named(name), "oops", self.school.day(self.on, 0, 2, self.rng))
        with as_person(self.senco):
            workflow.perform(
                workflow.UNDO,
                self.pupil,
                self.senco,
                {"reason": "Meant for another child with a similar name."},
                on=self.on,
                seen=Placement.current(self.pupil).id,
            )

    def withdrawn(self, start):
        """The family takes a consent back, after the plan was agreed."""
        with as_person(self.office):
            consent = (
                Consent.select()
                .where(Consent.pupil == self.pupil, Consent.answer_given == "Given")
                .order_by(Consent.id)
                .get()
            )
            consent.answer_given, consent.withdrawn_on = "Withdrawn", self.on - 2 * DAY
            consent.save(reason="The family telephoned")

    def everyday(self, start):
        """What helps in every lesson, for all who teach this child; and how older pupils work in tests."""
        plan = next(
            (
                f
                for p, f in workflow.PupilContext(self.pupil, self.senco).papers
                if p.kind == "plan" and f
            ),
            None,
        )
        with as_person(self.senco):
            for at, sentence in enumerate(self.say(self.story["daily"]).split(". ")[:3]):
                Strategy.create(
                    pupil=self.pupil,
                    strategy=sentence.rstrip(".") + ".",
                    since=start,
                    from_form=str(plan) if plan else "The family",
                    until=self.on - 3 * DAY
                    if at == 2 and self.no % 3 == 0 and start < self.on - 9 * DAY
                    else None,
                )
            if YEARS.index(self.pupil.year) >= 6:
                for words, evidence in w.EXAM_ACCESS[self.no % 3 : self.no % 3 + 2]:
                    self.add(
                        self.pupil,
                        "arrangements",
                        arrangement=words,
                        since=start,
                        evidence=evidence,
                    )
            if self.no % 4 == 0 and Placement.stage_of(self.pupil) in ("S3", "E"):
                other = "SEMH" if self.story["type"] != "SEMH" else "SLCN"
                self.add(
                    self.pupil,
                    "sen_needs",
                    code=other,
                    rank=2,
                    since=start,
                    evidence="Specialist's report in the file",
                )
