"""The words of a search, kept for a day: an address names no child, and Back finds the list again.

Come here to change how long the words are kept, and how many searches of a person.
"""

import datetime
import secrets

from peewee import PeeweeException

from audit.log import now, transaction
from people import ListSearch
from records import storage

KEPT_FOR = datetime.timedelta(days=1)
MOST_SEARCHES = 40  # of one person; the oldest goes
GONE = "That search is no longer kept. Here is the whole list: please search again."


def keep(user, words):
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


def forget(user):
    ListSearch.delete().where(ListSearch.user == user).execute()
