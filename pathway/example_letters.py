"""Letters of a child that does not exist: to proof-read the wordings of a school."""

import datetime

import models
import workflow
from pathway import clock, letters

DAY = datetime.date(2026, 11, 24)
ANSWERS = {
    "why_told": "Sam manages the day with the help that every lesson has.",
    "plan_on": DAY - datetime.timedelta(days=5),
    "letter_on": DAY - datetime.timedelta(days=5),
    "authority": "Mockshire Council",
}
SAID_OF_REVIEW = {
    "meeting": "the review",
    "when": "Tuesday 1 December 2026, 15:30",
    "place": "The library",
    "lead": "Ms Hazel",
    "people": "Jo Example (mother), Sam (the child), Miss Elm (class teacher)",
    "held": "Tuesday 24 November 2026",
    "outcomes": "Reads 100 words: Mostly\nAsks for help: Achieved",
    "next_steps": "Reading every day goes on; help is asked for in every lesson.",
}


def sam():
    return models.Pupil(forename="Sam", surname="Example")


def ways_through(stage):
    """Every way through the questions of a review: [{question: answer}, ...]."""
    ways = [{}]
    for asked in workflow.QUESTIONS.get(stage, ()):
        further = []
        for said in ways:
            if workflow.applies(asked, said):
                further += [{**said, asked.name: answer} for answer in ("Yes", "No")]
            else:
                further.append(said)
        ways = further
    return ways


def cases(move, stage):
    """The answers from which a move may write its letter: [(of the review, of the move), ...]."""
    reviews = [{}]
    if move.rows:
        reviews = []
        for said in ways_through(stage):
            rows = [row for row in workflow.ROWS if stage in row.stages]
            reached = next(row for row in rows if row.answers.items() <= said.items())
            if reached.name in move.rows:
                reviews.append(said)
    moves = [{name: ANSWERS[name] for name in move.asks if name in ANSWERS}]
    if "parents_view" in move.asks:
        options = dict(workflow.ASKS["parents_view"].choices)
        moves = [{**moves[0], "parents_view": option} for option in options]
    return [(review, asked) for review in reviews for asked in moves]


def body(move, stage, settings, reviewed, asked):
    """The text of the letter that a move writes with these answers."""
    to = move.to or stage
    due = clock.window(workflow.STAGES[to], DAY, settings, DAY)
    label = workflow.stage_label(to, settings)
    words = letters.placeholders(sam(), settings, DAY, label, due and due.closes)
    words |= workflow.in_words(move, asked)
    return letters.body_of(move.letter, settings, words, {**reviewed, **asked, "stage": to})


def body_of_review(letter, settings):
    """The text of a letter before or after a review."""
    due = DAY + datetime.timedelta(weeks=6)
    words = letters.placeholders(sam(), settings, DAY, "", due)
    words |= {name: SAID_OF_REVIEW[name] for name in letters.OF_REVIEWS[letter]}
    return letters.body_of(letter, settings, words, {})


def of_each(settings):
    """One letter of each wording: [(setting, text), ...]."""
    found = {}
    for move in workflow.MOVES:
        if move.letter and move.letter not in found:
            stage = move.from_[0]
            found[move.letter] = body(move, stage, settings, *cases(move, stage)[0])
    for letter in letters.OF_REVIEWS:
        found[letter] = body_of_review(letter, settings)
    return list(found.items())
