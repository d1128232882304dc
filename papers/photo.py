"""The photo of a child on the one-page profile: small, upright, and without what a camera adds.

Come here to change its size. HEIC cannot be read here: the place on the paper stays empty.
"""

import base64
import hashlib
import io
from pathlib import Path

from flask import current_app
from PIL import Image, ImageOps

from models import Document, may

SIDE = 300  # pixels
KINDS_OF_PHOTO = ("JPEG", "PNG", "WEBP")


def photo_of(pupil, user):
    """The newest photo that this person may open, as an address that carries it; or empty."""
    if not may(user, "r", Document):
        return ""
    photos = Document.select().where(
        Document.pupil == pupil,
        Document.kind == "Photo",
        Document.stored_as.is_null(False),
        Document.restricted.is_null() | (Document.restricted != "Yes"),
        Document.withhold.is_null() | (Document.withhold != "Yes"),
    )
    newest = photos.order_by(Document.id.desc()).first()
    if newest is None:
        return ""
    path = Path(current_app.config["DATA_DIR"]) / "files" / newest.stored_as
    data = path.read_bytes() if path.is_file() else b""
    if hashlib.sha256(data).hexdigest() != newest.sha256:
        return ""
    return data_address(data)


def data_address(data):
    """A picture as a small square, in a `data:` address; empty when it cannot be read."""
    try:
        with Image.open(io.BytesIO(data), formats=KINDS_OF_PHOTO) as picture:
            picture.draft("RGB", (2 * SIDE, 2 * SIDE))
            upright = ImageOps.exif_transpose(picture).convert("RGB")
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError):
        return ""
    out = io.BytesIO()
    ImageOps.fit(upright, (SIDE, SIDE)).save(out, "JPEG", quality=85)
    return f"data:image/jpeg;base64,{base64.b64encode(out.getvalue()).decode()}"
