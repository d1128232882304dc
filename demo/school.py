"""Plays the stories: staff, a roll of 420, and some 80 children whose papers and moves are made.

Come here to change how the school is put together. Papers, moves and cases go through the workflow
and its guards, as people make them. Every date counts back from the day of building.
"""

import datetime
import hashlib
import io
import random
import re
import secrets
from collections import defaultdict

from peewee import chunked

import models as m
import workflow
from audit.log import acting_as, transaction
from demo import names
from demo.answers import answers
from demo.stories import BOOK, DAYS, MORE, paths, read_blocks
from pathway import advice, clock, planning
from people import User
from privacy import erasure
from records.dates import school_year
from records.record import record_key

DAY = datetime.timedelta(1)
YEARS = ("R", *(str(number) for number in range(1, 12)))
IN_A_YEAR = 35
PRONOUNS = {"M": ("he", "him", "his", "He", "His"), "F": ("she", "her", "her", "She", "Her")}
MEETINGS = {"S1": "Record of Concern review", "S2": "My Plan review", "E": "Annual review"}
SIDES = [paper.form for paper in workflow.PAPERS if paper.kind == "side"]
REVIEWS = {paper.stage: paper.form for paper in workflow.PAPERS if paper.kind == "review"}
# How far some of a child's five forms have come while the family is asked.
SOME = ("complete", "draft", "", "sealed", "draft")
STORIES = [words for _, words in read_blocks(BOOK)]
STRATEGY = dict(read_blocks(MORE))["strategy"]
STONES = [words for title, words in read_blocks(MORE) if title == "stone"]
ANSWERS = answers()
SINCE = dict(read_blocks(DAYS))


def build(on, hash_password, folder):
    """Fill an empty database, with dates that count back from `on`; documents go into `folder`.

    Returns [(role, user name, password)], one for each role; nobody else has a password.
    """
    with transaction(), acting_as("Demonstration school"):
        school = School(on, folder)
        signs = school.employ(hash_password)
        add_all(bank())
        add_all(programmes())
        with as_person(school.office):
            school.enrol()
            for number, path in enumerate(paths()):
                Child(school, number, *path).play()
            school.send_letters()
    return signs


def as_person(user):
    """Within this block, every change is recorded as made by this colleague."""
    return acting_as(user.name, user.id, user.role)


def new_password():
    """Three names and four digits, from the system's secure source."""
    forenames = names.LISTS["F"] + names.LISTS["M"]
    words = [secrets.choice(forenames).lower() for _ in range(3)]
    return "-".join([*words, str(secrets.randbelow(9000) + 1000)])


def upn(serial, entered, school="9999"):
    """A well-formed UPN of a school that does not exist, in local authority 999."""
    body = f"999{school}{entered % 100:02}{serial:03}"
    total = sum(int(digit) * place for place, digit in enumerate(body, 2))
    return m.UPN_LETTERS[total % 23] + body


# by how many times a week
DAYS_GIVEN = {
    2: "Tue Thu",
    3: "Mon Wed Fri",
    4: "Mon Tue Wed Thu",
    5: "Mon Tue Wed Thu Fri",
}
HALF_HOURS = range(18, 31)  # of a school day, from 9:00 to 15:00


def bank():
    """The entries of the word bank: the wordings of the stories that suit any child."""
    found = {}
    for story in STORIES:
        for kind, name in (("strategy", "strategy"), ("agency", "agency")):
            if "{" not in story[name]:
                found[kind, story[name]] = story["area"]
    return [m.BankEntry(bank=kind, words=words, area=area) for (kind, words), area in found.items()]


def programmes():
    """The school's programmes: what the stories give to any child."""
    found = []
    for at, story in enumerate(STORIES):
        block = {name: said[at % len(said)] for name, said in ANSWERS["Programme"][0].items()}
        found.append(m.Programme(name=story["give"], area=story["area"], **block))
    return found


def add_all(records):
    """Save many new records of one kind at once, each with its rows in the audit log."""
    kind = type(records[0])
    columns = [field for field in kind._meta.sorted_fields if field.name != "id"]
    for record in records:
        record.clean()
    for some in chunked(records, 100):
        rows = [{field: record.__data__.get(field.name) for field in columns} for record in some]
        saved = list(kind.insert_many(rows).returning(kind.id))
        for record, row in zip(some, saved, strict=True):
            record.id = row.id
            record.audit_changes("add", None, "")


class School:
    """The school's own records, and what its pupils need: colleagues, free pupils, school days."""

    def __init__(self, on, folder):
        self.on, self.files = on, folder / "files"
        self.files.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.random = random.Random(20)
        self.autumn = school_year(on)[0].year
        self.teachers = {}
        self.busy = defaultdict(list)
        self.settings = m.Setting.of_school()
        for name, words in names.SETTINGS.items():
            setattr(self.settings, name, words.replace(", ", "\n"))
        years = range(self.autumn - 3, self.autumn + 2)
        holidays = [names.HOLIDAYS.format(a=year, b=year + 1) for year in years]
        self.settings.holidays = "\n".join(holidays)
        # Its passwords are on the screen: a code would protect nothing.
        self.settings.second_step = None
        self.settings.save()

    def day_before(self, latest, least, most):
        days = [latest - DAY * number for number in range(least, most + 1)]
        here = [day for day in days if clock.is_school_day(day, self.settings)]
        if not here and most > 4:  # all of them holidays: the day before these
            here = [clock.last_school_day(days[-1] - 60 * DAY, days[0], self.settings)]
        return self.random.choice(here or days)

    def day_after(self, start, days, latest=None):
        """The first school day `days` after a day, but not after `latest`, or today."""
        first = clock.school_days_after(start + DAY * (days - 1), 1, self.settings)
        return min(first, latest or self.on)

    def employ(self, hash_password):
        signs = []
        for username, words in names.STAFF.items():
            role = username.partition(".")[0]
            name, _, classes = words.partition(", ")
            user = User(name=name, username=username, role=role, classes=classes or None)
            if username == role:
                password = new_password()
                user.password = hash_password(password)
                signs.append((role, username, password))
                setattr(self, role, user)
            user.save()
            self.teachers |= dict.fromkeys(user.class_names(), user)
        return signs

    def enrol(self):
        self.free = [self.new_pupil(number) for number in range(IN_A_YEAR * len(YEARS))]
        add_all(self.free)
        m.PupilWord.keep(self.free)
        add_all([self.carer_of(pupil) for pupil in self.free])

    def new_pupil(self, number):
        at = number // IN_A_YEAR
        sex = self.random.choice("FM")
        forename, known_as, tongue = self.random.choice(names.LISTS[sex]), None, "English"
        if number % 11 == 3:
            forename, sex, known_as, tongue = names.KNOWN_AS[number // 11 % len(names.KNOWN_AS)]
        surname = [self.random.choice(names.LISTS[part]) for part in ("starts", "ends")]
        number_in_school = upn(number + 1, self.autumn - at)
        if number % 200 == 150:
            number_in_school = None  # the census check says so
        return m.Pupil(
            surname="".join(surname),
            forename=forename,
            known_as=known_as,
            sex=sex,
            dob=datetime.date(self.autumn - at - 5, 9, 1) + DAY * self.random.randrange(365),
            year=YEARS[at],
            form=YEARS[at] + ("AB", "KL")[at > 6][number % 2],
            admitted_on=self.day_after(datetime.date(self.autumn - at, 9, 2), 0),
            home_language=tongue,
            eal="No" if tongue in ("English", "Welsh") else "Yes",
            upn=number_in_school,
        )

    def carer_of(self, pupil):
        kin, _, sex = names.CARERS[pupil.id % len(names.CARERS)]
        name = f"{self.random.choice(names.LISTS[sex])} {pupil.surname}"
        home = {"responsibility": "Yes", "lives_with": "Yes", "phone": f"07700 900{pupil.id:03}"}
        address = f"{pupil.id} Example Road\nAnytown"
        return m.Contact(pupil=pupil, name=name, relationship=kin, address=address, **home)

    def cast(self, number, story, start):
        """A free pupil of the story's age who was here; often one of the teacher who signs in."""
        years = story["years"].split()
        here = [one for one in self.free if one.year in years and one.admitted_on <= start]
        mine = [one for one in here if self.teachers[one.form] == self.teacher]
        pupil = self.random.choice(mine if mine and number % 3 == 0 else here)
        self.free.remove(pupil)
        return pupil

    def free_time(self, weekdays, who, first, last):
        """A half hour of these weekdays in which none of `who` is given or gives anything else
        between two days; the last one of the day if there is none.
        """
        for half_hour in HALF_HOURS:
            slots = [(one, weekday, half_hour) for one in who for weekday in weekdays.split()]
            taken = [days for slot in slots for days in self.busy[slot]]
            if not any(begins <= last and first <= ends for begins, ends in taken):
                break
        for slot in slots:
            self.busy[slot].append((first, last))
        return f"{half_hour // 2}:{half_hour % 2 * 30:02}"

    def send_letters(self):
        """Letters older than ten days went out; the newest still lie on the desk."""
        ways = ("By post", "By e-mail", "School app")
        old = m.Letter.select().where(m.Letter.dated <= self.on - 10 * DAY, ~m.Letter.void)
        for letter in old:
            letter.sent_on = self.day_after(letter.dated, 1)
            letter.sent_how = ways[letter.id % len(ways)]
            letter.save()


class Child:
    """One pupil's way: the papers of each stay, then the step out of it."""

    def __init__(self, school, number, steps, *last):
        self.school, self.number, self.steps = school, number, steps
        self.clock, self.plan, self.review, self.special = last
        self.on, self.senco, self.office = school.on, school.senco, school.office
        self.turn, self.story = number, STORIES[number % len(STORIES)]
        self.placement, self.stage, self.has_sides = None, "NONE", False
        self.given = []
        self.stones = [self.story, *STONES, *STONES, *STONES]
        self.moves = [workflow.move_named(name) for name, _, _ in steps]
        self.days = self.plan_days()
        self.start = self.days[-1]
        self.pupil = school.cast(number, self.story, self.days[0])
        self.teacher = school.teachers[self.pupil.form]
        self.learn_words()

    def plan_days(self):
        """The day of each step, counted back from today."""
        stages = [move.to for move in self.moves] or ["NONE"]
        spans = [SINCE[stages[-1]][self.clock]]
        for stage in reversed(stages[:-1]):
            spans.append(SINCE[stage].get(self.special) or SINCE[stage]["over"])
        days = [self.on]
        for span in spans:
            least, most = span.split()
            days.insert(0, self.school.day_before(days[0], int(least), int(most)))
        return days[:-1]

    def learn_words(self):
        pupil, number = self.pupil, self.number
        _, carer, sex = names.CARERS[pupil.id % len(names.CARERS)]
        others = names.LISTS["F" if sex == "M" else "M"]
        self.words = dict(zip(PRONOUNS["M"], PRONOUNS[pupil.sex], strict=True))
        self.words |= {
            "f": pupil.called,
            "i": names.LISTS["interests"][number % 8],
            "fr": others[(number + 11) % 30],
            "t": self.teacher.name,
            "ta": names.HELPERS[number % len(names.HELPERS)],
            "carer": carer,
            "other": others[number % 30],
            "others": "Mother" if sex == "M" else "Father",
            "pupil": pupil,
            "contact": pupil.contacts.get(),
            "school": self.school,
        }
        self.know(self.story)

    def know(self, lines):
        self.words |= {name: self.say(words) for name, words in lines.items()}

    def say(self, words):
        said = words.format_map(self.words)
        return said[:1].upper() + said[1:] if words.startswith("{") else said

    def pick(self, several, day):
        """The next answer of several, said for this child; a number of days as a date."""
        words = several[self.turn % len(several)]
        counted = re.fullmatch(r"(\d+) days (before|after|ahead)", words)
        if not counted:
            return self.say(words) or None
        days, way = int(counted[1]), counted[2]
        if way == "before":
            return self.school.day_after(day, -days, min(day, self.on))
        return self.school.day_after(day, days, datetime.date.max if way == "ahead" else None)

    def fill(self, record, day, block, **said):
        """Answer what a record asks and the block, or else `said`, knows; and save it."""
        answered = {name: self.pick(several, day) for name, several in block.items()} | said
        for name, asked in record.questions():
            if name in answered:
                answer = answered[name]
                if asked.ask.many and answer:
                    answer = answer.replace("; ", "\n")
                setattr(record, name, answer)
        record.save()
        return record

    def keep(self, model, day, *titles, **said):
        """A new record of a kind, with the answers under its name and these titles."""
        block = {}
        for title in (model.__name__, *titles):
            block |= ANSWERS.get(title, [{}])[0]
        return self.fill(model(pupil=self.pupil), day, block, **said)

    def add(self, record, group, day, title=None, **said):
        kind = type(record).groups()[group]
        lines = []
        for block in ANSWERS.get(title or group, ()):
            line = kind(**{kind.parent_field().name: record})
            lines.append(self.fill(line, day, block, **said))
        return lines

    def play(self):
        self.complete_pupil()
        for at, (_, row, case) in enumerate(self.steps):
            self.turn = self.number + at
            if at:
                self.close_stay(self.days[at - 1], self.days[at], row, self.moves[at])
            self.make(self.moves[at], self.days[at])
            if case:
                self.advance_case(case, self.days[at])
            if self.moves[at].rows == ("held",):
                self.press_steps(ANSWERS["after the annual review"][0], self.days[at])
            elif self.stage == "E":
                self.write_sections(self.days[at])
        self.last_stay()
        if self.stage in ("S2", "S3", "E"):
            self.keep_everyday()
        what, _, state = self.special.partition(" ")
        special = getattr(self, f"play_{what}", None)
        if special:
            special(state)

    def complete_pupil(self):
        if self.moves and self.moves[0].name.startswith(("Start", "EHCP")):
            self.pupil.admitted_on = self.school.day_after(self.days[0], -3)
            self.pupil.former_upn = upn(self.number + 1, self.school.autumn - 3, "9998")
        self.fill(self.pupil, self.days[0], ANSWERS["Pupil"][0])
        self.add(self.pupil, "contacts", None)

    def close_stay(self, start, end, row, move):
        if self.stage in workflow.OPEN:
            self.write_plan(start, "sealed")  # from its day the window runs
        if self.stage == "E" and move.rows:
            self.press_steps(ANSWERS["before the annual review"][0], end)
            self.write_annual_review(end, "sealed")
        elif move.rows:
            self.write_review(end, "sealed", row or move.rows[0])
            if self.turn % 3 == 0:
                self.hold_meeting(end)

    def last_stay(self):
        if self.plan in ("", "draft") and self.stage in ("S2", "S3"):
            kind = "MyPlan" if self.stage == "S2" else "MyPlanPlus"
            self.keep(m.WritingTask, self.on, person=self.teacher.name, paper=kind)
        if self.plan == "some":
            self.write_sides(self.start, SOME)
        elif self.plan:
            self.write_plan(self.start, self.plan)
        if self.review and self.stage == "E":
            self.press_steps(ANSWERS["before the annual review"][0], self.on)
            self.write_annual_review(self.school.day_before(self.on, 0, 0), self.review)
        elif self.review:
            status, _, row = self.review.partition(" ")
            self.write_review(self.school.day_before(self.on, 0, 3), status, row)

    def make(self, move, day):
        block = ANSWERS["move"][0]
        said = {name: self.pick(block[name], day) for name in move.asks if name in block}
        said["on"] = day
        if move.name == "Move to Stage 2" and self.number % 6 == 0:
            said["sen_type"] = "NSA"
        if self.special == "letters" and move.rows:
            said["recap"] = "Yes"
        seen = self.placement.id if self.placement else 0
        with as_person(self.senco):
            made = workflow.perform(move, self.pupil, self.senco, said, on=self.on, seen=seen)
        if move.to not in ("", self.stage):
            self.stage, self.has_sides = move.to, False
        self.placement = made

    def paper(self, kind, day, status, title=None, form=None, who=None, **said):
        """A paper of this day with the story's answers, a new one or `form`; the lines to rate."""
        rows = {}
        if form is None:
            form, rows = workflow.start_form(kind, self.pupil, who or self.office)
        block = ANSWERS[title or kind.__name__][0]
        if status == "draft":
            block = {name: block[name] for name in list(block)[:4]}
        else:
            block = block | ANSWERS.get(self.special, [{}])[0]
        if status == "sealed":
            said["seen_by_parent"] = self.school.day_after(day, 3)
        return self.fill(form, day, block, happened_on=day, **said), rows

    def finish(self, form, status):
        if status == "complete":
            workflow.complete(form, self.office)
        if status == "sealed":
            with as_person(self.senco):
                workflow.agree(form, self.senco)

    def write_plan(self, day, status):
        if self.stage in ("NONE", "S1"):
            with as_person(self.teacher):
                return self.write_concern(day, status)
        if self.stage == "S3":
            self.write_sides(day, ["sealed"] * len(SIDES))
        row, form = workflow.PupilContext(self.pupil, self.office).paper("plan")
        plan, _ = self.paper(row.form, day, status, "MyPlan", form)
        if form is None:
            self.add(plan, "aspirations", day)
        self.renew_stones(plan, day)
        self.finish(plan, status)

    def write_concern(self, day, status):
        form, _ = self.paper(m.RecordOfConcern, day, status, who=self.teacher)
        self.add(form, "key_concerns", day)
        if status != "draft":
            self.add(form, "attainment", day)
            self.add(form, "used", day)
            for tried in (self.story, STRATEGY):
                self.know(tried)
                self.add(form, "added", day)
        self.finish(form, status)

    def renew_stones(self, form, day):
        """Move the dates of what goes on from the last plan, and add stones until there are two."""
        aspiration = form.aspirations.order_by(type(form).groups()["aspirations"].id).get()
        by = min(day + 84 * DAY, m.horizon_end(aspiration.horizon, self.pupil.year, day))
        for outcome in form.outcomes:
            outcome.by = by
            outcome.save()
        for row in form.provision:
            last = row.until or day + DAY * (365 if self.stage == "E" else 90)
            row.when_given = self.find_time(row.times, row.who, day, last)
            row.save()
        while form.outcomes.count() < 2:
            self.know(self.stones.pop(0))
            self.turn += 1
            (need,) = self.add(form, "needs", day, aspiration=aspiration)
            (outcome,) = self.add(form, "outcomes", day, need=need, by=by)
            when = self.time_of("provision", day, by)
            said = {"outcome": outcome, "since": day, "until": by, "when_given": when}
            self.given = self.add(form, "provision", day, **said)

    def time_of(self, title, first, last):
        """When the next line of provision is given."""
        block = ANSWERS[title][0]
        times, who = self.pick(block["times"], first), self.pick(block["who"], first)
        return self.find_time(times, who, first, last)

    def find_time(self, times, who, first, last):
        """Days of the week and a time at which the child and the adult are free."""
        weekdays = DAYS_GIVEN[int(times)]
        busy = (self.number, who.partition(",")[0])
        return f"{weekdays} {self.school.free_time(weekdays, busy, first, last)}"

    def write_sides(self, day, statuses):
        if self.has_sides:
            return
        self.has_sides = True
        for at, kind in enumerate(SIDES):
            if statuses[at] == "sealed" and at < 4 and (self.number + at) % 11 == 3:
                form, _ = self.paper(kind, day, "draft")
                workflow.decline(form, self.office, self.pick(ANSWERS["declined"][0]["why"], day))
            elif statuses[at]:
                self.write_side(kind, day, statuses[at])

    def write_side(self, kind, day, status):
        """One of the five forms; the fifth shows an agency that is asked."""
        form, _ = self.paper(kind, day, status)
        if kind is m.AgencyInformation:
            self.refer(day, status)
        for group in kind.groups():
            self.add(form, group, day)
        self.finish(form, status)

    def refer(self, day, status="sealed"):
        """An agency with its consent; where the form is a draft, advice is undecided."""
        self.keep(m.Consent, day, "referral")
        agency = self.keep(m.Agency, day)
        said = {}
        if status == "draft":
            said = {"decision": None, "linked": None, "done_on": None}
        if agency.report_on:
            self.keep_document(belongs=record_key(agency), from_whom=agency.agency)
            for row in self.add(
                agency, "recommendations", day, **{**self.done_by_now(day), **said}
            ):
                if row.decision == "Not now":
                    row.done_on = row.linked = row.by = None
                    row.save()

    def chart_answers(self, row):
        rows = [found for found in workflow.ROWS if self.stage in found.stages]
        found = next((found for found in rows if found.name == row), rows[0])
        said = {"achieved": "Yes" if self.turn % 2 else "No", **found.answers}
        for asked in workflow.QUESTIONS[self.stage]:
            if workflow.applies(asked, said):
                said.setdefault(asked.name, "No")
        return said

    def write_sections(self, day):
        """Sections E and F of a new EHC plan, in the words of the story."""
        case = m.EhcCase.current(self.pupil)
        self.fill(case, day, ANSWERS["new EHC plan"][0])
        if case.provision.count():
            return
        for lines in (self.story, STONES[0]):
            self.know(lines)
            (outcome,) = self.add(case, "outcomes", day, "section E")
            when = self.time_of("section F", day, datetime.date.max)
            said = {"outcome": outcome, "since": day, "when_given": when}
            self.add(case, "provision", day, "section F", **said)

    def write_annual_review(self, day, status):
        said = {name: self.pick(words, day) for name, words in ANSWERS["went well"][0].items()}
        form, rows = self.paper(m.AnnualReview, day, status, "Review", **said)
        if status != "draft":
            self.fill(form, day, ANSWERS["AnnualReview"][0])
        for at, line in enumerate(rows["ratings"]):
            self.rate(form, day, line, "went well", at)
        self.finish(form, status)

    def write_review(self, day, status, row):
        kind = REVIEWS[self.stage]
        said = self.chart_answers(row)
        went = "went well" if said["achieved"] == "Yes" else "went slowly"
        for name, answer in list(said.items()):
            said[f"{name}_why"] = self.pick(ANSWERS[f"why {answer}"][0][f"{name}_why"], day)
        if status == "draft":
            said = {}
        if row in ("3", "4"):
            said["agency_need"] = self.pick(ANSWERS["Agency"][0]["question"], day)
        said |= {name: self.pick(words, day) for name, words in ANSWERS[went][0].items()}
        form, rows = self.paper(kind, day, status, "Review", **said)
        for at, line in enumerate(rows["ratings"]):
            self.rate(form, day, line, went, at)
        self.finish(form, status)

    def rate(self, form, day, line, went, at):
        name, words = next(iter(line.items()))
        known = [lines for lines in (self.story, STRATEGY, *STONES) if name in lines]
        self.know(next(lines for lines in known if self.say(lines[name]) == words))
        if name == "outcome" and went == "went well" and at:
            went = "goes on"
        self.add(form, "ratings", day, f"{name} {went}", **{name: words})

    def hold_meeting(self, day):
        ahead = {"minutes": None, "came": None, "contribution": None} if day > self.on else {}
        said = {"kind": MEETINGS.get(self.stage, "My Plan+ review"), "on": day, **ahead}
        meeting = self.keep(m.Meeting, day, **said)
        self.add(meeting, "people", day, **ahead)
        if not ahead:
            self.add(meeting, "actions", day, **self.done_by_now(day))

    def done_by_now(self, day):
        """What was agreed on a day long ago is done."""
        if self.on - day < 60 * DAY:
            return {}
        return {"done_on": day + 20 * DAY}

    def keep_everyday(self):
        for sentence in self.words["daily"].removesuffix(".").split(". "):
            self.keep(m.Strategy, self.start, strategy=f"{sentence}.")
        if self.stage in ("S2", "S3", "E"):
            self.keep_measures()
        if YEARS.index(self.pupil.year) >= 6:
            self.add(self.pupil, "arrangements", self.start)
        if self.stage == "E":
            self.fill(self.pupil, self.start, ANSWERS["place"][0])
            self.add(self.pupil, "sen_needs", self.start)
        self.keep(m.TeamMember, self.start, person=self.teacher.name, part="Class teacher")
        self.keep(m.TeamMember, self.start, person=self.school.ta.name)
        for days in (5, 11, 16):
            self.turn += 1
            on = self.school.day_before(self.on, days, days + 4)
            self.keep(m.Note, on, on=on)
        if self.number % 4 == 0 and not self.has_sides:
            self.refer(self.start)
        if self.number % 9 == 0:
            self.keep_document()
        if self.start < self.on - 14 * DAY:
            self.keep_week()

    def keep_week(self):
        """How often what was planned was given in the last week."""
        monday = self.on - DAY * (self.on.weekday() + 7)
        for row in self.given:
            self.keep(
                m.ProvisionWeek,
                monday,
                words=row.words,
                who=row.who,
                week=monday,
                planned=row.times,
            )

    def keep_measures(self):
        for title in ("measures before", "measures since"):
            for block in ANSWERS[title]:
                self.fill(m.Measure(pupil=self.pupil), self.on, block)

    def keep_document(self, **given):
        # late: no other command draws
        from reportlab.pdfgen.canvas import Canvas

        page = io.BytesIO()
        canvas = Canvas(page)
        canvas.drawString(72, 750, "A page of the fictional school")
        canvas.save()
        path = self.school.files / secrets.token_hex(16)
        path.touch(mode=0o600)
        document = self.keep(m.Document, self.start, **given)
        document.stored_as, document.size = path.name, path.write_bytes(page.getvalue())
        document.sha256 = hashlib.sha256(page.getvalue()).hexdigest()
        document.save()

    def advance_case(self, state, began):
        case = m.EhcCase.current(self.pupil)
        sent = {} if state == "preparing" else ANSWERS["requested"][0]
        block = ANSWERS["EhcCase"][0] | sent | ANSWERS[state][0]
        self.press_steps(block, began)
        case = m.EhcCase.get_by_id(case.id)
        self.fill(case, began, block)
        self.keep(m.Consent, began, "consent for the case")
        if case.advice_asked_on and not case.advice_sent_on:
            paper = m.EducationalAdvice(pupil=self.pupil)
            advice.fill_in(paper, self.senco, m.Setting.of_school())
            paper.save()
        if case.consulted_on:
            answer = m.ConsultationAnswer(pupil=self.pupil, answer_is="Yes")
            advice.fill_in(answer, self.senco, m.Setting.of_school())
            answer.sent_on = case.consultation_answered_on
            answer.save()

    def press_steps(self, block, began):
        """The steps of an EHC case that the block has a day for, up to today."""
        for step in workflow.CASE_MOVES:
            case = m.EhcCase.current(self.pupil)
            day = self.pick(block[step.name], began) if step.name in block else None
            if day and case.state in step.from_ and (step.ahead or day <= self.on):
                workflow.perform_case_move(step, case, self.office, day, case.version)

    def play_meeting(self, _):
        placed, settings = m.Placement.current(self.pupil), self.school.settings
        closes = workflow.clock_of(placed, self.on, settings).closes
        last = clock.last_school_day(self.on, closes, settings)
        day = self.school.day_after(self.on, 8, last)
        self.hold_meeting(day)
        if self.stage == "E":
            self.press_steps(ANSWERS["before the annual review"][0], day)

    def play_letters(self, _):
        """The next review is planned, and the invitations wait to be sent."""
        ctx = workflow.PupilContext(self.pupil, self.senco, on=self.on)
        names = [guest.who for guest in planning.guests(ctx) if not guest.agency]
        day = planning.days_offered(ctx)[-1]
        planning.plan_review(ctx, day, names, "15.45", "Rainbow room", self.teacher.name)

    def play_request(self, state):
        day = self.school.day_after(self.start, 2)
        self.make(workflow.move_named("Record an EHC request"), day)
        self.advance_case(state, day)

    def play_entered(self, _):
        """A move that was meant for another child, taken back the same day."""
        self.make(workflow.move_named("EHCP issued"), self.school.day_before(self.on, 0, 2))
        said, seen = {"reason": "Meant for another child of that name."}, self.placement.id
        with as_person(self.senco):
            workflow.perform(workflow.UNDO, self.pupil, self.senco, said, on=self.on, seen=seen)

    def play_asked(self, name):
        self.keep(m.Disclosure, self.start if name == "transfer" else self.on, name)

    def play_erasure(self, _):
        """The SENCO asks for the record to be erased; the head has not decided yet."""
        self.play_asked("transfer")
        with as_person(self.senco):
            erasure.ask(self.pupil, self.senco, "The family has asked for it in writing.")
