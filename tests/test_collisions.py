"""What the site needs keeps its place, whatever people call their files."""

import re

from mkdocs.structure.files import Files

from generator.pipeline import check_briefing, page_maker
from generator.rendering import Renderer, begin, load_settings
from tests.conftest import MakeProject
from tests.sites import REPOSITORY

SETTINGS = (REPOSITORY / "templates/init/mkdocs.yml").read_text("utf-8")


def test_each_file_of_the_theme_keeps_its_place(make_project: MakeProject) -> None:
    project = make_project({})
    own = project.root / "own" / "assets" / "brand.woff2"
    own.parent.mkdir(parents=True)
    own.touch()
    (project.root / "mkdocs.yml").write_text(SETTINGS.replace("theme:\n", "theme:\n  custom_dir: own\n"), "utf-8")
    briefing, _ = check_briefing(project)
    config = begin(load_settings(project, briefing))
    found = Files([])
    found.add_files_from_theme(config.theme.get_env(), config)
    files = [file.src_uri for file in found]
    assert {"assets/brand.woff2", "assets/images/favicon.png", "assets/stylesheets/briefbook.css"} <= {*files}
    pages = {f"{name}.md": "# A page, and the folder of its name" for name in files}
    problems = check_briefing(make_project(pages))[1]
    told = [problem.place.path for problem in problems if "the site's own interface lies" in problem.message]
    assert sorted(told) == sorted(f"docs/{name}" for name in pages)


def test_a_picture_that_the_settings_name_is_the_icon(make_project: MakeProject) -> None:
    project = make_project({"assets/icon.png": "An icon."})
    (project.root / "mkdocs.yml").write_text(SETTINGS.replace("theme:\n", "theme:\n  favicon: assets/icon.png\n"))
    briefing, problems = check_briefing(project)
    page = Renderer(project, briefing, page_maker(briefing, project)).page_at("actors/")
    assert [problem for problem in problems if problem.severity == "error"] == []
    assert page
    assert re.findall(r'<link rel="icon" href="([^"]*)"', page.decode("utf-8")) == ["../assets/icon.png"]
