"""Where a picture was taken: a telephone writes it into the file, and it is often the child's home.

Come here to change what is taken out of a picture before it is kept. What is taken out is blanked
where it stands, so that the file keeps its length and every point of the picture.
"""

import re
import struct
import zlib

PNG = b"\x89PNG\r\n\x1a\n"
# The head of an Exif block (TIFF 6.0, section 2), in JPEG, PNG, WebP and HEIC alike.
EXIF = re.compile(rb"II\*\0|MM\0\*")
GPS_INFO = 0x8825  # Exif 2.32, 4.6.3: where the block says how to find the GPS block
LONG = 4
BYTES = {1: 1, 2: 1, 3: 2, LONG: 4, 5: 8, 6: 1, 7: 1, 8: 2, 9: 4, 10: 8, 11: 4, 12: 8}  # by type
ENTRY = 12  # bytes of one
IN_WORDS = (
    re.compile(rb"exif:GPS\w{1,30}(?:=[\"']|>)([^\"'<]{1,80})"),  # XMP, the same in words
    re.compile(rb"\xa9xyz..\x15\xc7([-+.\d]{8,40}/)", re.DOTALL),  # a film behind the picture
)


def without_place(data):
    """The bytes of a picture without where it was taken."""
    cleaned = bytearray(data)
    for head in EXIF.finditer(data):
        _blank_gps(memoryview(cleaned)[head.start() :])
    for words in IN_WORDS:
        for found in words.finditer(data):
            cleaned[found.start(1) : found.end(1)] = b" " * len(found[1])
    if cleaned != data and data.startswith(PNG):
        _renew_sums(cleaned)
    return bytes(cleaned)


def _blank_gps(exif):
    """Blank the GPS block of an Exif block, if it is one and has one."""
    order = "<" if exif[0] == ord("I") else ">"
    try:
        (first,) = struct.unpack_from(f"{order}I", exif, 4)
        for tag, kind, count, at in _entries(exif, order, first):
            if (tag, kind, count) == (GPS_INFO, LONG, 1):
                _blank_block(exif, order, at)
    except struct.error:  # no Exif block after all, or one that ends too early
        return


def _entries(exif, order, at):
    """The entries of a block: (tag, type, count, the value or where it stands)."""
    (many,) = struct.unpack_from(f"{order}H", exif, at)
    for number in range(many):
        yield struct.unpack_from(f"{order}HHII", exif, at + 2 + ENTRY * number)


def _blank_block(exif, order, at):
    entries = list(_entries(exif, order, at))
    for _, kind, count, value in entries:
        length = BYTES.get(kind, 1) * count
        if length > 4:  # it stands elsewhere
            _blank(exif, value, length)
    _blank(exif, at, 2 + ENTRY * len(entries))


def _blank(exif, at, length):
    part = exif[at : at + length]
    part[:] = bytes(len(part))


def _renew_sums(png):
    """Write the checksum of each part of a PNG anew."""
    at = len(PNG)
    while at + 12 <= len(png):
        (length,) = struct.unpack_from(">I", png, at)
        end = at + 8 + length
        if end + 4 > len(png):
            return
        struct.pack_into(">I", png, end, zlib.crc32(png[at + 4 : end]))
        at = end + 4
