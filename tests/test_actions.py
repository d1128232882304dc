"""Every action that the program writes to the audit log is a row of the table of actions."""

import ast

from conftest import PROGRAM, ROOT

import workflow
from audit import accounts
from audit.actions import ACTIONS, LOGGED, READ_ACTIONS, VISIT_ACTIONS
from audit.log import AuditEntry

# The functions that write an action, and where it stands among their arguments.
WRITERS = {"audit": 0, "audit_all": 0, "audit_access": 0, "audit_event": 0, "log_access": 1}
# Named by what is sent: `action_of`, and a refusal.
BY_THE_ANSWER = {"view", "print", "file", "refused"}


def texts(node):
    """The texts in an expression: both of `"view" if pupil else "found"`."""
    if isinstance(node, ast.IfExp):
        return texts(node.body) | texts(node.orelse)
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return {node.value}
    return set()


def written():
    """Every action that stands in the program's own source."""
    found = set(BY_THE_ANSWER)
    for path in PROGRAM:
        if path.relative_to(ROOT).parts[0] == "demo":
            continue
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Call):
                name = getattr(node.func, "attr", getattr(node.func, "id", ""))
                if name in WRITERS and len(node.args) > WRITERS[name]:
                    found |= texts(node.args[WRITERS[name]])
                for keyword in node.keywords:
                    if keyword.arg == "act":
                        found |= texts(keyword.value)
            if isinstance(node, ast.FunctionDef):
                named = [*node.args.args, *node.args.kwonlyargs]
                defaults = [*node.args.defaults, *node.args.kw_defaults]
                for argument, value in zip(reversed(named), reversed(defaults)):
                    if argument.arg == "act":
                        found |= texts(value)
    return found - {""}


def test_every_action_has_its_row_and_every_row_is_written():
    found = written() | {accounts.READ}
    unknown = found - set(ACTIONS) - {"add"}
    assert not unknown, f"Write a row for it in audit/actions.py: {unknown}"
    never = set(ACTIONS) - found - {"add"}
    assert not never, f"Nobody writes this any more: {never}"


def test_what_is_told_of_actions_names_rows_of_the_table():
    told = {act for _, act, _ in accounts.TOLD}
    told |= {act for act, _ in accounts.MAKES_NEW}
    assert told | {*LOGGED, *READ_ACTIONS, *VISIT_ACTIONS} <= set(ACTIONS)
    assert not {move.name for move in workflow.MOVES} & set(ACTIONS), "a move says its own name"


def test_a_row_says_what_was_done_and_an_old_or_a_moves_name_as_it_stands():
    assert AuditEntry(act="view").did() == "looked at"
    assert AuditEntry(act="EHCP issued").did() == "EHCP issued"
