"""The letters that moves write to the family: their words, and to whom they go.

Come here to change what a word in {curly brackets} says, which words follow which answer, or who is
written to. The wordings are Settings; `docs/letters.md` shows every letter (`make readme`).
"""

import re
from dataclasses import dataclass

from audit.log import transaction
from models import Letter, Setting
from records.dates import say_day, today

# words that every letter may use: what they say is in `words_of`
KNOWN = (
    "pupil",
    "forename",
    "date",
    "stage",
    "review",
    "senco",
    "head",
    "school",
    "authority",
    "concerns_list",
    "sen_list",
    "complaints",
    "sendiass",
)


@dataclass(frozen=True)
class Phrase:
    """What a word in a letter says when these are the answers: the first row that fits counts."""

    word: str
    answers: dict  # of the review, of the move, and the `stage` that it leads to
    setting: str


PHRASES = (
    Phrase("progress", {"achieved": "Yes", "barriers": "Yes"}, "words_overcome"),
    Phrase("progress", {"achieved": "Yes"}, "words_achieved"),
    Phrase("progress", {"achieved": "No"}, "words_not_achieved"),
    Phrase("parents_view", {"parents_view": "Agree"}, "words_parents_agree"),
    Phrase("parents_view", {"parents_view": "Refuse"}, "words_parents_refuse"),
    Phrase("parents_view", {"parents_view": "They ask themselves"}, "words_parents_ask"),
    Phrase("support", {"stage": "S3"}, "words_support_plus"),
    Phrase("support", {"stage": "S2"}, "words_support_plan"),
    Phrase("support", {"stage": "LEFT"}, "words_support_none"),
)
# letters that no move writes, and what they say besides
OF_REVIEWS = {
    "letter_invitation": ("meeting", "when", "place", "lead", "people"),
    "letter_recap": ("held", "outcomes", "next_steps"),
}
END = "letter_end"  # the setting with what stands at the end of every letter
WORD = re.compile(r"\{(\w+)\}")


# --- words
def fill_wording(words, wording):
    """The wording with each known {word} filled in, less the lines whose word says nothing."""
    lines = []
    for line in (wording or "").splitlines():
        if all(words.get(name, name) for name in WORD.findall(line)):
            lines.append(WORD.sub(lambda found: words.get(found[1], found[0]), line))
    return "\n".join(lines)


def body_of(letter, settings, words, answers):
    """The text of a letter; `words` are what the placeholders say, `answers` what was decided."""
    words = dict(words)
    said = set()
    for phrase in PHRASES:
        if phrase.word not in said and phrase.answers.items() <= answers.items():
            said.add(phrase.word)
            words[phrase.word] = fill_wording(words, getattr(settings, phrase.setting))
    for phrase in PHRASES:
        if phrase.word not in said:
            words[phrase.word] = ""
    parts = [fill_wording(words, getattr(settings, name)) for name in (letter, END)]
    return "\n\n".join(part for part in parts if part)


def placeholders(pupil, settings, when, stage, review):
    """What the placeholders of every letter say; `stage` in words, `review` a day or None."""
    return {
        "pupil": f"{pupil.called} {pupil.surname}",
        "forename": pupil.called,
        "date": say_day(when),
        "stage": stage,
        "review": say_day(review) if review else "",
        "senco": settings.senco_name or "",
        "head": settings.head_name or "",
        "school": settings.school_name or "",
        "authority": settings.local_authority or "",
        "concerns_list": settings.concerns_list,
        "sen_list": settings.sen_list,
        "complaints": settings.complaints or "",
        "sendiass": settings.sendiass or "",
    }


def faults(settings, asked):
    """Words in brackets that a wording does not know: [(setting, sentence)]. `asked` gives what the
    moves that write each letter ask, and what is known besides: {setting: names}.
    """
    found = []
    for name, question in Setting.questions():
        if not name.startswith(("letter_", "words_")):
            continue
        known = [*KNOWN, *more_words(asked.get(name, ()))]
        unknown = []
        for word in WORD.findall(getattr(settings, name) or ""):
            if word not in known:
                unknown.append(word)
        if unknown:
            words = f"“{question.verbose_name}” has {in_brackets(unknown)}, which is not known."
            found.append((name, f"{words} Known are: {in_brackets(known)}."))
    return found


def more_words(asked):
    """The words that a letter may use besides KNOWN, by what was asked before it is written."""
    found = list(asked)
    for phrase in PHRASES:
        if phrase.answers.keys() <= set(asked):
            found.append(phrase.word)
    return list(dict.fromkeys(found))


def in_brackets(words):
    return ", ".join(f"{{{word}}}" for word in dict.fromkeys(words))


# --- to whom
def may_get_letters(contact):
    """Whether somebody has parental responsibility for the child or has it in their care
    (Education Act 1996, s.576), and may be written to.
    """
    # a natural parent with neither is a parent in law as well; the school decides about them
    if not contact.name or contact.may_contact == "No":
        return False
    return "Yes" in (contact.responsibility, contact.lives_with)


def households(contacts):
    """Who shares a letter: [(contacts, address), ...]; who lives with the child has one address."""
    theirs = [contact for contact in contacts if may_get_letters(contact)]
    home = ""
    for contact in theirs:
        if contact.lives_with == "Yes" and not home:
            home = (contact.address or "").strip()
    found = {}
    for contact in theirs:
        address = (contact.address or "").strip()
        key = " ".join(re.findall(r"\w+", address.casefold()))
        if not address and contact.lives_with == "Yes":
            address = home
            key = " ".join(re.findall(r"\w+", home.casefold())) or "with the child"
        # without an address nobody knows who lives with whom
        found.setdefault(key or contact.name, ([], address))[0].append(contact)
    return list(found.values())


EVERYBODY = "The parents or carers"


def address_to(letter, people, where):
    """To whom a letter goes, and where; in large print when one of them asked for that."""
    letter.to_whom = "\n".join(contact.name for contact in people) or EVERYBODY
    letter.address = where
    if any(contact.large_print == "Yes" for contact in people):
        letter.large_print = "Yes"


def begin_letter(letter):
    """A letter of somebody's own: of today, to the household of the child when there is one."""
    letter.dated = today()
    theirs = households(letter.pupil.contacts)
    if len(theirs) == 1:
        address_to(letter, *theirs[0])


def write(letter, ctx, words, answers, make, **kept):
    """Write a letter once for each household, in large print where somebody asked for that; `make`
    saves each, `kept` is what it keeps besides.
    """
    pupil = ctx.pupil
    subject = f"{Setting.label_of(letter)}: {words['pupil']}"
    body = body_of(letter, ctx.settings, words, answers)
    for people, where in households(pupil.contacts) or [([], "")]:
        written = Letter(pupil=pupil, subject=subject, body=body, **kept)
        address_to(written, people, where)
        make(written)


def send_today(letters):
    """Write down that these letters went today, all or none; what is wrong with them, as (question,
    sentence). Raises Clash.
    """
    problems = []
    for letter in letters:
        letter.sent_on = today()
        problems += letter.errors()
    if not problems:
        with transaction():
            for letter in letters:
                letter.save()
    return problems
