"""A meeting can say why a review is planned outside its window."""

from peewee import *


def up(migrator, db):
    migrator.migrate(migrator.add_column("meeting", "outside_why", CharField(null=True)))
