"""A table of the database, and the few ways in which its rows are asked for that peewee has no word
for.

Come here to change how something is asked, so that an index serves it on SQLite and PostgreSQL.
"""

import functools
import json
from collections import Counter

from peewee import JOIN, SQL, ForeignKeyField, Join, Model, ModelSelect, Node, Value, fn

from audit.log import db, on_sqlite


class Table(Model):
    """Anything that stands in the database in a table of its own, beside the audit trail."""

    class Meta:
        database = db
        legacy_table_names = False

    @classmethod
    def select(cls, *fields):
        if fields:
            return super().select(*fields)
        return WholeRows(cls, cls._meta.sorted_fields, is_default=True)


class WholeRows(ModelSelect):
    """Rows with all their columns, which are spelled once for each table, not for each query."""

    def __sql_selection__(self, ctx, is_subquery=False):
        if is_subquery or not self._is_default:
            return super().__sql_selection__(ctx, is_subquery)
        alias = ctx.alias_manager[self.model._meta.table]
        return ctx.literal(columns_of_table(self.model, alias))


@functools.cache
def columns_of_table(model, alias):
    return ", ".join(f'"{alias}"."{field.column_name}"' for field in model._meta.sorted_fields)


def by_id(rows):
    return {row.id: row for row in rows}


def preload(model, rows, names):
    """Fetch what the rows link to by these names, in one query per link instead of one per row."""
    for link in model._meta.sorted_fields:
        if isinstance(link, ForeignKeyField) and link.name in names and rows:
            target = link.rel_model
            name = link.name
            keys = {row.__data__.get(name) for row in rows} - {None}
            found = by_id(target.select().where(among(target.id, keys)))
            for row in rows:
                if row.__data__.get(name) in found:
                    setattr(row, name, found[row.__data__[name]])


def among(column, numbers):
    """The condition that a column holds one of these numbers. However many they are, they are one
    value of the statement: SQLite takes 32,766 of them, PostgreSQL 65,535.
    """
    numbers = list(numbers)
    if on_sqlite():
        return column.in_(SQL("(SELECT value FROM json_each(?))", [json.dumps(numbers)]))
    return column == fn.ANY(Value(numbers, unpack=False))


# --- the rows of many tables in one statement
class Spelled(Node):
    """Columns that are spelled already."""

    def __init__(self, words):
        self.words = words

    def __sql__(self, ctx):
        return ctx.literal(self.words)


def rows_of(queries):
    """The rows that queries of different tables find, asked in one statement, in the order of
    their numbers: {table: [row, ...]}.
    """
    models = tuple(query.model for query in queries)
    found = {model: [] for model in models}
    asked = None
    for query, (_, words) in zip(queries, columns_in_union(models)):
        part = query.select(Spelled(words))
        asked = part if asked is None else asked.union_all(part)
    for place, *values in db.execute(asked) if queries else ():
        columns, _ = columns_in_union(models)[place]
        found[models[place]].append(made_of(models[place], columns, values))
    for rows in found.values():
        rows.sort(key=lambda row: row.id)
    return found


@functools.cache
def columns_in_union(models):
    """How the rows of tables stand under each other in one statement, each column under those of
    its type, with the place of the table before: [([field or None, ...], columns in SQL), ...].
    """
    widths = Counter()
    for model in models:
        widths |= Counter(field.field_type for field in model._meta.sorted_fields)
    found = []
    for place, model in enumerate(models):
        columns = []
        spelled = [str(place)]
        for kind, width in widths.items():
            mine = [field for field in model._meta.sorted_fields if field.field_type == kind]
            empty = width - len(mine)
            columns += [*mine, *[None] * empty]
            spelled += [f'"{field.column_name}"' for field in mine]
            # PostgreSQL takes the types of the columns from the first part
            nothing = "NULL" if place else f"CAST(NULL AS {type_in_database(kind)})"
            spelled += [nothing] * empty
        found.append((columns, ", ".join(spelled)))
    return found


def type_in_database(kind):
    return db.get_context_options()["field_types"].get(kind, kind)


def made_of(model, columns, values):
    row = model(__no_default__=True)
    for field, value in zip(columns, values):
        if field is not None:
            row.__data__[field.name] = None if value is None else field.python_value(value)
    return row


def begins(field, word):
    """Whether a column begins with a word, letters and figures only, so that an index serves it."""
    if on_sqlite():
        return field % f"{word}*"  # peewee says it as GLOB
    return field % f"{word}%"


def numbers_in(query):
    # thousands of them, when many are found: peewee's reading of a row takes longer than the search
    return [number for (number,) in db.execute(query)]


def join_first(query, model, on):
    """A query sorted by another table, which is then read first, in its index's order.

    SQLite reads it last, and sorts all rows for the first page, unless it is told (CROSS JOIN,
    https://www.sqlite.org/optoverview.html#crossjoin).
    """
    kind = JOIN.CROSS if on_sqlite() else JOIN.INNER
    return query.from_(Join(model, query.model, kind, on))


def count_of(query):
    """How many rows a query has; without a condition the database need not look at each."""
    return query.select(fn.COUNT(SQL("*"))).order_by().scalar()
