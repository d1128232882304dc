"""Words that promise nothing: pointed out wherever provision or advice is written, never refused.

Come here to add one. The Code (2015) wants provision to be detailed and specific: type, hours,
frequency, expertise (9.69), and advice to be clear, accessible and specific (9.51).
"""

import re

# what is vague: what to say instead
HOW_OFTEN = "how often, such as three times a week"
HOW_LONG = "how long, and how often, such as 20 minutes, three times a week"
WHICH = "what exactly is given, by whom, and for how long"
WHEN = "when: name the lesson, the time or the sign that calls for it"
HOW_MANY = "the number itself; “up to” may be none"
MUST = "what is given: “will have ...”, not what would be good"
SKILL = "which training or qualification"
VAGUE = {
    "regular": HOW_OFTEN,
    "regularly": HOW_OFTEN,
    "frequent": HOW_OFTEN,
    "frequently": HOW_OFTEN,
    "periodic": HOW_OFTEN,
    "periodically": HOW_OFTEN,
    "ongoing": HOW_OFTEN,
    "from time to time": HOW_OFTEN,
    "where possible": HOW_OFTEN,
    "sufficient": HOW_LONG,
    "a high level of": HOW_LONG,
    "access to": WHICH,
    "opportunities for": WHICH,
    "opportunities to": WHICH,
    "opportunity to": WHICH,
    "support with": WHICH,
    "support from": WHICH,
    "some support": WHICH,
    "additional support": WHICH,
    "help with": WHICH,
    "input from": WHICH,
    "as appropriate": WHEN,
    "where appropriate": WHEN,
    "when appropriate": WHEN,
    "as required": WHEN,
    "when required": WHEN,
    "as necessary": WHEN,
    "where necessary": WHEN,
    "as needed": WHEN,
    "when needed": WHEN,
    "if needed": WHEN,
    "up to": HOW_MANY,
    "would benefit from": MUST,
    "may benefit from": MUST,
    "should be considered": MUST,
    "experienced staff": SKILL,
    "trained staff": SKILL,
    "skilled staff": SKILL,
    "suitably qualified": SKILL,
}


def found_in(text):
    """The vague words of a text, in the order of the table."""
    words = re.findall(r"\w+", (text or "").casefold())
    line = f" {' '.join(words)} "
    return [vague for vague in VAGUE if f" {vague} " in line]


def tips_on(text):
    """A sentence about each vague word of a text."""
    return [f"“{vague}” can mean much or little. Say {VAGUE[vague]}." for vague in found_in(text)]
