"""The actions of the audit log: each string that is stored, and what a screen says of it.

Come here to name a new action. A stored string never changes: old rows must read. The moves of
the pathway are written under their own names (`workflow.MOVES`). It imports nothing.
"""

ACTIONS = {
    # reading, in the order in which a visit is told
    "view": "looked at",
    "print": "printed",
    "file": "took the file of",
    "export": "exported",
    "found": "found in a search or list",
    "listed": "saw in a list",
    "refused": "was refused",
    # records
    "change": "changed",
    "add": "added",
    "remove": "removed",
    "entered in error": "entered in error",
    "import": "brought in",
    "complete": "completed",
    "reopen": "reopened",
    "decline": "declined",
    "seal": "sealed",
    "agree": "agreed",
    "bundle": "made a bundle",
    "erase": "erased",
    "taken out": "took out as a mistake",
    "merge": "merged",
    "import undone": "took an import back",
    # sign-in
    "signed in": "signed in",
    "signed out": "signed out",
    "signed out elsewhere": "signed out elsewhere",
    "signed out everywhere": "signed out everywhere",
    "refused sign-in": "was refused sign-in",
    "password changed": "changed the password",
    "recovery code used": "used a recovery code",
    "recovery codes made": "made recovery codes",
    "second step set up": "set up the second step",
    "sign-in link made": "made a sign-in link",
    "sign-in link used": "used a sign-in link",
    "notices read": "put notices away",
    # the audit log itself
    "restored": "restored a backup",
    "accepted": "accepted faults of the audit trail",
}
READ_ACTIONS = ("view", "print", "export", "file", "found", "listed")
# What is told of a visit; every other action is a change.
VISIT_ACTIONS = ("view", "print", "file", "export", "found", "listed", "refused", "change")
# Actions that are a line of the program's own log, too.
LOGGED = ("refused", "refused sign-in")
