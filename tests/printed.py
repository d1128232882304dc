"""What stands on a paper: its pages as text, and the sizes in which its words are drawn; and what
none may read or fetch.
"""

import base64
import functools
import io
import re
import threading
import unicodedata
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest
from pypdf import PdfReader


def squeezed(text):
    """Text without spaces and breaks, so that where a line ends does not matter."""
    return re.sub(r"[\s\u00ad\u200b]+", "", unicodedata.normalize("NFKC", text))


class Paper:
    """A PDF that was read."""

    def __init__(self, data):
        self.pages, self.sizes = [], set()
        for page in reader_of(data).pages:
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


def reader_of(data):
    return PdfReader(io.BytesIO(data))


def outline_of(reader, entries=None, depth=0):
    """The bookmarks of a PDF: [(title, number of the page from 0, depth)]."""
    found = []
    for entry in reader.outline if entries is None else entries:
        if isinstance(entry, list):
            found += outline_of(reader, entry, depth + 1)
        else:
            found.append((entry.title, reader.get_destination_page_number(entry), depth))
    return found


# --- hostile markup
@pytest.fixture
def listener():
    """A server on this machine that notes who asks it for something."""
    asked = []

    class Ear(BaseHTTPRequestHandler):
        def do_GET(self):
            asked.append(self.path)
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_):
            pass

    server = HTTPServer(("127.0.0.1", 0), Ear)
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}", asked
    server.shutdown()
    server.server_close()


def inline(words):
    return "data:image/svg+xml;base64," + base64.b64encode(words.encode()).decode()


ATTACKS = {
    "picture": (
        '<img src="{web}/a.png"><img src="{file}"><img src="file://{file}"><img src="..{file}">'
        '<img src="{bare}">'
    ),
    "style sheet": (
        '<link rel="stylesheet" href="{web}/a.css"><link rel="stylesheet" href="{file}">'
        '<link rel="stylesheet" href="{bare}">'
    ),
    "import": (
        '<style>@import url({web}/b.css); @import url("file://{file}");'
        '@import "{file}"; @import "{bare}";</style>'
    ),
    "background": (
        "<style>p {{ background: url({web}/c.png) }}"
        "@page {{ background-image: url({file}) }}</style><p>x</p>"
    ),
    "typeface": (
        "<style>@font-face {{ font-family: z; src: url({web}/f.ttf) }} p {{ font-family: z"
        ' }}</style><p>x</p><pdf:font name="k" src="{file}">'
    ),
    "list": (
        '<ul style="list-style-image: url({web}/l.png)"><li>a</li></ul>'
        '<ul style="list-style-image: url({file})"><li>a</li></ul>'
    ),
    "drawing": '<img src="{svg}">',
    "frames": (
        '<object data="{web}/o"></object><embed src="{web}/e"><iframe src="file://{file}"></iframe>'
        '<iframe src="{web}/i"></iframe>'
    ),
    "attachment": (
        '<pdf:attachment src="{file}"><pdf:insertpdf src="{file}"><pdf:watermark src="{file}">'
        '<base href="{web}/"><img src="z">'
    ),
}
