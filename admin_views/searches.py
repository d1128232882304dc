"""Whom a search finds first, what is offered while one types; and the words of a search, kept for
a day: an address names no child, and Back finds the list again.

Come here to change who is offered first, how long the words are kept, and how many searches of a
person.
"""

import datetime
import secrets

from peewee import Case, PeeweeException

from audit import access
from audit.log import now, transaction
from models import Pupil, PupilWord
from people import ListSearch
from records import storage
from records.query import begins
from records.unicode_text import folded_words, initials_in

KEPT_FOR = datetime.timedelta(days=1)
MOST_SEARCHES = 40  # of one person; the oldest goes
MOST_OFFERS = 8
GONE = "That search is no longer kept. Here is the whole list: please search again."


def find_first(pupils, typed):
    """Those of a query of pupils whom a search finds; first who has the initials, then whose
    surname or forename begins so. Who has left comes after.
    """
    words = folded_words(typed)
    found = PupilWord.narrow(pupils, Pupil.id, typed)
    if not words:
        return found
    begin = begins(Pupil.sort_name, words[0]) | begins(Pupil.sort_forename, words[0])
    ranks = [(begin, 1)]
    letters = initials_in(words)
    if letters:
        ranks.insert(0, (Pupil.id.in_(Pupil.with_initials(*letters)), 0))
    has_left = Pupil.left_on.is_null(False)
    return found.order_by(has_left, Case(None, ranks, 2), Pupil.sort_name)


def offers(user, typed):
    """The pupils of this person to offer for what is being typed, and whether more would fit.

    They are logged as listed, once a day: a row for each letter typed would fill the log.
    """
    if len(typed) < 2:
        return [], False
    found = list(find_first(Pupil.visible_to(user), typed).limit(MOST_OFFERS + 1))
    shown = found[:MOST_OFFERS]
    access.log_access(shown, "listed")
    return shown, len(found) > MOST_OFFERS


def keep_search(user, words):
    """The token that stands for these words in an address; None when the database is full."""
    try:
        with transaction():
            return _token_of(user, words)
    except PeeweeException as fault:
        if not storage.cannot_write(fault):
            raise
        return None


def _token_of(user, words):
    ListSearch.delete().where(ListSearch.at < now() - KEPT_FOR).execute()
    mine = ListSearch.select().where(ListSearch.user == user).order_by(ListSearch.id.desc())
    for search in mine:
        if search.words == words:
            return search.token
    for search in mine[MOST_SEARCHES - 1 :]:
        search.delete_instance()
    # figures only, in which no name can stand by chance
    token = str(secrets.randbelow(10**18))
    return ListSearch.create(user=user, token=token, words=words).token


def searched_words(user, token):
    """The words that this person searched for; None when they are gone, or somebody else's."""
    mine = ListSearch.get_or_none(ListSearch.token == token, ListSearch.user == user)
    if mine is None or mine.at < now() - KEPT_FOR:
        return None
    return mine.words


def forget_words(user):
    ListSearch.delete().where(ListSearch.user == user).execute()
