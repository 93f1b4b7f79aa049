"""Edits of any kind, followed without reading the rest: what the ledger has then is what a whole reading gives."""

import os
import re
import shutil
from collections.abc import Callable, Mapping
from pathlib import Path
from random import Random
from typing import Any

import pytest
import yaml
from pydantic import TypeAdapter

from generator.errors import Problem, is_failure
from generator.inputs import inputs_of
from generator.ledger import Ledger
from generator.making import make_pages
from generator.names import names_of
from generator.order import steps_back
from generator.pipeline import check_briefing, page_maker
from generator.project import Project
from generator.seen import look_at
from generator.shortcut import Shortcut, remember
from tests.conftest import MakeProject
from tests.sites import command, contents, invent_briefing, start_briefing
from tests.test_building import built, follow
from tests.test_preview import FILES, edit

pytestmark = pytest.mark.slow
PROBLEMS = sorted((Path(__file__).parent / "cases" / "problems").glob("*.yml"))


class Desk:
    """Somebody who edits a briefing at random; what `pick` returns are ids, or values that records have."""

    def __init__(self, folder: Path, seed: int) -> None:
        self.docs = folder / "docs"
        self.random = Random(seed)
        self.ids = {
            kind: [file.stem for file in self.files(kind)] for kind in ("actors", "quotes", "events", "sources")
        }
        records = [yaml.safe_load(file.read_text()) for kind in self.ids for file in self.files(kind)]
        self.topics = sorted({topic for record in records for topic in record.get("tags", [])})
        self.places = sorted({record["place"]["name"] for record in records if isinstance(record.get("place"), dict)})
        self.made = 0

    def files(self, kind: str) -> list[Path]:
        """Return the files that hold one record of a kind each."""
        found = sorted((self.docs / kind).rglob("*.yml"))
        return [file for file in found if not file.read_text().startswith("- ")]

    def pick(self, kind: str, most: int = 1, least: int = 1) -> str:
        return ", ".join(self.random.sample(self.ids[kind], self.random.randint(least, most)))

    def words(self) -> str:
        """Return some words of a quote, as a name."""
        text = yaml.safe_load(self.random.choice(self.files("quotes")).read_text())["text"]
        found = re.findall(r"[^\W\d_]{3,}", text) or ["Nobody"]
        start = self.random.randrange(len(found))
        return repr(" ".join(found[start : start + self.random.randint(1, 2)]))

    def name(self) -> str:
        """Return the name of an actor."""
        return repr(yaml.safe_load(self.random.choice(self.files("actors")).read_text())["name"])

    def date(self) -> str:
        year, month, day = (self.random.randint(*ends) for ends in ((1950, 2025), (1, 12), (1, 28)))
        return self.random.choice([f"{year}", f"{year}-{month:02}", f"{year}-{month:02}-{day:02}", f"{year}-03/.."])

    def set(self, kind: str, line: str) -> None:
        """Write a line into a record in the place of the field; nothing after the colon takes the field away."""
        file = self.random.choice(self.files(kind))
        field, _, value = line.partition(":")
        others = re.sub(rf"^{field}:.*\n(?:[ -].*\n)*", "", file.read_text(), flags=re.MULTILINE)
        file.write_text(f"{others.rstrip()}\n" + (f"{line}\n" if value.strip() else ""))

    def add(self, kind: str, *lines: str) -> None:
        self.made += 1
        (self.docs / kind / f"zz-{self.made}.yml").write_text("\n".join(lines) + "\n")

    def note(self) -> None:
        """Have the last line of a hand-written page name others."""
        pages = sorted((self.docs / "notes").glob("*.md"))
        if pages:
            page = self.random.choice(pages)
            before = page.read_text().rstrip("\n").rpartition("\n\n")[0]
            page.write_text(f"{before}\n\nOf [[{self.pick('events')}]], and {self.words()[1:-1]}.\n")

    def judge(self) -> None:
        """Write a judgement on the card, dated to another day."""
        card = yaml.load((self.docs / "briefing.yml").read_text(), yaml.BaseLoader)
        first = {"text": f"That {self.words()[1:-1]} was [[{self.pick('events')}]].", "based_on": [self.pick("quotes")]}
        judged = [first, *card.get("judgements", [])[1:]]
        card |= {"judgements": judged, "as_of": self.random.choice(["2026-01", "2025-06-30"])}
        (self.docs / "briefing.yml").write_text(yaml.safe_dump(card, allow_unicode=True))

    def remove(self) -> None:
        if added := sorted(self.docs.rglob("zz-*.yml")):
            self.random.choice(added).unlink()

    def turn(self) -> None:
        """Make a draft of a record that was added, or publish it."""
        if added := sorted(self.docs.rglob("zz-*.yml")):
            file = self.random.choice(added)
            text = file.read_text()
            if not text.startswith("- "):
                file.write_text(text.replace("draft: true\n", "") if "draft: " in text else f"{text}draft: true\n")

    def move(self) -> None:
        """Have two records in one file, or take one of them out again."""
        added = sorted((self.docs / "quotes").glob("zz-*.yml"))
        joined = [file for file in added if file.read_text().count("id: ") > 1]
        alone = [file for file in added if "id: " not in file.read_text()]
        if joined:
            first, last = yaml.load(joined[0].read_text(), yaml.BaseLoader)
            joined[0].write_text(yaml.safe_dump([first], allow_unicode=True))
            (joined[0].parent / f"{last['id']}.yml").write_text(yaml.safe_dump([last], allow_unicode=True))
        elif len(alone) > 1:
            records = [{**yaml.load(file.read_text(), yaml.BaseLoader), "id": file.stem} for file in alone[:2]]
            alone[0].write_text(yaml.safe_dump(records, allow_unicode=True))
            alone[1].unlink()


def topics(desk: Desk) -> None:
    kind = desk.random.choice([*desk.ids])
    new = desk.random.choice([[], [], ["Only here", "Sound"]])
    desk.set(kind, f"tags: [{', '.join([*desk.random.sample(desk.topics, desk.random.randint(0, 3)), *new])}]")


def added_quote(desk: Desk) -> None:
    words = f"text: 'Said once, as [[{desk.pick('quotes')}]] has it.'"
    about = (f"tags: [{desk.random.choice(desk.topics)}]", f"sources: [{desk.pick('sources')}]")
    desk.add("quotes", f"speaker: {desk.pick('actors')}", words, f"date: {desk.date()}", *about)


def added_event(desk: Desk) -> None:
    place = f"place: {{name: {desk.random.choice(desk.places)!r}}}"
    others = (f"participants: [{desk.pick('actors', 3)}]", f"follows: [{desk.pick('events')}]")
    desk.add("events", "title: Another fair", f"date: {desk.date()}", place, *others)


EDITS: Mapping[str, Callable[[Desk], Any]] = {
    "date": lambda desk: desk.set("events", f"date: {desk.date()}"),
    "day of a quote": lambda desk: desk.set("quotes", f"date: {desk.random.choice(['', desk.date()])}"),
    "participants": lambda desk: desk.set("events", f"participants: [{desk.pick('actors', 4, 0)}]"),
    "speaker": lambda desk: desk.set("quotes", f"speaker: {desk.pick('actors')}"),
    "event of a quote": lambda desk: desk.set("quotes", f"event: {desk.random.choice(['', desk.pick('events')])}"),
    "place": lambda desk: desk.set("events", f"place: {{name: {desk.random.choice(desk.places)!r}}}"),
    "new place": lambda desk: desk.set(
        "events", f"place: {{name: New {desk.random.randint(1, 3)}, latitude: 1, longitude: 2}}"
    ),
    "topics": topics,
    "sources": lambda desk: desk.set(desk.random.choice(["events", "quotes"]), f"sources: [{desk.pick('sources', 2)}]"),
    "note": lambda desk: desk.set("actors", f"note: 'See [[{desk.pick('events')}]], [[{desk.pick('sources')}]].'"),
    "about": lambda desk: desk.set("quotes", f"about: [{desk.pick('actors')}, {desk.pick('events')}]"),
    "what came before": lambda desk: desk.set("events", f"follows: [{desk.pick('events')}]"),
    "whole": lambda desk: desk.set("events", f"part_of: [{desk.pick('events')}]"),
    "membership": lambda desk: desk.set("actors", f"part_of: [{desk.pick('actors')}]"),
    "role": lambda desk: desk.set("actors", f"roles: [{{title: Chair, of: {desk.pick('actors')}, from: 1990}}]"),
    "type": lambda desk: desk.set("actors", f"type: {desk.random.choice(['person', 'group', 'country'])}"),
    "type of an event": lambda desk: desk.set("events", f"type: {desk.random.choice(['meeting', 'treaty'])}"),
    "death": lambda desk: desk.set("actors", f"died: {desk.date()[:4]}"),
    "title": lambda desk: desk.set("events", f"title: The *{desk.random.randint(1, 9)}th* fair"),
    "name": lambda desk: desk.set("actors", f"name: {desk.words()}"),
    "other name": lambda desk: desk.set("actors", f"aliases: [{desk.words()}]"),
    "name of another": lambda desk: desk.set("actors", f"aliases: [{desk.words()}, {desk.name()}]"),
    "new actor": lambda desk: desk.add("actors", f"name: {desk.words()}", f"part_of: [{desk.pick('actors')}]"),
    "new quote": added_quote,
    "new event": added_event,
    "new source": lambda desk: desk.add("sources", "title: Minutes", f"published: {desk.date()}"),
    "new draft": lambda desk: desk.add(
        "actors", f"name: {desk.name()}", f"part_of: {desk.pick('actors')}", "draft: true"
    ),
    "draft or not": Desk.turn,
    "gone": Desk.remove,
    "page": Desk.note,
    "judgement": Desk.judge,
    "in another file": Desk.move,
}


@pytest.mark.parametrize(("records", "seed", "turns"), [(24, 2, 25), (300, 5, 40)])
def test_edits_of_any_kind_leave_what_a_whole_reading_gives(
    records: int, seed: int, turns: int, tmp_path: Path
) -> None:
    folder = made(tmp_path / "briefing", records)
    desk = Desk(folder, seed)
    followed = set[str]()
    for _ in range(turns):
        before = {file: file.read_bytes() for ending in ("yml", "md") for file in desk.docs.rglob(f"*.{ending}")}
        names = [desk.random.choice([*EDITS]) for _ in range(desk.random.choice([1, 1, 2, 3]))]
        for name in names:
            EDITS[name](desk)
        if command("briefbook", "check", cwd=folder).returncode:  # a circle: all is as it was
            for file in {*desk.docs.rglob("*.yml")} - before.keys():
                file.unlink()
            for file, content in before.items():
                file.write_bytes(content)
        if follow(folder):
            followed |= {*names}
            assert kept(folder) == read(folder), names
        else:
            built(folder)
    assert len(followed) > turns / 3
    found = built(folder)
    shutil.rmtree(folder / "build")
    assert found == built(folder)


def test_events_that_follow_each_other_come_together_in_their_order(tmp_path: Path) -> None:
    folder = made(tmp_path / "briefing", 300)
    first = next(file for file in Desk(folder, 1).files("events") if "\ndate: " in file.read_text())
    date = f"date: {yaml.load(first.read_text(), yaml.BaseLoader)['date']}"
    for edits in ({"a": "b", "b": first.stem}, {"c": "b", "a": "c"}):
        for name, followed in edits.items():
            edit(folder, f"events/{name}.yml", f"title: After {followed}\n{date}\nfollows: {followed}\n")
        assert follow(folder)
        assert kept(folder) == read(folder)
    keys = [key for key, _ in kept(folder)["keys"]]
    assert keys.index("events/b") < keys.index("events/c") < keys.index("events/a")


CHAIN = {"a": "z", "b": "a", "c": "b", "z": "", "d": "e", "e": "z"}  # events, and what they follow
TOUCHING = {
    **{f"events/{name}.yml": f"title: {name}\ndate: 2020\nfollows: [{after}]\n" for name, after in CHAIN.items()},
    "actors/kim.yml": "name: Kim Doe\naliases: [Kim]\nnote: Seen by Otto.\n",
    "actors/who.yml": "name: Who\nnote: It was Kim, not Kim Doe.\n",
    "actors/draft.yml": "name: Nobody\npart_of: council\nnote: Of [[otto]].\ndraft: true\n",
    "actors/second.yml": "name: Second\nnote: Of [[draft]].\ndraft: true\n",
    "actors/alone.yml": "- {id: alone, name: Alone}\n- {id: too, name: Too, part_of: council, draft: true}\n",
    "sources/last.yml": "title: The last\n",
    "notes/own.md": "# Our notes\n\n## Now\n\nOf [[vote]] and Jane Doe.\n",
}
CARD = "title: Invented briefing\nas_of: 2026-01-01\n"
TOUCH: list[dict[str, str]] = [
    {"events/a.yml": "title: a\ndate: 2020\nfollows: d\n"},
    {"events/a.yml": "title: a\ndate: 2020\nfollows: [e, z]\n", "events/b.yml": "title: New\ndate: 2020\nfollows: a\n"},
    {"events/e.yml": "title: e\ndate: 2020\nfollows: c\n", "events/c.yml": "title: c\ndate: 2020\nfollows: z\n"},
    {"events/a.yml": "", "events/b.yml": "title: b\ndate: 2020\n"},
    {"actors/otto.yml": "name: Otto Roe\naliases: [Kim, Otto]\n"},
    {"actors/otto.yml": "name: Otto Roe\n"},
    {"actors/jane.yml": "name: Kim Doe\n"},
    {"actors/third.yml": "name: Kim Doe\n"},
    {"actors/kim.yml": "name: Him\n"},
    {"actors/third.yml": ""},
    {"actors/draft.yml": "name: Kim Doe\ndraft: true\n"},
    {"actors/draft.yml": "name: Kim Doe\n"},
    {"sources/last.yml": ""},
    {"actors/second.yml": ""},
    {"actors/alone.yml": "- {id: alone, name: Alone}\n"},
    {"notes/own.md": "# Our notes\n\n## Now\n\nOf [[vote|it]], [[fair]] and Otto Roe: [more](../actors/kim.md).\n"},
    {"notes/own.md": "# Our notes\n\n## Now\n\nOf Who, with *Alone*.\n\n## Later\n\n- [[fair]]\n", "actors/alone.yml": "name: Alone\nnote: Of Who.\n"},
    {"actors/who.yml": "name: Whom\naliases: [Later]\n"},
    {"briefing.yml": f"{CARD}judgements: [{{text: Of Alone, likelihood: likely, based_on: [vote, whom]}}]\n", "actors/whom.yml": "name: Another\n"},
    {"briefing.yml": f"{CARD}judgements: [{{text: Of Alone, likelihood: unlikely, based_on: [vote]}}, {{text: 'Of [[fair]].'}}]\n"},
    {"briefing.yml": f"{CARD.replace('2026', '2020')}judgements: [{{text: 'Of Another and [[vote]].'}}]\nauthors: Us\n"},
    {"actors/whom.yml": "name: Nobody\n"},
    {"briefing.yml": f"{CARD}judgements: [text: Of Him.]\nsummary: 'On \"Alone\" and [[vote]].'\n"},
    {"briefing.yml": f"{CARD}judgements: [text: Of Him.]\nsummary: On [[fair]].\nmarking: TLP:RED\n"},
]  # fmt: skip


def test_edits_that_touch_others_are_followed(tmp_path: Path) -> None:
    folder = invent_briefing(tmp_path / "b", 300)  # that has pages of all kinds
    for name, text in {**FILES, **TOUCHING}.items():
        if name != "page.md":
            edit(folder, name, f"{CARD}judgements: [text: Of Him.]\n" if name == "briefing.yml" else text)
    built(folder)
    for edited in TOUCH:
        for name, text in edited.items():
            edit(folder, name, text)
        assert (follow(folder), edited) == (True, edited)
        assert (kept(folder), edited) == (read(folder), edited)
    shutil.copytree(folder, tmp_path / "clean", ignore=shutil.ignore_patterns("build"))
    done, clean = (command("briefbook", "build", cwd=where) for where in (folder, tmp_path / "clean"))
    assert (done.returncode, done.stderr) == (clean.returncode, clean.stderr)
    assert contents(folder / "build/site") == contents(tmp_path / "clean/build/site")


def test_record_that_a_draft_names_cannot_go(tmp_path: Path) -> None:
    draft = "title: One\nnote: See [[last]].\ndraft: true\n"
    folder = start_briefing(
        tmp_path / "b", {**FILES, "sources/last.yml": "title: The last\n", "sources/one.yml": draft}
    )
    before = built(folder)
    edit(folder, "sources/last.yml", "")
    done = command("briefbook", "build", cwd=folder)
    assert done.returncode == 1
    assert "docs/sources/one.yml:2" in done.stderr
    assert contents(folder / "build/site") == before


def test_slip_that_an_edit_makes_is_told_and_stops_a_strict_build(tmp_path: Path) -> None:
    folder = start_briefing(tmp_path / "b", {**FILES, "briefing.yml": "title: A briefing\n"})
    before = built(folder)
    edit(folder, "quotes/q.yml", f"{FILES['quotes/q.yml']}date: 2023-01-02\n")
    strict = command("briefbook", "build", "--strict", cwd=folder)
    assert (strict.returncode, contents(folder / "build" / "site")) == (1, before)
    built(folder)
    edit(folder, "quotes/q.yml", f"{FILES['quotes/q.yml']}date: 2023-01-03\n")
    done = command("briefbook", "build", cwd=folder)
    assert done.returncode == 0
    assert "'2023-01-03' is outside the event 'vote' (2024-05-17)" in done.stderr
    edit(folder, "events/vote.yml", FILES["events/vote.yml"].replace("2024-05-17", "2023-01"))
    assert "outside the event" not in command("briefbook", "build", cwd=folder).stderr
    assert kept(folder) == read(folder)


def test_first_and_last_quote_come_and_go(tmp_path: Path) -> None:
    folder = start_briefing(tmp_path / "b", {**FILES, "briefing.yml": "title: A briefing\n"})
    for text in ("", FILES["quotes/q.yml"], "", FILES["quotes/q.yml"]):
        edit(folder, "quotes/q.yml", text)
        if not (folder / "build").exists() or not follow(folder):
            built(folder)
        assert kept(folder) == read(folder)
        found = built(folder)
        shutil.copytree(folder, tmp_path / "clean", ignore=shutil.ignore_patterns("build"))
        assert found == built(tmp_path / "clean")
        shutil.rmtree(tmp_path / "clean")


@pytest.mark.parametrize("path", PROBLEMS, ids=lambda path: str(path.stem))
def test_what_is_wrong_with_an_edit_is_what_a_whole_reading_says(path: Path, make_project: MakeProject) -> None:
    case = yaml.safe_load(path.read_text("utf-8"))
    faulty = {name: text for name, text in case["files"].items() if f"docs/{name}:" in case["problems"]}
    project = make_project({name: text for name, text in case["files"].items() if name not in faulty})
    (project.root / "mkdocs.yml").write_text("site_name: A briefing\n")
    briefing, problems = check_briefing(project)
    if is_failure(problems, strict=False):  # what is faulty was needed
        faulty = case["files"]
        shutil.rmtree(project.root / "docs")
        briefing, problems = check_briefing(make_project({}))
    for file in project.root.rglob("*.yml"):
        os.utime(file, (1_000_000_000, 1_000_000_000))  # not just now, when edits may follow that nobody sees
    with Ledger(project.root / "build/.cache/ledger.db") as ledger:
        seen = look_at(project)
        make_pages(briefing, project, {}, ledger)
        remember(ledger, briefing, problems, seen)
        for name, text in faulty.items():
            (project.root / "docs" / name).parent.mkdir(exist_ok=True, parents=True)
            (project.root / "docs" / name).write_text(text, "utf-8")
        shortcut = Shortcut(project, ledger)
        assert shortcut.is_open
        assert shortcut.remake() is None or list(map(str, shortcut.problems)) == case["problems"].splitlines()


LONELY = {"actors/zoe.yml": "name: Zoe\npart_of: council\n"}
NOTED = "summary: 'She met [[otto]][^1].\n\n\n  [^1]: At the pier.'\n"
TAGGED = {"events/gala.yml": "title: The gala\ntags: harbour\ndate: 2024\n"}
PAGE = "# A page\n\nOf [[vote]].\n"
LINKS = ("actors/otto.yml", "actors/otto.md", "/actors/otto/", "#nowhere", "../manifest.json")
APART_PAGE = {"my page.md": "# A\n\n## Once\n\nOf it.\n", "page.md": f"{PAGE}Of [it](my%20page.md#once).\n"}
APART = "not_in_nav: |\n  /actors/\n"  # of the settings that `init` writes


@pytest.mark.parametrize(
    ("files", "settings", "edited"),
    [
        ({}, {"": "\nexclude_docs: |\n  /actors/zoe.md\n"}, LONELY),
        ({}, {"": "\nexclude_docs: |\n  /actors/otto.md\n"}, {"actors/otto.yml": "name: Otto Poe\n"}),
        (TAGGED, {"": "\nexclude_docs: |\n  /tags/harbour.md\n"}, {"events/gala.yml": "title: A gala\ntags: harbour\ndate: 2024\n"}),
        (TAGGED, {"": "\ndraft_docs: |\n  /tags/harbour.md\n"}, {"events/gala.yml": "title: A gala\ntags: harbour\ndate: 2024\n"}),
        ({}, {"": "\nfoo: bar\n"}, {"sources/minutes.yml": "title: The minutes\n"}),
        ({}, {APART: "not_in_nav: |\n  /actors/jane.md\n  /actors/otto.md\n  /actors/council.md\n"}, LONELY),
        ({}, {"nav:\n": "nav:\n  - actors/otto.md\n"}, {"actors/otto.yml": "name: Otto Poe\npart_of: council\n"}),
        ({"page.md": "# A page\n\nOf [it](tags/harbour.md).\n"}, {}, {"events/vote.yml": "title: The vote\ndate: 2024-05-17\n"}),
        ({**LONELY, "page.md": "# A page\n\nOf [it](actors/zoe.md).\n"}, {}, {"actors/zoe.yml": ""}),
        ({"page.md": "# A page\n\n1. Of [them](actors/otto.md#mentioned-in).\n"}, {}, {"actors/jane.yml": "name: Jane Doe\n"}),
        ({"page.md": "# A page\n\nOf [them](actors/otto.md#mentioned-in).\n"}, {}, {"actors/jane.yml": "name: Jane Doe\n"}),
        *(({"page.md": PAGE}, {}, {"page.md": f"{PAGE}Of [it]({link}).\n"}) for link in LINKS),
        ({**LONELY, "page.md": PAGE}, {}, {"page.md": f"{PAGE}Of [it](actors/zoe.md).\n", "actors/zoe.yml": ""}),
        ({"page.md": PAGE}, {}, {"page.md": f"{PAGE}Of [it](actors/zoe.md).\n", **LONELY}),
        ({"page.md": f"{PAGE}Of Zoe.\n"}, {}, LONELY),
        ({"page.md": "---\ntitle: A page\n---\n"}, {}, {"page.md": "---\ntitle: A page\n---\nOf it.\n"}),
        (APART_PAGE, {}, {"my page.md": "# A\n\n## Twice\n\nOf it.\n"}),
        ({"actors/jane.yml": f"name: Jane Doe\n{NOTED}"}, {}, {"actors/otto.yml": "name: Otto Roe\naliases: [jane, summary]\n"}),
    ],
)  # fmt: skip
def test_edits_beside_what_mkdocs_is_told_give_what_a_clean_build_does(
    files: Mapping[str, str], settings: Mapping[str, str], edited: Mapping[str, str], tmp_path: Path
) -> None:
    folder = start_briefing(tmp_path / "b", {**FILES, "briefing.yml": "title: A briefing\n", **files})
    text = (folder / "mkdocs.yml").read_text()
    for before, now in settings.items():
        assert before in text
        text = text.replace(before, now, 1) if before else text + now
    (folder / "mkdocs.yml").write_text(text)
    built(folder)
    for name, content in edited.items():
        edit(folder, name, content)
    shutil.copytree(folder, tmp_path / "clean", ignore=shutil.ignore_patterns("build"))
    done, clean = (command("briefbook", "build", cwd=where) for where in (folder, tmp_path / "clean"))
    assert (done.returncode, done.stderr) == (clean.returncode, clean.stderr)
    found, wanted = (contents(where / "build/site") for where in (folder, tmp_path / "clean"))
    assert found == wanted
    done, clean = (command("briefbook", "build", "--strict", cwd=where) for where in (folder, tmp_path / "clean"))
    assert done.returncode == clean.returncode


def made(folder: Path, records: int) -> Path:
    """Make a briefing of so many records, build it, and return its folder."""
    built(invent_briefing(folder, records))
    return folder


def kept(folder: Path) -> dict[str, Any]:
    """Return what the ledger has of a briefing, and its problems."""
    with Ledger(folder / "build/.cache/ledger.db") as ledger:
        named = {name: sorted(keys) for name, keys in ledger.told("named").items()}
        told = {"keys": [*ledger.told("keys").items()], "drafts": ledger.told("drafts")}
        told |= {"steps": ledger.told("steps"), "named": named}
        digests = ledger.input_digests()
        values = {kind: ledger.inputs(kind, found) for kind, found in digests.items()}
        return {"digests": digests, "values": values, **told, "problems": ledger.told("short cut")["problems"]}


def read(folder: Path) -> dict[str, Any]:
    """Return the same, of all records, read and arranged now."""
    project = Project(folder)
    briefing, problems = check_briefing(project)
    found = inputs_of(page_maker(briefing, project))
    digests = {kind: {key: made.digest for key, made in inputs.items()} for kind, inputs in found.items() if inputs}
    values = {kind: {key: made.value for key, made in inputs.items()} for kind, inputs in found.items() if inputs}
    keys = [(key, briefing.files[key]) for key in briefing.records]
    told = TypeAdapter(tuple[Problem, ...]).dump_python(problems, mode="json")
    steps = steps_back(briefing.records.values())
    named = names_of(briefing.records.values())
    drafts = {key: file for key, file in briefing.files.items() if key not in briefing.records}
    others = {"steps": steps, "named": named, "drafts": drafts, "problems": told}
    return {"digests": digests, "values": values, "keys": keys, **others}
