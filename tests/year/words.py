"""What people answer: words, days and choices, decided by chance and by what a question says.

Come here when a question needs an answer of its own.
"""

import datetime
import re
from zoneinfo import ZoneInfo

DAY = datetime.timedelta(1)
LONDON = ZoneInfo("Europe/London")
MONTHS = "January February March April May June July August September October November December"
SAID_DAY = re.compile(r"(\d{1,2}) (" + MONTHS.replace(" ", "|") + r") (\d{4})")
SHORT_DAY = re.compile(r"(\d{1,2}) (\w{3}) (\d{4})")

BEGINS = ("Small steps", "Short and often", "Pictures first", "A quiet word", "The same each day")
GOES_ON = (
    "with a friend beside",
    "before the lesson",
    "at the start of the day",
    "in a group of three",
    "with the family's help",
    "and praise for trying",
)
# what an optional question is answered with when it stands open and somebody comes for it
COME_FOR = re.compile(
    r"^(sent on|how|(done|followed up) on|given on|given to|report received on|decision)$", re.I
)
NEVER_ASKED_FOR = re.compile(
    r"UPN|e-mail|telephone|time$|rank|not for disclosure|why not|cycle|second sen|next review|"
    r"last review|file|hold|erase|withdrawn|valid until|withhold|one row|consent to the|the report",
    re.I,
)
LATER = re.compile(r"by when|review by|^to$|^until$|next contact", re.I)
EARLIER = re.compile(r"first raised|talk to the senco|from$|since|first used|told", re.I)
AGENCY = "Speech and Language Therapy"
NAMES_AN_AGENCY = ("agency", "to whom?", "service")
HOPEFUL = ("Achieved", "Mostly", "+1 Some help", "+2 Great help", "Yes", "Happy", "Involved")
DOUBTFUL = ("Not yet", "A little", "0 No change", "-1 A little worse", "No", "In between")
PREFERRED = {
    "verbal consent": ("Given", "Given", "Not given", "Could not be reached"),
    "answer": ("Given",),
    "what for?": ("Referral",),
    "status": ("Considered", "Referred", "Waiting"),
    "decision": ("Do", "Do in part"),
    "was the parent or carer part of it?": ("Yes", "Yes", "In part", "No"),
    "was the child part of it?": ("Yes", "Yes", "In part"),
    "was the child consulted?": ("Yes", "Yes", "Yes", "No"),
    "was the parent or carer consulted?": ("Yes", "Yes", "Yes", "No"),
}


def sentence(chance):
    return f"{chance.choice(BEGINS)} {chance.choice(GOES_ON)} ({chance.randrange(10_000)})"


def days_in(words):
    """The dates that a sentence of the portal names."""
    found = []
    for number, month, year in SAID_DAY.findall(words) + SHORT_DAY.findall(words):
        months = [name for name in MONTHS.split() if name.startswith(month)]
        if months:
            place = MONTHS.split().index(months[0])
            found.append(datetime.date(int(year), place + 1, int(number)))
    return found


def read(typed):
    """The day that a box holds."""
    return datetime.datetime.strptime(typed, "%d/%m/%Y").date()


def end_of_year(day):
    """The 31 August that ends the school year of a day."""
    year = day.year
    if day.month > 8:
        year += 1
    return datetime.date(year, 8, 31)


def day_for(question, happened, chance):
    """A day that fits what a question asks."""
    if LATER.search(question):
        return min(happened + chance.randrange(28, 70) * DAY, end_of_year(happened))
    if EARLIER.search(question):
        return happened - chance.randrange(1, 9) * DAY
    return happened


def choose(question, options, hopeful, chance):
    """One of the options [(value, words), ...]: as hopeful as the child's term was."""
    named = {words: value for value, words in options}
    wanted = PREFERRED.get(question.lower(), ())
    if not wanted:
        wanted = DOUBTFUL
        if hopeful:
            wanted = HOPEFUL
    fitting = [named[words] for words in wanted if words in named]
    if fitting:
        return chance.choice(fitting)
    return chance.choice(options)[0]
