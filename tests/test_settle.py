"""The search index hangs on its pages alone: not on the order in which Pagefind came upon them."""

import gzip
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import cbor2
import pytest

from generator.bundles import (
    SIGNATURE,
    Entry,
    UnknownFormatError,
    cut,
    encode_entry,
    entries,
    lighten,
    ranges,
    read_file,
)
from generator.settle import settle_index
from tests.sites import contents

# Two of the pages have digests that begin alike: Pagefind gives the later one of them a name of one digit more.
PAGES = {
    "/a/": {"digest": "aaaaaaa1", "kind": "Actor", "words": {"vote": 3}},
    "/b/": {"digest": "bbbbbbb2", "kind": "Quote", "words": {"vote": 1, "pier": 2}},
    "/c/": {"digest": "aaaaaaa3", "kind": "Actor", "words": {"vote": 5, "Pier": 1}},
}


def make_bundle(folder: Path, order: Sequence[str]) -> Path:
    """Write an index as Pagefind 1.5 does when it comes upon pages in this order."""
    for name in ("fragment", "index", "filter"):
        (folder / name).mkdir(parents=True)
    names: list[str] = []
    for address in order:
        digest = str(PAGES[address]["digest"])
        short = f"en_{digest[:7]}"
        names.append(f"en_{digest}" if short in names else short)
        data = json.dumps({"url": address, "content": "x"}, separators=(",", ":")).encode()
        (folder / "fragment" / f"{names[-1]}.pf_fragment").write_bytes(gzip.compress(SIGNATURE + data, mtime=0))
    words = [["pier", hits(order, "pier"), [["Pier", hits(order, "Pier")]]], ["vote", hits(order, "vote"), []]]
    kinds = {kind: [at for at, page in enumerate(order) if PAGES[page]["kind"] == kind] for kind in ("Quote", "Actor")}
    put(folder / "index" / "en_1111111.pf_index", [words])
    put(folder / "filter" / "en_2222222.pf_filter", ["kind", [list(item) for item in kinds.items()]])
    meta = ["1.5.2", [[name, 9] for name in names], [["pier", "vote", "en_1111111"]], [["kind", "en_2222222"]]]
    meta.append([["date", [order.index("/c/"), order.index("/a/"), order.index("/b/")]]])
    put(folder / "pagefind.en_3333333333.pf_meta", [*meta, ["title"]])
    entry = {"languages": {"en": {"hash": "en_3333333333", "page_count": 3}}}
    (folder / "pagefind-entry.json").write_text(json.dumps(entry))
    return folder


def hits(order: Sequence[str], word: str) -> list[list[Any]]:
    found: list[list[Any]] = []
    last = 0
    for at, page in enumerate(order):
        if place := PAGES[page]["words"].get(word):  # type: ignore[attr-defined]
            found.append([at - last, [place], []])
            last = at
    return found


def put(file: Path, content: Any) -> None:
    file.write_bytes(gzip.compress(SIGNATURE + cbor2.dumps(content)))


def read(file: Path) -> Any:
    return cbor2.loads(read_file(file))


def test_index_is_the_same_in_whatever_order_its_pages_were_found(tmp_path: Path) -> None:
    made = []
    for number, order in enumerate((["/a/", "/b/", "/c/"], ["/c/", "/a/", "/b/"], ["/b/", "/c/", "/a/"])):
        bundle = make_bundle(tmp_path / str(number), order)
        settle_index(bundle)
        made.append(contents(bundle))
    assert made[0] == made[1] == made[2]


def test_settled_index_names_the_same_pages(tmp_path: Path) -> None:
    bundle = make_bundle(tmp_path / "pagefind", ["/c/", "/a/", "/b/"])
    settle_index(bundle)
    entry = json.loads((bundle / "pagefind-entry.json").read_text())
    meta = read(bundle / f"pagefind.{entry['languages']['en']['hash']}.pf_meta")
    _, pages, ((_, _, chunk),), ((_, kinds),), ((_, dated),), _ = meta
    fragments = [read_file(bundle / "fragment" / f"{name}.pf_fragment") for name, _ in pages]
    assert [json.loads(fragment)["url"] for fragment in fragments] == ["/a/", "/b/", "/c/"]
    assert dated == [2, 0, 1]
    assert read(bundle / "index" / f"{chunk}.pf_index") == [
        [
            ["pier", [[1, [2], []]], [["Pier", [[2, [1], []]]]]],
            ["vote", [[0, [3], []], [1, [1], []], [1, [5], []]], []],
        ]
    ]
    assert read(bundle / "filter" / f"{kinds}.pf_filter") == ["kind", [["Actor", [0, 2]], ["Quote", [1]]]]
    assert sorted(name.rpartition(".")[2] for name in contents(bundle)) == (
        ["json", "pf_filter", *["pf_fragment"] * 3, "pf_index", "pf_meta"]
    )


def test_chunks_are_found_by_what_is_typed_of_their_words() -> None:
    words = ["pier", "picture", "pl", "po", "qun", "quot", "r", "rall"]
    pairs = [[first.encode(), last.encode()] for first, last in zip(words[::2], words[1::2], strict=True)]
    assert ranges(pairs) == [["pier", "picture"], ["pl", "po"], ["q", "q"], ["r", "rall"]]
    # Cut short to "q", the end of a chunk would stand before its start.
    assert ranges([[b"qua"], [b"qun", b"quot"], [b"r"]]) == [["qua", "qua"], ["qun", "quot"], ["r", "r"]]


def test_change_of_a_word_moves_few_cuts() -> None:
    lengths = {f"word{number:05}".encode(): 40 + number % 90 for number in range(9000)}
    before = cut(lengths.items())
    assert [word for chunk in before for word in chunk] == [*lengths]
    lengths[b"word00007"] += 3000
    after = cut(lengths.items())
    assert len([chunk for chunk in after if chunk not in before]) <= 2 < 8 < len(before)


def test_word_on_most_pages_keeps_its_first_place_on_each_and_in_its_fields() -> None:
    places, light = ([-25, 9, 300, -169, 2], [-3, 1, 4]), ([-25, 9], [-3, 1])
    for hits, pages, is_light in ((1000, 1000, True), (999, 999, False), (2000, 4000, False), (2001, 4000, True)):
        assert lighten(entry_with(hits, places), pages) == entry_with(hits, light if is_light else places)
    assert lighten(entry_with(1000, ([4, 1], [])), 1000) == entry_with(1000, ([4], []))
    assert lighten(entry_with(1000, ([], [1])), 1000) == entry_with(1000, ([], [1]))


def entry_with(count: int, places: tuple[list[int], list[int]]) -> bytes:
    hit = b"".join(map(cbor2.dumps, places))
    return encode_entry(Entry(b"the", {b"": dict.fromkeys(range(count), hit)}))


@pytest.mark.parametrize("end", [b"", b"\x80", b"\x81\x82", b"\x80\x80\x80", b"\x81\x82aA\x81\x83\x00\x9f\xff\x80"])
def test_chunk_of_another_format_is_not_read(end: bytes) -> None:
    [*_] = entries(b"\x81\x81\x83aa\x81\x83\x00\x81\x01\x80\x80")
    with pytest.raises(UnknownFormatError):
        [*_] = entries(b"\x81\x81\x83aa\x81\x83\x00\x81\x01" + end)
