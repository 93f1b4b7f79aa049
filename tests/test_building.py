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

from tests.sites import REPOSITORY, command, contents, start_briefing
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


def test_page_that_somebody_changed_in_the_last_site_is_rendered_again(tmp_path: Path) -> None:
    folder = start_briefing(tmp_path / "b")
    before = built(folder)
    (folder / "build/site/actors/jane-doe/index.html").write_text("changed")
    (folder / "build/site/events/index.html").unlink()
    assert built(folder) == before
    (folder / "build/.cache/site.json").write_text('{"shared": 1, "pages"')
    assert built(folder) == before
    shutil.rmtree(folder / "build" / ".cache")
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


def test_unknown_plugins_are_left_to_mkdocs(tmp_path: Path) -> None:
    folder = start_briefing(tmp_path / "b")
    settings = folder / "mkdocs.yml"
    settings.write_text(f"{settings.read_text()}\nhooks: [hook.py]\n")
    (folder / "hook.py").write_text("def on_page_content(html, **told):\n    return html + '<p>hooked</p>'\n")
    assert b"hooked" in built(folder)["actors/jane-doe/index.html"]


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
    folder = tmp_path / "large"
    maker = REPOSITORY / "benchmarks" / "make_records.py"
    subprocess.run([sys.executable, str(maker), "1000", str(folder)], check=True)
    done = command("briefbook", "build", "--verify", cwd=folder)
    assert done.returncode == 0, done.stderr
    assert "Every file is what MkDocs makes by itself." in done.stdout
