"""Teaching assistants sign in with a second step where teachers do."""

from peewee import *


def up(migrator, db):
    class Setting(Model):
        second_step = TextField(null=True)

        class Meta:
            database = db
            table_name = "setting"

    for setting in Setting.select():
        roles = (setting.second_step or "").splitlines()
        if "teacher" in roles and "ta" not in roles:
            words = "\n".join([*roles, "ta"])
            Setting.update(second_step=words).where(Setting.id == setting.id).execute()
