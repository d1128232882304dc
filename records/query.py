"""A table of the database, and the usual query for its rows.

Come here only when the way in which rows are asked for is to change. peewee spells out every name
of every query anew, and finds out anew what the columns of its answer are: that was more than half
of the time of a child's page (`benchmarks/queries.py`). The usual query wants whole rows of one
table, compares its columns with values, and may have an order and a limit; it is written here at
once. All else is peewee's.
"""

import functools

from peewee import (
    OP,
    Expression,
    Field,
    ForeignKeyField,
    Model,
    ModelObjectCursorWrapper,
    ModelSelect,
    Negated,
    Node,
    Ordering,
)

from audit.log import db

COMPARED, LISTED, JOINED = (
    {OP.EQ, OP.NE, OP.LT, OP.LTE, OP.GT, OP.GTE},
    {OP.IN, OP.NOT_IN},
    {OP.AND, OP.OR},
)
UNUSUAL = (
    "_group_by",
    "_having",
    "_windows",
    "_distinct",
    "_simple_distinct",
    "_for_update",
    "_lateral",
    "_cte_list",
    "_alias",
)


class Table(Model):
    """Anything that stands in the database in a table of its own, beside the audit trail."""

    class Meta:
        database = db
        legacy_table_names = False

    @classmethod
    def select(cls, *fields):
        """A query for these columns, or for whole rows."""
        return Query(cls, fields or cls._meta.sorted_fields, is_default=not fields)


class Query(ModelSelect):
    """A query for rows of a table. As part of another query it is peewee's."""

    def __init__(self, *given, **more):
        super().__init__(*given, **more)
        self._whole = self._returning

    def __sql__(self, ctx):
        if any(ctx.query()) or not self._is_usual():
            return super().__sql__(ctx)
        ctx.literal(_wanted(self.model))
        if self._where is not None:
            _write(ctx.literal(" WHERE "), self._where)
        if self._order_by:
            ctx.literal(
                " ORDER BY "
                + ", ".join(
                    f"{_name(_ordered(by))} {getattr(by, 'direction', 'ASC')}"
                    for by in self._order_by
                )
            )
        for word, number in ((" LIMIT ", self._limit), (" OFFSET ", self._offset)):
            if number is not None:
                ctx.literal(word).value(number)
        return ctx

    def _get_model_cursor_wrapper(self, cursor):
        return (
            Found(cursor, self.model, self._returning, self.model)
            if self._is_whole()
            else super()._get_model_cursor_wrapper(cursor)
        )

    def _is_whole(self):
        alone = len(self._from_list) == 1 and self._from_list[0] is self.model and not self._joins
        return alone and self._is_default and self._returning is self._whole

    def _is_usual(self):
        if (
            not self._is_whole()
            or not all(getattr(self, n) is None or getattr(self, n) is False for n in UNUSUAL)
            or self._limit is None
            and self._offset is not None
        ):
            return False
        if self._where is not None and not _is_plain(self._where, self.model):
            return False
        return all(_is_column(_ordered(by), self.model) for by in self._order_by or ())


class Found(ModelObjectCursorWrapper):
    """Whole rows that a query found; what their columns are is seen once for each table."""

    known = {}

    def initialize(self):
        if self.model not in self.known:
            super().initialize()
            self.known[self.model] = {
                n: vars(self)[n]
                for n in ("columns", "converters", "no_convert", "convert", "unique_columns")
            }
        vars(self).update(self.known[self.model])


@functools.cache
def _wanted(model):
    return (
        f'SELECT {", ".join(map(_name, model._meta.sorted_fields))} FROM "{model._meta.table_name}"'
    )


@functools.cache
def _name(field):
    """The column of a field with its table: SQLite takes a lone name that it does not know for
    words.
    """
    return f'"{field.model._meta.table_name}"."{field.column_name}"'


def _ordered(by):
    """What an order goes by, when it says no more than up or down."""
    return by.node if isinstance(by, Ordering) and not by.collation and not by.nulls else by


def _is_column(node, model):
    return (
        isinstance(node, Field)
        and node.model is model
        and model._meta.fields.get(node.name) is node
    )


def _is_plain(part, model):
    """Whether a condition is a column that is true or not, compares a column with a value, or joins
    such conditions.
    """
    if not isinstance(part, Expression):
        return _is_column(part.node if isinstance(part, Negated) else part, model)
    if part.op in JOINED:
        return _is_plain(part.lhs, model) and _is_plain(part.rhs, model)
    if not _is_column(part.lhs, model):
        return False
    if part.op in LISTED:
        return (
            isinstance(part.rhs, list | tuple | set)
            and part.rhs
            and all(_is_value(one, part.lhs) for one in part.rhs)
        )
    return (
        part.op in COMPARED
        and _is_value(part.rhs, part.lhs)
        or part.op == OP.IS
        and part.rhs is None
    )


def _is_value(said, asked):
    """Whether a column is compared with one value; a record is one for a link."""
    if isinstance(said, Model):
        return isinstance(asked, ForeignKeyField)
    return said is not None and not isinstance(
        said, Node | type | list | tuple | set | frozenset | dict
    )


def _write(ctx, part):
    """Write a plain condition."""
    if not isinstance(part, Expression):
        ctx.literal(f"NOT {_name(part.node)}" if isinstance(part, Negated) else _name(part))
    elif part.op in JOINED:
        _write(ctx.literal("("), part.lhs)
        _write(ctx.literal(f" {part.op} "), part.rhs)
        ctx.literal(")")
    elif part.op == OP.IS:
        ctx.literal(f"{_name(part.lhs)} IS NULL")
    elif part.op in LISTED:
        for at, value in enumerate(part.rhs):
            ctx.literal(", " if at else f"{_name(part.lhs)} {part.op} (").value(
                value, part.lhs.db_value
            )
        ctx.literal(")")
    else:
        ctx.literal(f"{_name(part.lhs)} {part.op} ").value(part.rhs, part.lhs.db_value)
