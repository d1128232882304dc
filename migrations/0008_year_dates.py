"""What a review's date follows from: why a plan is late, and when the review of a cycle was held."""

from peewee import *

REVIEWS = ("concern_review", "my_plan_review", "my_plan_plus_review")
# reviews that are complete already
HELD = """
    UPDATE placement SET reviewed_on = (
        SELECT MAX(happened_on) FROM {table}
        WHERE placement_id = placement.id AND status IN ('complete', 'sealed')
    )
    WHERE id IN (
        SELECT placement_id FROM {table} WHERE status IN ('complete', 'sealed')
    )
"""


def up(migrator, db):
    migrator.migrate(migrator.add_column("placement", "reviewed_on", DateField(null=True)))
    for table in ("record_of_concern", "my_plan", "my_plan_plus"):
        migrator.migrate(migrator.add_column(table, "late_why", CharField(null=True)))
    from_plan = CharField(null=True, default="Yes")
    migrator.migrate(migrator.add_column("setting", "clock_from_plan", from_plan))
    for table in REVIEWS:
        db.execute_sql(HELD.format(table=table))
