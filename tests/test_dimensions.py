"""Pictures of more pixels than a browser has memory for are refused, whatever their name says they are."""

from io import BytesIO

import pytest
from PIL import Image

from generator.dimensions import MAX_PIXELS, pixels_in
from generator.pipeline import check_briefing
from tests.conftest import MakeProject

FORMATS: dict[str, dict[str, object]] = {
    "PNG": {},
    "GIF": {},
    "JPEG": {"exif": b"Exif\0\0" + b"\xff\xc0" * 9000},
    "JPEG in steps": {"progressive": True},
    "WebP": {},
    "WebP without loss": {"lossless": True},
    "WebP with more": {"exif": b"Exif\0\0MM"},
    "AVIF": {},
}


def picture(kind: str, width: int, height: int) -> bytes:
    made = BytesIO()
    Image.new("RGB", (width, height), "teal").save(made, kind.partition(" ")[0], **FORMATS[kind])
    return made.getvalue()


@pytest.mark.parametrize("kind", FORMATS)
def test_pixels_are_counted_as_they_are(kind: str) -> None:
    data = picture(kind, 300, 70)
    assert pixels_in(BytesIO(data)) == 21_000
    for size in range(0, 64):
        assert pixels_in(BytesIO(data[:size])) >= 0  # cut off anywhere, it is no error


@pytest.mark.parametrize("name", ["bomb.png", "bomb.jpg"])
def test_a_picture_of_too_many_pixels_is_refused(make_project: MakeProject, name: str) -> None:
    whole = picture("PNG", 8, 8)
    sizes = {name: 40_000 * 40_000, "large.png": MAX_PIXELS}
    project = make_project({f"assets/{one}": "" for one in sizes})
    for one, pixels in sizes.items():
        height = 6144 if pixels == MAX_PIXELS else 40_000
        size = (pixels // height).to_bytes(4, "big") + height.to_bytes(4, "big")
        (project.root / "docs" / "assets" / one).write_bytes(whole[:16] + size + whole[24:])
    _, problems = check_briefing(project)
    said = "the picture has 1,600 megapixels. Make it smaller: 50 is the limit."
    assert [str(problem) for problem in problems] == [f"docs/assets/{name}:1:1: error: {said}"]
