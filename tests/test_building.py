"""Builds of what changed: byte for byte what a build of everything gives."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from random import Random

import pytest
import yaml

from generator.errors import BriefbookError
from generator.ledger import Ledger
from tests.sites import REPOSITORY, command, contents, invent_briefing, start_briefing
from tests.test_preview import EDITS, FILES, edit

pytestmark = pytest.mark.slow


def built(folder: Path, *options: str) -> dict[str, bytes]:
    done = command("briefbook", "build", *options, cwd=folder)
    assert done.returncode == 0, done.stderr
    return contents(folder / "build" / "site")


def test_builds_after_edits_are_those_of_a_clean_build(tmp_path: Path) -> None:
    folder, random = start_briefing(tmp_path / "b", FILES), Random(7)
    (folder / "docs" / "briefing.yml").write_text("title: A briefing\n")
    built(folder)
    for turn in range(5):
        for name, text in random.sample([made for made in EDITS if made[0] != "page.md"], 3):
            edit(folder, name, text)
            if command("briefbook", "check", cwd=folder).returncode:
                edit(folder, name, FILES.get(name, "title: A briefing\n" if name == "briefing.yml" else ""))
        if turn == 2:
            (folder / "docs" / "actors" / "otto.yml").unlink()
            for name in ("actors/jane.yml", "events/vote.yml"):
                edit(folder, name, FILES[name].replace("[[otto]]", "him").replace("[jane, otto]", "jane"))
        if command("briefbook", "check", cwd=folder).returncode:
            for name, text in FILES.items():
                edit(folder, name, text)
        found = built(folder)
        clean = tmp_path / f"clean-{turn}"
        shutil.copytree(folder, clean, ignore=shutil.ignore_patterns("build"))
        assert found == built(clean)


OWN_WORDS = {
    "actors": ["note: She wrote to nobody.", "description: Somebody at the port.", "url: https://example.org/who"],
    "events": [
        "summary: Of which *little* is known.",
        "as_reported: {date: May, note: A slip.}",
        "confidence: low",
        "title: What *nobody* [saw]",
        "title: Another vote",
        "type: storm",
    ],
    "quotes": ["text: We will not build it, whoever asks.", "extent: excerpt", "note: Said twice."],
    "sources": [
        "publisher: The port",
        "url: https://example.org/m",
        "authors: [A. Clerk]",
        "title: Notes | of a clerk",
    ],
}


def test_edits_of_own_words_are_followed_without_reading_the_rest_and_give_a_clean_build(tmp_path: Path) -> None:
    folder, random = invent_briefing(tmp_path / "large", 600), Random(5)
    built(folder)
    topics = sorted({topic for file in (folder / "docs").rglob("*.yml") for topic in topics_in(file)})
    followed, fields = [], set[str]()
    for _ in range(20):
        kind = random.choice([*OWN_WORDS])
        record = random.choice(
            sorted(file for file in (folder / "docs" / kind).rglob("*.yml") if not file.read_text().startswith("- "))
        )
        line = random.choice([*OWN_WORDS[kind], f"tags: [{', '.join(random.sample(topics, 2))}]"])
        others = re.sub(rf"^{line.partition(':')[0]}:.*\n(?:[ -].*\n)*", "", record.read_text(), flags=re.MULTILINE)
        record.write_text(f"{others.rstrip()}\n{line}\n")
        followed.append(follow(folder))
        fields |= {line.partition(":")[0]} if followed[-1] else set()
        if not followed[-1]:
            built(folder)
    record = next(file for file in (folder / "docs" / "events").rglob("*.yml") if "note:" not in file.read_text())
    text = record.read_text()
    for words in (f"{text.rstrip()}\nnote: Once.\n", text, f"{text.rstrip()}\nnote: Twice.\n", text):
        record.write_text(words)
        followed.append(follow(folder))
        page = (folder / "build" / "docs" / "events" / f"{record.stem}.md").read_text()
        assert ("Once." in page, "Twice." in page) == ("Once." in words, "Twice." in words)
    assert sum(followed) > 12  # the others are among the first of their kind, or of a page that is like no other
    assert {"title", "tags", "note"} <= fields
    assert command("briefbook", "verify", cwd=folder).returncode == 0
    found = built(folder)
    shutil.rmtree(folder / "build")
    assert found == built(folder)


def topics_in(file: Path) -> list[str]:
    """Return the topics of the record that a file holds, if it holds one."""
    record = yaml.safe_load(file.read_text())
    return record.get("tags", []) if isinstance(record, dict) else []


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("actors/jane.yml", "name: Jane Roe\naliases: [Mayor Doe]\nsummary: She met [[otto]] at the pier.\n"),
        ("actors/anna.yml", "name: Anna\nsummary: Knows [[jane]].\n"),  # whose page has fewer fields than any there is
        ("events/council.yml", "title: The council meets\n"),  # an id twice
        ("events/vote.yml", "title: The vote\ndate: 2024-05-17\npart_of: vote\n"),
        ("events/vote.yml", "title: The vote\ndate: 2024-05-17\nfollows: fair\n"),
        ("quotes/q.yml", "speaker: otto\ntext: We will build it.\nsources: minutes\ndraft: true\n"),
        ("sources/minutes.yml", "title: Minutes\nnote: See [[nobody]].\n"),
        ("sources/minutes.yml", ""),
        ("sources/More minutes.yml", "title: More minutes\n"),
        ("events/index.yml", "title: An index\n"),
        ("events/aux.yml", "id: help\ntitle: Help comes\ndate: 2024\n"),  # a name that Windows does not allow
        ("briefing.yml", "title: Another briefing\n"),
        ("briefing.yml", "title: A briefing\nedition: The second\n"),  # which all pages have
        ("briefing.yml", "title: A briefing\nbook: {pages: [nowhere.md]}\n"),
        ("page.md", "# Another page\n\nOf Otto Roe.\n"),
        ("page.md", "# A page\n\nOf [him](actors/otto.md#nowhere).\n"),
        ("page.md", "# A page\n\n1. Of Otto Roe.\n"),
        ("page.md", "# A page\n\n![Him](https://example.org/otto.png)\n"),
        ("page.md", "# A page\n\n## Of Otto Roe\n"),
        ("page.md", "# A page\n\nOf [[nobody]].\n"),
        ("other.md", "# Another page\n"),
    ],
)
def test_edits_by_which_more_changes_are_left_to_a_whole_build(name: str, text: str, tmp_path: Path) -> None:
    folder = start_briefing(tmp_path / "b", FILES)
    edit(folder, "briefing.yml", "title: A briefing\n")
    before = built(folder)
    edit(folder, name, text)
    assert not follow(folder)
    assert contents(folder / "build" / "site") == before


@pytest.mark.parametrize(
    ("name", "text"),
    [
        (
            "quotes/old.yml",
            "speaker: jane\ntext: We will not build it.\nsources: minutes\n",
        ),  # left out of what is read
        ("quotes/x.yml", "speaker: jane\ntext: We will.\nsources: minutes\n"),  # the id of a draft
        ("events/x.yml", "title: A meeting\ndate: 2024\n"),
        ("events/fair.yml", "title: The fair\ndate: 2024-05-18\nfollows: vote\nsummary: After [[r]].\n"),  # or a draft
        ("events/fair.yml", "title: The fair\ndate: 2024-05-18\nfollows: vote\nsummary: After [[events/r]].\n"),
    ],
)
def test_edits_by_which_more_would_be_published_are_left_to_a_whole_build(name: str, text: str, tmp_path: Path) -> None:
    drafts = {
        "quotes/old.yml": "speaker: jane\ntext: We will build it.\nsources: minutes\n",
        "quotes/more.yml": "- {id: x, speaker: jane, text: We may., sources: minutes, draft: true}\n",
        "quotes/r.yml": "speaker: jane\ntext: We did.\nsources: minutes\n",
        "events/r.yml": "title: A rumour\ndate: 2024\ndraft: true\nsummary: Said by [[jane]].\n",
    }
    folder = start_briefing(tmp_path / "b", {**FILES, **drafts, "briefing.yml": "title: A briefing\n"})
    with (folder / "mkdocs.yml").open("a") as settings:
        settings.write("\nexclude_docs: |\n  quotes/old.yml\n")
    before = built(folder)
    edit(folder, name, text)
    assert not follow(folder)
    assert contents(folder / "build" / "site") == before


def test_record_that_becomes_a_link_is_left_to_a_whole_build(tmp_path: Path) -> None:
    folder = start_briefing(tmp_path / "b", {**FILES, "briefing.yml": "title: A briefing\n"})
    built(folder)
    outside, quote = tmp_path / "q.yml", folder / "docs" / "quotes" / "q.yml"
    outside.write_text(quote.read_text().replace("We will", "We may"))
    quote.unlink()
    quote.symlink_to(outside)
    assert not follow(folder)


def test_site_of_a_day_that_no_archive_can_be_of_is_built(tmp_path: Path) -> None:
    folder = start_briefing(tmp_path / "b", {**FILES, "briefing.yml": "title: A briefing\nas_of: 2150\n"})
    assert built(folder)


def test_edit_of_a_record_that_was_on_a_page_that_is_gone_is_followed(tmp_path: Path) -> None:
    folder = start_briefing(tmp_path / "b", FILES)
    edit(folder, "briefing.yml", "title: A briefing\n")
    edit(folder, "page.md", "# A page\n")
    for line in ("date: 1910", "date: 2024", "date: 2024\ntype: storm"):
        edit(folder, "events/vote.yml", f"title: The vote\nplace: Pier\nparticipants: [jane, otto]\n{line}\n")
        followed = (folder / "build").exists() and follow(folder)
        found = built(folder)
    assert followed
    shutil.rmtree(folder / "build")
    assert found == built(folder)


def test_edit_that_is_followed_has_all_pages_indexed_where_the_index_cannot_be_amended(tmp_path: Path) -> None:
    folder = start_briefing(tmp_path / "b")
    built(folder)
    record = (folder / "docs" / "sources" / "council-minutes.yml").read_text()
    with Ledger(folder / "build/.cache/ledger.db") as ledger:
        ledger.forget_words()
        ledger.keep()
    for text in ("note: A second version.", "note: A third version."):  # the second finds what the first has noted
        edit(folder, "sources/council-minutes.yml", f"{record}{text}\n")
        assert follow(folder)
    found = contents(folder / "build" / "site")
    shutil.rmtree(folder / "build")
    assert found == built(folder)


def test_records_that_come_go_or_move_are_followed_without_mkdocs_and_give_a_clean_build(tmp_path: Path) -> None:
    folder, random = invent_briefing(tmp_path / "large", 400), Random(3)
    settings = folder / "mkdocs.yml"
    settings.write_text(re.sub("^site_url: .*", "site_url: https://example.org/a/", settings.read_text(), flags=re.M))
    built(folder)
    quotes = sorted(file for file in (folder / "docs" / "quotes").rglob("*.yml") if "\ndate: " in file.read_text())
    new = folder / "docs" / "quotes" / "zz-new.yml"
    last = 'title: The last\ndate: 2031-02-03\nplace: {name: "Nowhere & else"}\ntags: [Only here]\n'
    followed = []
    for turn in range(6):
        quote = random.choice(quotes)
        text = quote.read_text()
        if turn % 3 == 0:
            new.write_text(text)
        elif turn % 3 == 1:
            quote.write_text(re.sub(r"^date: .*", f"date: {1960 + turn}-03-04", text, flags=re.M))
        else:
            new.rename(new.with_name(f"quote-{turn}.yml"))
        followed.append(is_followed(folder))
    edit(folder, "events/the-last.yml", last)  # by which the site is of another day
    followed.append(is_followed(folder))
    (folder / "docs" / "events" / "the-last.yml").unlink()
    followed.append(is_followed(folder))
    assert sum(followed) > 5
    assert command("briefbook", "verify", cwd=folder).returncode == 0
    found = contents(folder / "build" / "site")
    assert found["sitemap.xml"].count(b"quote-") == 2
    shutil.rmtree(folder / "build")
    assert found == built(folder)


def is_followed(folder: Path) -> bool:
    """Build, and tell whether MkDocs could be left out of it."""
    code = (
        "import sys; from generator.cli import main\n"
        "try: main(['build'])\nfinally: print('by MkDocs' if 'generator.building' in sys.modules else 'followed')"
    )
    done = command("python", "-c", code, cwd=folder)
    assert done.returncode == 0, done.stderr
    return done.stdout.endswith("followed\n")


def follow(folder: Path) -> bool:
    """Build by the short cut, if that can be done, in a process as the command is one."""
    code = (
        "from pathlib import Path; from generator.following import follow_edits; from generator.ledger import Ledger\n"
        "from generator.pipeline import Project; from generator.shortcut import Shortcut\n"
        "project = Project(Path())\n"
        "with Ledger(Path('build/.cache/ledger.db')) as ledger:\n"
        "    print(follow_edits(project, ledger, Shortcut(project, ledger)))"
    )
    done = command("python", "-c", code, cwd=folder)
    assert done.returncode == 0, done.stderr
    return done.stdout == "True\n"


@pytest.mark.parametrize("lost", ["build/.cache", "build/.cache/ledger.db"])
def test_page_that_went_when_the_ledger_was_lost_never_comes_back(lost: str, tmp_path: Path) -> None:
    folder = start_briefing(
        tmp_path / "b", {**FILES, "briefing.yml": "title: A briefing\n", "actors/anna.yml": "name: A\n"}
    )
    built(folder)
    edit(folder, "actors/anna.yml", "")
    shutil.rmtree(folder / lost) if (folder / lost).is_dir() else (folder / lost).unlink()
    before = built(folder)
    for words in ("once", "twice", "again"):
        edit(folder, "sources/minutes.yml", f"title: Minutes\nnote: Read {words}.\n")
        assert built(folder).keys() - before.keys() <= {name for name in built(folder) if name.startswith("pagefind/")}
    assert command("briefbook", "verify", cwd=folder).returncode == 0


def test_file_that_somebody_put_into_the_site_goes_with_the_next_build(tmp_path: Path) -> None:
    folder = start_briefing(tmp_path / "b", {**FILES, "briefing.yml": "title: A briefing\n"})
    built(folder)
    built(folder)
    for name in ("actors/jane/more.html", "sources/minutes/more.html", "more.html"):
        (folder / "build/site" / name).write_text("more")
    for words in ("once", "twice", "again"):
        edit(folder, "sources/minutes.yml", f"title: Minutes\nnote: Read {words}.\n")
        assert not [name for name in built(folder) if name.endswith("more.html")]


def test_page_that_somebody_changed_in_the_last_site_is_rendered_again(tmp_path: Path) -> None:
    folder = start_briefing(tmp_path / "b")
    before = built(folder)
    (folder / "build/site/actors/jane-doe/index.html").write_text("changed")
    (folder / "build/site/events/index.html").unlink()
    (folder / "build/site/events/more.html").write_text("more")
    for _ in range(2):  # the second takes the folder again that was the site
        assert built(folder) == before
    (folder / "build/.cache/ledger.db").write_bytes(b"SQLite format 3 of no use")
    assert built(folder) == before
    (folder / "build/.cache/site/actors/jane-doe/index.html").write_text("changed in the copy")
    assert built(folder) == before
    shutil.rmtree(folder / "build" / ".cache")
    assert built(folder) == before


def test_ledger_with_a_damaged_page_is_removed_and_made_anew(tmp_path: Path) -> None:
    folder = start_briefing(tmp_path / "b")
    before = built(folder)
    file = folder / "build/.cache/ledger.db"
    good = file.read_bytes()
    told = 0
    for start in range(0, len(good), 4096):
        for damage in (bytes(4096), b'"' * 4096, b"\xff" * 4096):
            file.write_bytes(good[:start] + damage + good[start + 4096 :])
            try:
                with Ledger(file) as ledger:
                    (
                        *map(ledger.files, ("docs", "site")),
                        ledger.pages(),
                        ledger.lengths_of_words(),
                        ledger.told("index"),
                    )
                    [ledger.input(kind, key) for kind, keys in ledger.input_digests().items() for key in keys]
                    ledger.keep()
            except BriefbookError as error:
                assert re.search("was damaged. It is removed", str(error))
                assert not file.exists()
                told += 1
    assert told > 20
    assert built(folder) == before


def test_change_of_settings_or_theme_reaches_every_page(tmp_path: Path) -> None:
    folder = start_briefing(tmp_path / "b")
    built(folder)
    settings = folder / "mkdocs.yml"
    settings.write_text(settings.read_text().replace("site_name: ", "site_name: New "))
    assert b"New " in built(folder)["actors/jane-doe/index.html"]
    partial = folder / "templates" / "theme" / "partials" / "copyright.html"
    partial.parent.mkdir(parents=True)
    partial.write_text("<p>Printed by nobody</p>")
    assert b"Printed by nobody" in built(folder)["actors/jane-doe/index.html"]


def test_warnings_are_heard_again_and_stop_a_strict_build(tmp_path: Path) -> None:
    folder = start_briefing(tmp_path / "b")
    (folder / "docs" / "notes.md").write_text("# Notes\n\n[Nowhere](nowhere.md) and [no place](index.md#nothing).\n")
    for _ in range(2):
        done = command("briefbook", "build", cwd=folder)
        assert done.returncode == 0
        assert "contains a link 'nowhere.md'" in done.stderr
        assert "does not contain an anchor '#nothing'" in done.stderr
        done = command("briefbook", "build", "--strict", cwd=folder)
        assert done.returncode == 1
        assert "Aborted with" in done.stderr
        assert "Traceback" not in done.stderr


def test_page_of_links_alone_is_warned_of_places_that_are_not_in_others(tmp_path: Path) -> None:
    folder = start_briefing(tmp_path / "b")
    (folder / "docs" / "notes.md").write_text("# Notes\n\nOf [her](actors/jane-doe.md#nothing).\n")
    done = command("briefbook", "build", "--verify", cwd=folder)
    assert done.returncode == 0
    assert done.stderr.count("does not contain an anchor '#nothing'") == 2  # once by MkDocs itself
    (folder / "docs" / "notes.md").write_text("# Notes\n\nOf [her](actors/jane-doe.md).\n")
    assert "anchor" not in command("briefbook", "build", "--verify", cwd=folder).stderr


def test_unknown_plugins_are_left_to_mkdocs(tmp_path: Path) -> None:
    folder = start_briefing(tmp_path / "b")
    settings = folder / "mkdocs.yml"
    settings.write_text(f"{settings.read_text()}\nhooks: [hook.py]\n")
    (folder / "hook.py").write_text("def on_page_content(html, **told):\n    return html + '<p>hooked</p>'\n")
    assert b"hooked" in built(folder)["actors/jane-doe/index.html"]


def test_pages_that_would_be_in_the_navigation_are_left_to_mkdocs(tmp_path: Path) -> None:
    folder = start_briefing(tmp_path / "b")
    settings = folder / "mkdocs.yml"
    settings.write_text(re.sub(r"^nav:\n(?:  .*\n)+", "", settings.read_text(), flags=re.M))
    built(folder)
    edit(folder, "actors/new.yml", "name: New\nsummary: With [[jane-doe]].\n")
    assert not is_followed(folder)
    found = contents(folder / "build" / "site")
    shutil.rmtree(folder / "build")
    assert found == built(folder)


OTHER_SETTINGS = {
    "addresses": {
        "site_url": "https://example.org/a/",
        "repo_url": "https://example.org/r",
        "edit_uri": "edit/main/docs",
    },
    "files": {"use_directory_urls": False},
    "navigation": {"nav": ["index.md", {"People": ["actors/index.md", "actors/jane-doe.md"]}]},
    "no navigation": {"nav": None},
    "theme": {"theme": {"name": "material", "features": ["navigation.tabs", "navigation.path", "navigation.prune"]}},
    "no contents": {"theme": {"name": "material", "features": ["toc.integrate"]}},
    "other Markdown": {"markdown_extensions": ["attr_list", "md_in_html", "def_list", "tables", "smarty", "briefbook"]},
}


@pytest.mark.parametrize("changed", OTHER_SETTINGS.values(), ids=OTHER_SETTINGS)
def test_site_with_other_settings_is_the_one_of_mkdocs(changed: dict[str, object], tmp_path: Path) -> None:
    folder = start_briefing(tmp_path / "b")
    settings = folder / "mkdocs.yml"
    kept = [
        part
        for part in re.split(r"^(?=[a-z_]+:)", settings.read_text(), flags=re.MULTILINE)
        if part.partition(":")[0] not in changed
    ]
    new = "".join(yaml.safe_dump({name: value}) for name, value in changed.items() if value is not None)
    settings.write_text("\n".join(kept) + f"\n{new}")
    for number in range(5):
        (folder / "docs" / "actors" / f"other-{number}.yml").write_text(
            f"name: Other {number} <b>\nsummary: With [[jane-doe]].\n"
        )
    done = command("briefbook", "build", "--verify", cwd=folder)
    assert (done.returncode, done.stdout.count("Every file is what MkDocs")) == (0, 1), done.stderr


@pytest.mark.parametrize("setting", ["exclude_docs", "draft_docs"])
def test_pages_that_settings_leave_out_are_not_published_as_markdown_either(setting: str, tmp_path: Path) -> None:
    folder = start_briefing(tmp_path / "b", {**FILES, "briefing.yml": "title: A briefing\n"})
    with (folder / "mkdocs.yml").open("a") as settings:
        settings.write(f"\n{setting}: |\n  /actors/jane.md\n")
    done = command("briefbook", "build", "--verify", cwd=folder)
    assert done.stdout.count("Every file is what MkDocs") == 1, done.stderr
    found = contents(folder / "build" / "site")
    assert {"actors/otto.md", "actors/otto/index.html"} <= found.keys()
    assert not [name for name in found if name.startswith(("actors/jane.md", "actors/jane/index"))]


def test_readme_that_is_a_draft_is_published_nowhere(tmp_path: Path) -> None:
    files = {"foo/README.md": "# A draft\n", "foo/README/index.md": "# Another page\n"}
    folder = start_briefing(tmp_path / "b", {**FILES, "briefing.yml": "title: A briefing\n", **files})
    with (folder / "mkdocs.yml").open("a") as settings:
        settings.write("\ndraft_docs: |\n  /foo/README.md\n")
    done = command("briefbook", "build", "--verify", cwd=folder)
    assert done.stdout.count("Every file is what MkDocs") == 1, done.stderr
    assert "foo/README.md" not in contents(folder / "build" / "site")


def test_page_without_a_heading_is_the_one_of_mkdocs(tmp_path: Path) -> None:
    folder = start_briefing(tmp_path / "b", {**FILES, "briefing.yml": "title: A briefing\n"})
    template = folder / "templates" / "pages" / "quote.md.j2"
    template.parent.mkdir(parents=True, exist_ok=True)
    template.write_text("Just {{ quote.text | md }}\n")
    done = command("briefbook", "build", "--verify", cwd=folder)
    assert done.stdout.count("Every file is what MkDocs") == 1, done.stderr


def test_theme_of_the_briefing_itself_is_rendered_in_full(tmp_path: Path) -> None:
    folder = start_briefing(tmp_path / "b")
    content = folder / "templates" / "theme" / "partials" / "copyright.html"
    content.parent.mkdir(parents=True)
    content.write_text("{% if 'Jane' in page.content %}She is named here{% endif %}")
    done = command("briefbook", "build", "--verify", cwd=folder)
    assert "Every file is what MkDocs makes by itself." in done.stdout
    assert "The theme is not Material as Briefbook has it: MkDocs rendered every page in full." in done.stderr


def test_theme_is_known_where_the_package_is_installed_too(tmp_path: Path) -> None:
    folder, packages = start_briefing(tmp_path / "b"), tmp_path / "site-packages"
    shutil.copytree(REPOSITORY / "generator", packages / "generator")
    shutil.copytree(REPOSITORY / "templates", packages / "generator" / "templates")
    build = [sys.executable, "-m", "generator", "build", "--verify"]
    environment = {**os.environ, "PYTHONPATH": str(packages)}
    done = subprocess.run(build, cwd=folder, env=environment, capture_output=True, text=True, check=False)
    assert "Every file is what MkDocs makes by itself." in done.stdout
    assert "rendered every page in full" not in done.stderr


def test_site_of_a_thousand_records_is_the_one_of_mkdocs(tmp_path: Path) -> None:
    folder = invent_briefing(tmp_path / "large", 1000)
    done = command("briefbook", "build", "--verify", cwd=folder)
    assert done.returncode == 0, done.stderr
    assert "Every file is what MkDocs makes by itself." in done.stdout
