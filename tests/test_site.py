"""Whole sites, built for real: by three renderers, twice over, through MkDocs itself, from a wheel."""

import gzip
import html
import json
import os
import re
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urljoin, urlsplit
from urllib.request import urlopen

import pytest

from tests.sites import (
    HARD,
    HOSTILE_FILES,
    REPOSITORY,
    build,
    command,
    contents,
    copy_first_briefing,
    free_port,
    start_briefing,
)

pytestmark = pytest.mark.slow


class _Page(HTMLParser):
    """What a page says: links, ids, and the text of its main area."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.links: list[str] = []
        self.ids: set[str] = set()
        self.words: list[str] = []
        self._depth = 0
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = {name: value or "" for name, value in attrs}
        self.links += [values[name] for name in ("href", "src") if name in values]
        self.ids |= {values["id"]} if "id" in values else set()
        if self._depth or "bb-page" in values.get("class", ""):
            self._depth += tag not in ("br", "img", "hr", "input", "col", "wbr")

    def handle_endtag(self, tag: str) -> None:
        self._depth -= bool(self._depth)

    def handle_data(self, data: str) -> None:
        if self._depth:
            self.words.append(data)


def pages_of(site: Path) -> dict[str, _Page]:
    return {path.relative_to(site).as_posix(): _Page(path.read_text("utf-8")) for path in sorted(site.rglob("*.html"))}


@pytest.fixture(scope="module")
def first(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The first briefing, built with a canonical address."""
    folder = copy_first_briefing(tmp_path_factory.mktemp("first"))
    build(folder, SITE_URL="https://example.org/briefings/june/")
    return folder


def test_every_link_inside_the_site_leads_somewhere(first: Path) -> None:
    site = first / "build" / "site"
    pages = pages_of(site)
    broken = []
    for name, page in pages.items():
        base = urljoin("https://example.org/briefings/june/", name)
        for link in page.links:
            target = urlsplit(urljoin(base, link))
            if target.netloc != "example.org" or target.scheme != "https":
                continue
            path = unquote(target.path).removeprefix("/briefings/june/")
            path += "index.html" if path == "" or path.endswith("/") else ""
            anchor = unquote(target.fragment)
            if not (site / path).is_file() or (anchor and path in pages and anchor not in pages[path].ids | {"__skip"}):
                broken.append(f"{name}: {link}")
    assert broken == []


def test_nothing_is_loaded_from_other_hosts(first: Path) -> None:
    for name, page in pages_of(first / "build" / "site").items():
        text = (first / "build" / "site" / name).read_text("utf-8")
        loaded = re.findall(
            r"<(?:script|img|iframe|source)[^>]*\ssrc=\"?(https?:[^\" >]+)|<link[^>]*rel=\"?stylesheet\"?[^>]*href=\"?(https?:[^\" >]+)",
            text,
        )
        assert loaded == [], name
        assert page.links


def test_pages_carry_canonical_addresses_descriptions_and_social_metadata(first: Path) -> None:
    text = (first / "build/site/actors/kim-jong-un/index.html").read_text("utf-8")
    assert '<link rel="canonical" href="https://example.org/briefings/june/actors/kim-jong-un/">' in text
    for wanted in (
        '<meta name="description" content="',
        'property="og:title" content="Kim Jong-un"',
        'property="og:url" content="https://',
        'name="twitter:card"',
    ):
        assert wanted in text
    sitemap = (first / "build/site/sitemap.xml").read_text("utf-8")
    assert "<loc>https://example.org/briefings/june/actors/kim-jong-un/</loc>" in sitemap
    assert "decisions" not in sitemap


def test_each_page_offers_its_own_markdown_and_edit_leads_to_the_record(tmp_path: Path) -> None:
    folder = start_briefing(tmp_path / "b")
    with (folder / "mkdocs.yml").open("a") as settings:
        settings.write("\nrepo_url: https://example.org/repo\nedit_uri: edit/main/docs/\n")
    site = build(folder)
    actor = _Page((site / "actors/jane-doe/index.html").read_text("utf-8"))
    assert "https://example.org/repo/edit/main/docs/actors/jane-doe.yml" in actor.links
    assert "../jane-doe.md" in actor.links or "../../actors/jane-doe.md" in actor.links
    assert (site / "actors/jane-doe.md").read_text("utf-8") == (folder / "build/docs/actors/jane-doe.md").read_text(
        "utf-8"
    )
    overview = (site / "actors/index.html").read_text("utf-8")
    assert 'rel="edit"' not in overview
    for renderer in ("properdocs", "zensical"):
        other = _Page((build(folder, "--renderer", renderer) / "actors/jane-doe/index.html").read_text("utf-8"))
        assert "https://example.org/repo/edit/main/docs/actors/jane-doe.yml" in other.links


@pytest.mark.parametrize("kind", ["first", "hostile"])
def test_three_renderers_give_the_same_pages_with_the_same_text(kind: str, tmp_path: Path) -> None:
    if kind == "first":
        folder = copy_first_briefing(tmp_path)
    else:
        folder = start_briefing(tmp_path / "b", HOSTILE_FILES)
    texts = {}
    for renderer in ("mkdocs", "properdocs", "zensical"):
        pages = pages_of(build(folder, "--renderer", renderer))
        texts[renderer] = {name: " ".join("".join(page.words).split()) for name, page in pages.items()}
    assert len(texts["mkdocs"]) > 10
    assert [name for name, text in texts["mkdocs"].items() if not text] == ["404.html"]
    assert texts["properdocs"] == texts["mkdocs"]
    assert texts["zensical"] == texts["mkdocs"]


def test_what_is_typed_is_what_is_read(tmp_path: Path) -> None:
    site = build(start_briefing(tmp_path / "b", HOSTILE_FILES))
    for name in ("index.html", "actors/a/index.html", "events/e/index.html", "sources/s/index.html"):
        text = (site / name).read_text("utf-8")
        page = _Page(text)
        assert HARD in " ".join("".join(page.words).split()), name
        assert "<script>alert" not in text, name
        assert "onclick" not in "".join(re.findall("<[^>]*>", text)), name
        assert "onerror" not in "".join(re.findall("<[^>]*>", text)), name
    quote = html.unescape((site / "quotes/q/index.html").read_text("utf-8"))
    assert HARD in " ".join("".join(_Page((site / "quotes/q/index.html").read_text("utf-8")).words).split())
    actor = html.unescape((site / "actors/a/index.html").read_text("utf-8"))
    assert f"<title>\u2068{HARD}\u2069 - A new briefing</title>" in actor  # for some of it is read from right to left
    assert f'<meta property="og:title" content="{HARD}">' in actor
    assert f'<meta name="description" content="{HARD}: {HARD}">' in quote
    page_text = (site / "page/index.html").read_text("utf-8")
    assert not re.search(r"onclick|javascript:", "".join(re.findall("<[^>]*>", page_text)))
    assert "<title>A page - A new briefing</title>" in page_text
    assert "A <u>page</u>" in page_text


def test_two_builds_are_the_same_wherever_and_whenever(tmp_path: Path) -> None:
    address = "https://example.org/"
    here = {"TZ": "Asia/Seoul", "PYTHONHASHSEED": "1", "LC_ALL": "C"}
    there = {"TZ": "America/Lima", "PYTHONHASHSEED": "2", "LC_ALL": "C.UTF-8"}
    one = build(copy_first_briefing(tmp_path / "one"), SITE_URL=address, **here)
    two = build(copy_first_briefing(tmp_path / "elsewhere" / "two"), SITE_URL=address, **there)
    first, second = contents(one), contents(two)
    assert first.keys() == second.keys()
    assert [name for name in first if first[name] != second[name]] == []
    assert not [name for name, data in first.items() if str(tmp_path).encode() in data]
    assert set(re.findall(rb"<lastmod>(.*?)</lastmod>", first["sitemap.xml"])) == {b"2024-06-30"}  # the newest record


@pytest.mark.parametrize("renderer", ["mkdocs", "properdocs", "zensical"])
def test_the_interface_is_in_the_briefing_s_language(renderer: str, tmp_path: Path) -> None:
    folder = copy_first_briefing(tmp_path)
    card = folder / "docs/briefing.yml"
    card.write_text(card.read_text("utf-8").replace("language: en", "language: fr"), "utf-8")
    site = build(folder, "--renderer", renderer)
    page = (site / "quotes/putin-grave-mistake/index.html").read_text("utf-8")
    assert '<html lang="fr"' in page
    for words in (
        "Citation",
        "20 juin 2024",
        "rapportée",
        "Note de la rédaction",
        "Chercher dans le dossier",
        "Recherche",
    ):
        assert words in page, words
    english = re.compile(r"Editor’s note|Said at|>Quote<|Search the briefing|Table of contents")
    assert not english.search(page)
    assert "Page introuvable" in (site / "404.html").read_text("utf-8")


def test_mkdocs_build_by_itself_gives_the_same_site(tmp_path: Path) -> None:
    ours = contents(build(start_briefing(tmp_path / "a")))
    folder = start_briefing(tmp_path / "b")
    done = command("mkdocs", "build", "--strict", cwd=folder)
    assert done.returncode == 0, done.stderr
    assert contents(folder / "build" / "site") == ours


def test_a_failed_build_leaves_the_old_site_whole(tmp_path: Path) -> None:
    folder = start_briefing(tmp_path / "b")
    before = contents(build(folder))
    broken = folder / "docs/actors/jane-doe.yml"
    good = broken.read_text()
    broken.write_text(good + "bogus: x\n")
    for program in (["briefbook", "build"], ["mkdocs", "build"], ["mkdocs", "build", "--strict"]):
        done = command(*program, cwd=folder)
        assert done.returncode == 1
        assert "docs/actors/jane-doe.yml:9:1: error: bogus: there is no such field." in done.stdout + done.stderr
        assert "Traceback" not in done.stderr
    broken.write_text(good)
    (folder / "docs/page.md").write_text("# Page\n\n[nowhere](nowhere.md)\n")
    assert command("mkdocs", "build", "--strict", cwd=folder).returncode == 1
    assert contents(folder / "build" / "site") == before
    made = sorted(path.name for path in (folder / "build").iterdir() if not path.name.startswith((".cache", ".lock")))
    assert made == ["docs", "manifest.json", "schema", "site"]


def test_an_undefined_name_in_a_template_stops_the_build(tmp_path: Path) -> None:
    folder = start_briefing(tmp_path / "b")
    (folder / "templates/pages").mkdir(parents=True)
    (folder / "templates/pages/source.md.j2").write_text("# {{ source.title | md }}\n\n{{ sauce }}\n")
    done = command("briefbook", "build", cwd=folder)
    assert done.returncode == 1
    assert "source.md.j2:3: 'sauce' is undefined" in done.stderr
    assert not (folder / "build/site").exists()


def test_a_briefing_may_bring_its_own_templates(tmp_path: Path) -> None:
    folder = start_briefing(tmp_path / "b")
    (folder / "templates/pages").mkdir(parents=True)
    (folder / "templates/pages/source.md.j2").write_text("# {{ source.title | md }}\n\nOur own layout.\n")
    (folder / "templates/theme/partials").mkdir(parents=True)
    (folder / "templates/theme/partials/copyright.html").write_text("<p>Our own footer</p>")
    for renderer in ("mkdocs", "properdocs", "zensical"):
        text = (build(folder, "--renderer", renderer) / "sources/council-minutes/index.html").read_text("utf-8")
        assert "Our own layout." in text, renderer
        assert "Our own footer" in text, renderer


def test_scripts_that_the_settings_name_may_run_whatever_renders(tmp_path: Path) -> None:
    folder = start_briefing(tmp_path / "b")
    with (folder / "mkdocs.yml").open("a") as settings:
        settings.write("\nextra_javascript: [https://count.example/count.js]\n")
    for renderer in ("mkdocs", "properdocs", "zensical"):
        site = build(folder, "--renderer", renderer)
        page = (site / "actors/jane-doe/index.html").read_text("utf-8")
        (policy,) = re.findall('<meta http-equiv="Content-Security-Policy" content="([^"]*)">', page)
        for directive in ("script-src", "connect-src", "img-src"):
            assert re.search(f"{directive} [^;]*https://count.example", policy), (renderer, directive)
        assert page.index("Content-Security-Policy") < page.index("<link"), renderer
        assert "https://count.example" in (site / "_headers").read_text("utf-8"), renderer


def test_serve_follows_an_edit_with_one_build(tmp_path: Path) -> None:
    folder, preview = start_briefing(tmp_path / "b"), f"127.0.0.1:{free_port()}"
    with subprocess.Popen(
        [str(Path(sys.executable).parent / "mkdocs"), "serve", "--dev-addr", preview],
        cwd=folder,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONUNBUFFERED": "1"},
    ) as server:
        try:
            log = []

            def read_until(words: str) -> None:
                assert server.stderr
                for line in server.stderr:
                    log.append(line)
                    if words in line:
                        return
                raise AssertionError("".join(log))

            read_until("Serving on")
            with urlopen(f"http://{preview}/") as answer:  # MkDocs puts a script in as it answers
                assert b"livereload" in (page := answer.read())
            assert b"Content-Security-Policy" not in page
            for text in ("First edit.", "Second edit."):
                with (folder / "docs/sources/council-minutes.yml").open("a") as record:
                    record.write(f"summary: {text}\n" if text == "First edit." else f"note: {text}\n")
                read_until("Reloading browsers")
            assert sum("Building documentation" in line for line in log) == 3
            assert "Second edit." in (folder / "build/docs/sources/council-minutes.md").read_text()
        finally:
            server.terminate()


def test_gh_deploy_publishes_the_finished_site(tmp_path: Path) -> None:
    folder = start_briefing(tmp_path / "b")
    remote = tmp_path / "remote.git"
    identity = ["-c", "user.name=Test", "-c", "user.email=test@example.org"]
    for words in (
        ["init", "-q", "--bare", str(remote)],
        ["init", "-q", "."],
        ["add", "."],
        [*identity, "commit", "-qm", "x"],
        ["remote", "add", "origin", str(remote)],
    ):
        subprocess.run(["git", *words], cwd=folder, check=True)
    names = {
        "GIT_AUTHOR_NAME": "T",
        "GIT_AUTHOR_EMAIL": "t@example.org",
        "GIT_COMMITTER_NAME": "T",
        "GIT_COMMITTER_EMAIL": "t@example.org",
    }
    done = command("mkdocs", "gh-deploy", cwd=folder, **names)
    assert done.returncode == 0, done.stderr
    listed = subprocess.run(
        ["git", "ls-tree", "-r", "--name-only", "gh-pages"], cwd=remote, capture_output=True, text=True, check=True
    )
    assert {"index.html", "actors/jane-doe/index.html", "pagefind/pagefind.js"} <= set(listed.stdout.split())


def test_the_wheel_works_far_from_the_checkout(tmp_path: Path) -> None:
    # Built and installed without the network; what it needs is taken from the environment of the tests.
    subprocess.run(
        [
            sys.executable,
            "-m",
            "build",
            "--wheel",
            "--no-isolation",
            "--outdir",
            str(tmp_path / "dist"),
            str(REPOSITORY),
        ],
        check=True,
        capture_output=True,
    )
    wheel = next((tmp_path / "dist").glob("briefbook-*.whl"))
    target = tmp_path / "installed"
    subprocess.run(
        [
            sys.executable,
            "-m",
            "pip",
            "install",
            "--quiet",
            "--no-index",
            "--no-deps",
            "--target",
            str(target),
            str(wheel),
        ],
        check=True,
        capture_output=True,
    )
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    environment = {**os.environ, "PYTHONPATH": str(target), "SITE_URL": ""}

    def run(*arguments: str) -> str:
        done = subprocess.run(
            [sys.executable, *arguments], cwd=elsewhere, env=environment, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    assert run("-c", "import generator; print(generator.__file__)").startswith(str(target))
    run("-m", "generator", "init", "b")
    assert "no problems" in run("-m", "generator", "-C", "b", "check", "--strict")
    run("-m", "generator", "-C", "b", "build", "--strict")
    assert (elsewhere / "b/build/site/assets/stylesheets/briefbook.css").is_file()


@pytest.mark.slow
def test_search_has_what_people_wrote_and_not_the_words_of_the_interface(tmp_path: Path) -> None:
    files = {
        "briefing.yml": "title: A briefing\n",
        "actors/a.yml": "name: Jane Doe\nsummary: Mayor of the port.\n",
        "quotes/q.yml": "speaker: a\ntext: We will build it.\nstatus: verified\nsources: s\n",
        "quotes/r.yml": "speaker: a\ntext: Never.\nsources: t\n",
        "sources/s.yml": "title: Minutes\npublisher: The council\n",
        "sources/t.yml": "title: A diary\n",
        "page.md": "# A page\n\n## How we work\n\nOf Jane Doe, with care: [[q]], [[r]].\n",
    }
    site = build(start_briefing(tmp_path / "b", files))
    fragments = [gzip.decompress(file.read_bytes()).decode() for file in (site / "pagefind" / "fragment").iterdir()]
    found = {(read := json.loads(text[text.index("{") :]))["url"]: read["content"] for text in fragments}
    assert "How we work" in found["/page/"]
    assert "We will build it." in found["/quotes/q/"]
    assert "The council" in found["/sources/s/"]
    words = " ".join(found.values())
    assert '<p class="bb-rests">' in (site / "actors/a/index.html").read_text("utf-8")
    assert [
        word for word in ("Publisher", "Rests on this source", "The editors have", "page rests on") if word in words
    ] == []
