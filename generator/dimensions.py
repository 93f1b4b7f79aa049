"""How many pixels a picture has, read from its first bytes: whoever shows it needs memory for all of them.

Source: PNG (W3C, 11.2.2), GIF89a (18), JPEG (ITU-T T.81, B.2.2), WebP (RFC 9649, 2.5 to 2.7), AVIF (ISO 23008-12,
6.5.3).
"""

import re
from struct import unpack
from typing import BinaryIO

MAX_PIXELS = 8192 * 6144  # 50 megapixels, as the cameras of telephones have; 200 MB in the memory of a browser

_HEAD = 4096  # bytes, in which all formats but JPEG say their size
_AVIF_SIZE = re.compile(rb"ispe\0\0\0\0(.{8})", re.DOTALL)


def pixels_in(file: BinaryIO) -> int:
    """Return the number of pixels of a picture, or 0 when it is none of a known format."""
    head = file.read(_HEAD).ljust(30, b"\0")
    if head.startswith(b"\x89PNG\r\n\x1a\n"):
        width, height = unpack(">II", head[16:24])
    elif head.startswith((b"GIF87a", b"GIF89a")):
        width, height = unpack("<HH", head[6:10])
    elif head.startswith(b"RIFF") and head[8:12] == b"WEBP":
        width, height = _size_of_webp(head)
    elif head[4:8] == b"ftyp":  # the parts of a picture in tiles have sizes, too
        sizes = [unpack(">II", size) for size in _AVIF_SIZE.findall(head)]
        width, height = max(sizes, default=(0, 0), key=lambda size: size[0] * size[1])
    elif head.startswith(b"\xff\xd8"):
        width, height = _size_of_jpeg(file)
    else:
        return 0
    return int(width * height)


def _size_of_webp(head: bytes) -> tuple[int, int]:
    if head[12:16] == b"VP8X":
        return int.from_bytes(head[24:27], "little") + 1, int.from_bytes(head[27:30], "little") + 1
    if head[12:16] == b"VP8L":
        bits = int.from_bytes(head[21:25], "little")
        return (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
    width, height = unpack("<HH", head[26:30])
    return width & 0x3FFF, height & 0x3FFF


def _size_of_jpeg(file: BinaryIO) -> tuple[int, int]:
    """Return width and height from the first frame; the segments before it, such as EXIF, are passed over."""
    file.seek(2)
    while len(segment := file.read(4)) == 4:
        if segment[1] == 0xFF:  # a byte that fills
            file.seek(-3, 1)
            continue
        marker, length = segment[1], int.from_bytes(segment[2:], "big")
        if segment[0] != 0xFF or length < 2:
            break
        if 0xC0 <= marker <= 0xCF and marker not in (0xC4, 0xC8, 0xCC):
            height, width = unpack(">HH", file.read(5)[1:].ljust(4, b"\0"))
            return width, height
        file.seek(length - 2, 1)
    return 0, 0
