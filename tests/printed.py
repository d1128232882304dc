"""What stands on a paper: its pages as text, and the sizes in which its words are drawn."""

import functools
import io
import re
import unicodedata

from pypdf import PdfReader


def squeezed(text):
    """Text without spaces and breaks, so that where a line ends does not matter."""
    return re.sub(r"[\s\u00ad\u200b]+", "", unicodedata.normalize("NFKC", text))


class Paper:
    """A PDF that was read."""

    def __init__(self, data):
        self.pages, self.sizes = [], set()
        for page in PdfReader(io.BytesIO(data)).pages:
            self.pages.append(page.extract_text(visitor_text=self._note_size))
        self.words = squeezed(" ".join(self.pages))

    def _note_size(self, text, outer, inner, _, size):
        if text.strip():
            self.sizes.add(round(abs(size * inner[3] * outer[3]), 1))

    def lacks(self, said):
        """Which of these words do not stand on it."""
        return [words for words in said if squeezed(words) not in self.words]


@functools.lru_cache(maxsize=8)
def read_pdf(data):
    """The Paper that these bytes are; read once."""
    return Paper(data)


def paper_of(response):
    """The Paper that a response is."""
    assert response.status_code == 200, response.get_data(as_text=True)[:2000]
    assert response.mimetype == "application/pdf"
    return read_pdf(response.data)
