"""Pictures on paper: the photo of a child on the one-page profile, and the school's logo. They are
small, upright, and without what a camera adds.

Come here to change their size. HEIC cannot be read here: the place on the paper stays empty.
"""

import base64
import io
import math

from flask import current_app
from PIL import Image, ImageOps

from models import Document, may
from records.storage import read_kept

# pixels
SIDE = 300
LOGO = (900, 300)
MOST_OF_LOGO = 16_000_000
KINDS_OF_PHOTO = ("JPEG", "PNG", "WEBP")
UNREADABLE = (OSError, ValueError, SyntaxError, Image.DecompressionBombError)


def photo_of(pupil, user):
    """The newest photo that this person may open, as an address that carries it; or empty."""
    if not may(user, "r", Document):
        return ""
    photos = Document.readable_by(user).where(
        Document.pupil == pupil,
        Document.kind == "Photo",
        Document.stored_as.is_null(False),
        Document.restricted.is_null() | (Document.restricted != "Yes"),
    )
    newest_first = photos.order_by(Document.id.desc())
    newest = next((photo for photo in newest_first if not photo.is_withheld()), None)
    if newest is None:
        return ""
    files = current_app.config["DATA_DIR"] / "files"
    data = read_kept(files / newest.stored_as, newest.sha256)
    return data_address(data) if data else ""


def data_address(data):
    """A picture as a small square, in a `data:` address; empty when it cannot be read."""
    try:
        with Image.open(io.BytesIO(data), formats=KINDS_OF_PHOTO) as picture:
            picture.draft("RGB", (2 * SIDE, 2 * SIDE))
            upright = ImageOps.exif_transpose(picture).convert("RGB")
    except UNREADABLE:
        return ""
    out = io.BytesIO()
    ImageOps.fit(upright, (SIDE, SIDE)).save(out, "JPEG", quality=85)
    return f"data:image/jpeg;base64,{base64.b64encode(out.getvalue()).decode()}"


def as_logo(data):
    """A picture as it is kept for a logo: a small PNG on white; None when it cannot be read, or is
    too large.
    """
    try:
        with Image.open(io.BytesIO(data), formats=("JPEG", "PNG")) as picture:
            if math.prod(picture.size) > MOST_OF_LOGO:
                return None
            upright = ImageOps.exif_transpose(picture).convert("RGBA")
    except UNREADABLE:
        return None
    upright.thumbnail(LOGO)
    sheet = Image.new("RGBA", upright.size, "white")
    sheet.alpha_composite(upright)
    out = io.BytesIO()
    sheet.convert("RGB").save(out, "PNG")
    return out.getvalue()


def logo_of(settings):
    """The school's logo: an address that carries it, its width and its height in pixels; None where
    there is none.
    """
    if not settings.logo:
        return None
    data = read_kept(current_app.config["DATA_DIR"] / "files" / settings.logo, settings.logo)
    if data is None:
        return None
    with Image.open(io.BytesIO(data)) as picture:
        wide, high = picture.size
    address = f"data:image/png;base64,{base64.b64encode(data).decode()}"
    return {"address": address, "wide": wide, "high": high}
