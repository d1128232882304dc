"""Which page of a long list is shown, and what its template links to."""

from flask import request

from admin_views.forms import key_of


class Paging:
    """The page of a list of `count` lines that the address asks for; the first is 0."""

    def __init__(self, count, size):
        self.count = count
        self.size = size
        self.pages = max(-(-count // size), 1)
        asked = request.values.get("page", 0, type=key_of)
        self.page = min(asked, self.pages - 1)
        self.first = self.page * size

    def part(self, lines):
        """The lines of this page."""
        return lines[self.first : self.first + self.size]

    def linked(self):
        """The pages that are linked to: the first, the last, and those around this one."""
        around = range(max(self.page - 2, 0), min(self.page + 3, self.pages))
        return sorted({0, self.pages - 1, *around})
