"""The driver's own count: where each child stands by the moves that were made, and which list and
census code that means. It knows nothing of the program's tables.
"""

import re
from dataclasses import dataclass, field

# where a move leads, by its words
LEADS_TO = (
    (r"^place on|^watch|returned: stage 1|step down to (the )?concerns", "S1"),
    (r"register before: stage 1|register before: concerns", "S1"),
    (r"has left", "OFF"),
    (r"^begin process|beside the ehc case", "S3"),
    (r"ehcp issued|annual review|returned: ehcp|before: ehcp", "E"),
    (r"^take off|^remove|off the sen list|has returned$", "LEFT"),
    (r"stage 3|my plan\+", "S3"),
    (r"stage 2|my plan", "S2"),
    (r"record an ehc request", ""),
)
CENSUS = {"S2": "K", "S3": "K", "E": "E"}
LISTS = {"S1": "concerns", "S2": "sen", "S3": "sen", "E": "sen"}


@dataclass
class Entry:
    """What is known of one child."""

    name: str
    stage: str = "NONE"
    stages: list = field(default_factory=list)  # before, for “Entered in error”
    days: list = field(default_factory=list)  # on which each was left
    hopeful: bool = True
    on_roll: bool = True

    def move(self, name, day):
        """Note a move that was made."""
        if "entered in error" in name.lower():
            self.stage = self.stages.pop()
            self.days.pop()
        elif destination(name):
            self.stages.append(self.stage)
            self.days.append(day)
            self.stage = destination(name)
        self.on_roll = self.stage != "OFF"

    @property
    def census(self):
        """The code of the census; empty for a leaver, who is not in it."""
        if not self.on_roll:
            return ""
        return CENSUS.get(self.stage, "N")

    @property
    def list(self):
        return LISTS.get(self.stage, "")

    @property
    def path(self):
        """The stages in their order, each once while the child stayed there."""
        return each_once([*self.stages, self.stage])

    def came_and_went(self, begins):
        """How often the child came onto the SEN List and went off it, entered since a day."""
        found = [0, 0]
        after = [*self.stages[1:], self.stage]
        for before, now, day in zip(self.stages, after, self.days, strict=False):
            was, is_now = LISTS.get(before) == "sen", LISTS.get(now) == "sen"
            if day >= begins and was != is_now:
                found[was] += 1
        return found


def each_once(stages):
    """The stages, each one only once where it stands several times one after another."""
    found = []
    for stage in stages:
        if found[-1:] != [stage]:
            found.append(stage)
    return found


def destination(name):
    """The stage that a move leads to; empty when it stays."""
    for pattern, stage in LEADS_TO:
        if re.search(pattern, name.lower()):
            return stage
    raise LookupError(f"The driver does not know where “{name}” leads; teach year/book.py.")
