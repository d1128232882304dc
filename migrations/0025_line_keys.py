"""A line of provision has a key that goes with it from plan to plan; what names it knows the key."""

import secrets
from collections import defaultdict

from peewee import *


def up(migrator, db):
    for table in ("provision", "plus_provision", "plan_provision", "recommendation"):
        migrator.migrate(migrator.add_column(table, "line_key", CharField(null=True)))
    migrator.migrate(migrator.add_column("plan_provision", "linked", CharField(null=True)))
    # of one child, lines with the same words are one line
    keys = defaultdict(lambda: secrets.token_hex(8))
    for table, plan in (("provision", "my_plan"), ("plus_provision", "my_plan_plus")):
        rows = db.execute_sql(
            f"SELECT r.id, p.pupil_id, r.words FROM {table} AS r JOIN {plan} AS p ON p.id = r.plan_id"
        )
        for number, pupil, words in rows.fetchall():
            set_key(db, table, number, keys[pupil, folded(words)])
    rows = db.execute_sql(
        "SELECT r.id, a.pupil_id, r.linked FROM recommendation AS r"
        " JOIN agency AS a ON a.id = r.agency_id WHERE r.linked IS NOT NULL"
    )
    for number, pupil, words in rows.fetchall():
        if (pupil, folded(words)) in keys:
            set_key(db, "recommendation", number, keys[pupil, folded(words)])


def folded(words):
    return " ".join((words or "").casefold().split())


def set_key(db, name, number, key):
    table = Table(name, ("id", "line_key")).bind(db)
    table.update(line_key=key).where(table.id == number).execute()
