"""Which tables stand in which file: the school's in the school's, Django's own in another."""


class Router:
    """Sends the school's tables to the school's database, where Django makes none."""

    def db_for_read(self, model, **_):
        if model._meta.app_label == "school":
            return "school"
        return "default"

    db_for_write = db_for_read

    def allow_migrate(self, db, *_, **__):
        return db == "default"
