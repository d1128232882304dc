"""Many drawn parts become one PDF: pages in order, head, foot and page number over each of them,
bookmarks, and the links of the contents.

Come here to change where a page says its number. It runs in the print process.
"""

import datetime
import io

from pypdf import PdfReader, PdfWriter
from pypdf.generic import (
    ArrayObject,
    DictionaryObject,
    NameObject,
    StreamObject,
    TextStringObject,
)

from papers import fonts

LINK = "page:"  # a link of the contents: to the page of this number
# of a page number: its right end and its line in points from the lower left corner, see .foot
NUMBER_AT = (538.58, 40.02)
NUMBER_SIZE = 8
A4 = (595.28, 841.89)  # points
FIT_INTO = (42.5, 62, 510.3, 715)  # of a joined file: left, lowest, width, height in points
NUMBER_COLOUR = "#4c5862"


def join(frame, parts, about):
    """The bytes of the PDF that these PDFs make.

    The last page of `frame` lies over every page, its first page over the first; `about` has the
    title, the author and the language.
    """
    writer = PdfWriter()
    writer.pdf_header = "%PDF-1.4"
    for part in parts:
        writer.append(io.BytesIO(part))
    frames = [as_form(writer, page) for page in PdfReader(io.BytesIO(frame)).pages]
    pages = list(writer.pages)
    numbers = PdfReader(io.BytesIO(page_numbers(len(pages)))).pages
    # pypdf has no public way to add a part of a page
    draws_both = writer._add_object(stream(b"q /Frame Do Q q /Number Do Q"))
    for place, page in enumerate(pages):
        over = {"/Frame": frames[-1], "/Number": as_form(writer, numbers[place])}
        if place == 0:
            over["/Frame"] = frames[0]
        # a file that was joined has pictures of its own
        forms = DictionaryObject(page["/Resources"].get("/XObject", {}))
        for name, form in over.items():
            forms[NameObject(name)] = form
        page["/Resources"][NameObject("/XObject")] = forms
        page[NameObject("/Contents")] = ArrayObject([page.raw_get("/Contents"), draws_both])
        lead_links(page, pages)
    writer.compress_identical_objects()
    return written(writer, about)


def written(writer, about):
    made = f"D:{datetime.datetime.now(datetime.UTC):%Y%m%d%H%M%SZ}"
    named = {"/Title": about["title"], "/Author": about["author"], "/CreationDate": made}
    writer.add_metadata(named)
    writer.root_object[NameObject("/Lang")] = TextStringObject(about["language"])
    # a reader says the title, not the name of the file
    writer.create_viewer_preferences().display_doctitle = True
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue()


def fit(data):
    """The bytes of a PDF with the pages of another one, each made to fit on an A4 page between head
    and foot. Only what is drawn comes along: no script, no form, no attached file.
    """
    writer = PdfWriter()
    for page in PdfWriter(clone_from=io.BytesIO(data)).pages:
        page.transfer_rotation_to_content()
        box = page.cropbox
        left, low, wide, high = FIT_INTO
        scale = min(wide / float(box.width), high / float(box.height), 1)
        across = left + (wide - scale * float(box.width)) / 2 - scale * float(box.left)
        up = low + high - scale * float(box.top)
        sheet = writer.add_blank_page(*A4)
        drawn = as_form(writer, page, box)
        forms = DictionaryObject({NameObject("/File"): drawn})
        sheet[NameObject("/Resources")] = DictionaryObject({NameObject("/XObject"): forms})
        draws = f"q {scale:.5f} 0 0 {scale:.5f} {across:.3f} {up:.3f} cm /File Do Q"
        sheet[NameObject("/Contents")] = writer._add_object(stream(draws.encode()))
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue()


def stack(papers, about):
    """The bytes of one PDF of whole papers, each beginning on an odd page.

    `about` is that of `join`, with the title of each.
    """
    writer = PdfWriter()
    writer.pdf_header = "%PDF-1.4"
    for paper, title in zip(papers, about["titles"], strict=True):
        if len(writer.pages) % 2:
            writer.add_blank_page()
        writer.append(io.BytesIO(paper), outline_item=title, import_outline=False)
    writer.compress_identical_objects()
    return written(writer, about)


def page_numbers(count):
    """The bytes of a PDF whose pages have their numbers and nothing else."""
    from reportlab.lib.pagesizes import A4  # here: the portal itself draws nothing
    from reportlab.pdfgen.canvas import Canvas

    fonts.load_fonts()
    out = io.BytesIO()
    canvas = Canvas(out, pagesize=A4)
    for number in range(1, count + 1):
        canvas.setFont("school", NUMBER_SIZE)
        canvas.setFillColor(NUMBER_COLOUR)
        canvas.drawRightString(*NUMBER_AT, f"Page {number} of {count}")
        canvas.showPage()
    canvas.save()
    return out.getvalue()


def stream(data):
    made = StreamObject()
    made.set_data(data)
    return made


def as_form(writer, page, box=None):
    # what can be drawn over other pages; its resources are copied once for all pages of a PDF
    form = stream(page.get_contents().get_data()).flate_encode()
    form[NameObject("/Type")] = NameObject("/XObject")
    form[NameObject("/Subtype")] = NameObject("/Form")
    form[NameObject("/BBox")] = box or page.mediabox
    form[NameObject("/Resources")] = page["/Resources"].clone(writer)
    return writer._add_object(form)


def lead_links(page, pages):
    for link in page.get("/Annots", ()):
        link = link.get_object()
        address = link.get("/A", {}).get("/URI", "")
        if address.startswith(LINK):
            to = pages[int(address.removeprefix(LINK)) - 1].indirect_reference
            del link["/A"]
            link[NameObject("/Dest")] = ArrayObject([to, NameObject("/Fit")])
