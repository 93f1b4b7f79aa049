"""The `briefbook` command: the only place that prints, exits, or catches everything."""

import logging
import os
import re
import sys
from collections.abc import Callable, Iterable, Mapping
from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from generator.dates import PartialDate, parse_date
from generator.errors import BriefbookError, Problem, RecordsInvalid, Severity, is_failure
from generator.fields import LANGUAGE_PATTERN
from generator.link import Briefing
from generator.manifest import NAME, NEXT, compare_with_manifests
from generator.pipeline import check_briefing, write_pages
from generator.project import Project
from generator.records import KINDS, Record
from generator.reports import FORMATS, count_of, lines_for_people, many, report_lines
from generator.scaffold import add_record, init_briefing, is_list, settable_fields
from generator.schemas import build_schemas
from generator.versions import own_version
from generator.write import LOCK, alone, claim_folder, readable, write_folder

SHOW_VERSION = "Show the version and exit."
INTERRUPTED = 130  # as shells say it: ended by Ctrl+C
NO_SETTINGS = "There is no mkdocs.yml here. Run 'briefbook init DIR' to start a briefing with one."
if TYPE_CHECKING:
    from generator.dossier import Selection
    from generator.ledger import Ledger
    from generator.typeset import Layout


class _Group(click.Group):
    """Turns what goes wrong into one line and an exit status: 1 for the author or the disk, 3 for our own fault."""

    def main(self, *arguments: Any, **named: Any) -> Any:
        try:
            return super().main(*arguments, **named)
        except OSError as error:  # of --help, which is printed before anything is done
            click.echo(f"error: {error.filename or 'disk'}: {error.strerror or error}", err=True)
            sys.exit(1)

    def invoke(self, context: click.Context) -> Any:
        try:
            return super().invoke(context)
        except RecordsInvalid as error:
            print_problems(error.problems, "human", Path(), stream=sys.stderr)
            context.exit(1)
        except BriefbookError as error:
            click.echo(f"error: {error}", err=True)
            context.exit(1)
        except BrokenPipeError:  # whoever read the output has enough
            sys.stdout = None
            context.exit(1)
        except OSError as error:
            click.echo(f"error: {error.filename or 'disk'}: {error.strerror or error}", err=True)
            context.exit(1)
        except KeyboardInterrupt:
            context.exit(INTERRUPTED)
        except (click.exceptions.Exit, click.ClickException, click.Abort):
            raise
        except Exception as error:  # noqa: BLE001  the one place where everything is caught
            from generator.faults import place_of_report

            place = place_of_report(error, sys.argv[1:], context.params.get("root", Path()))
            click.echo(f"error: this is a fault of Briefbook itself. {place}; please send it in.", err=True)
            context.exit(3)


def _print_version(context: click.Context, _option: click.Parameter, is_asked: bool) -> None:
    if is_asked:
        click.echo(f"briefbook, version {own_version()}")
        context.exit()


@click.group(cls=_Group, context_settings={"help_option_names": ["-h", "--help"]})
@click.option("--version", is_flag=True, is_eager=True, expose_value=False, callback=_print_version, help=SHOW_VERSION)
@click.option(
    "-C",
    "--project",
    "root",
    type=click.Path(path_type=Path),
    default=Path(),
    help="Folder of the briefing (default: this one).",
)
@click.pass_context
def main(context: click.Context, root: Path) -> None:
    """Turn records about actors, quotes and events into a briefing."""
    context.obj = Project(root)


_strict = click.option("--strict", is_flag=True, help="Treat warnings as errors.")
_format = click.option(
    "--format", "style", type=click.Choice(FORMATS), default="human", help="How problems are printed."
)


@main.command()
@_strict
@_format
@click.pass_context
def check(context: click.Context, strict: bool, style: str) -> None:
    """Read the records and list all that is wrong with them; write nothing."""
    project: Project = context.obj
    briefing, problems = check_briefing(project)
    if strict and style != "human":  # what reads the output need not know of --strict
        problems = tuple(replace(problem, severity=Severity.ERROR) for problem in problems)
    print_problems(problems, style, project.root, strict=strict)
    if is_failure(problems, strict=strict):
        context.exit(1)
    if style == "human":
        counts = ", ".join(many(len(briefing.of_kind(model.folder)), model.kind) for model in KINDS)
        click.echo(f"{counts}: {count_of(problems)}.")


_paper = click.option(
    "--paper", type=click.Choice(("a4", "letter")), default="a4", show_default=True, help="Size of a page of the book."
)
_links = click.option(
    "--links",
    type=click.Choice(("screen", "print")),
    default="screen",
    show_default=True,
    help="Links in colour for a screen, or in black with their addresses for paper.",
)


@main.command()
@_strict
@click.option(
    "--renderer",
    type=click.Choice(("mkdocs", "properdocs", "zensical")),
    default="mkdocs",
    help="What makes HTML of the pages.",
)
@click.option("--verify", is_flag=True, help="Build it as MkDocs does by itself, too, and compare every file.")
@click.option("--pdf", "with_pdf", is_flag=True, help="Set the book and its dossiers, too, and link to them.")
@_paper
@_links
@click.pass_context
def build(context: click.Context, /, strict: bool, renderer: str, verify: bool, with_pdf: bool, **layout: str) -> None:
    """Build the website into build/site."""
    from generator.ledger import Ledger

    project: Project = context.obj
    if not (project.root / "mkdocs.yml").is_file():
        raise BriefbookError(NO_SETTINGS)
    logging.basicConfig(level=logging.WARNING, format="%(levelname)s: %(message)s", stream=sys.stderr)
    with alone(project.root, _warn), readable(), Ledger(project.root / "build" / ".cache" / "ledger.db") as ledger:
        if renderer != "mkdocs" or with_pdf or verify or not _follow_edits(project, ledger, strict):
            briefing = _build_all(project, ledger, renderer, strict, layout if with_pdf else None)
            if verify:
                from generator.building import verify_site

                verify_site(project, briefing)
                click.echo("Every file is what MkDocs makes by itself.")
    click.echo(f"The briefing lies in {project.site_dir / 'index.html'}")
    click.echo("To read it with its search: 'briefbook serve' or 'make serve', or put the folder on any web server.")


def _follow_edits(project: Project, ledger: "Ledger", strict: bool) -> bool:
    """Build by the short cut, and tell whether that could be done."""
    from generator.following import follow_edits
    from generator.shortcut import Shortcut

    shortcut = Shortcut(project, ledger)
    is_followed = shortcut.is_open and follow_edits(project, ledger, shortcut, strict=strict)
    print_problems(shortcut.problems if is_followed else (), "human", project.root, stream=sys.stderr, strict=strict)
    return is_followed


def _build_all(
    project: Project, ledger: "Ledger", renderer: str, strict: bool, layout: Mapping[str, str] | None
) -> Briefing:
    """Build the site with all that has to be read and made for it; with a layout, the books too."""
    from generator.making import make_pages
    from generator.seen import look_at
    from generator.shortcut import forget, is_same_world, remember

    seen = look_at(project)
    may_follow = renderer == "mkdocs" and layout is None and is_same_world(ledger, seen)
    forget(ledger)
    briefing, problems = _check(project, strict)
    books = _print_books(project, briefing, layout["paper"], layout["links"]) if layout else {}
    _tell(f"Writing the pages of {many(len(briefing.records), 'record')}")
    making = make_pages(briefing, project, books, ledger)
    ledger.keep()
    _tell(f"Rendering the site with {renderer}")
    obstacle = ""
    if renderer != "mkdocs":
        from generator.site import build_with_other

        build_with_other(project, briefing, renderer, strict=strict)
    else:
        from generator.building import build_with_mkdocs  # MkDocs takes a while to load

        if obstacle := build_with_mkdocs(project, briefing, making, ledger, strict=strict, may_follow=may_follow):
            click.echo(f"{obstacle}: MkDocs rendered every page in full.", err=True)
    if renderer == "mkdocs" and not obstacle and not books:
        remember(ledger, briefing, problems, seen)
        ledger.keep()
    write_folder(project.root / "build" / "schema", build_schemas())
    return briefing


def _print_books(project: Project, briefing: Briefing, paper: str, links: str) -> dict[str, str]:
    from generator.typeset import Layout, Press

    press = Press(project, briefing, Layout(paper, links))
    return press.print_all(lambda title: _tell(f"Setting the book '{title}'"))


def _day(_context: click.Context, _option: click.Parameter, value: str | None) -> PartialDate | None:
    try:
        return parse_date(value) if value is not None else None
    except ValueError as error:
        raise click.BadParameter(str(error)) from None


@main.command()
@_strict
@_paper
@_links
@click.option("--actor", help="Only this actor, by its id, and what touches it.")
@click.option("--event", help="Only this event, by its id, and what touches it.")
@click.option("--tag", help="Only what has this topic.")
@click.option("--since", callback=_day, help="Only what was said or happened on this day or later: 2024-06.")
@click.option("--until", callback=_day, help="Only what was said or happened on this day or earlier.")
@click.pass_context
def pdf(context: click.Context, /, strict: bool, paper: str, links: str, **selected: Any) -> None:
    """Set the briefing as a book, build/briefing.pdf, or a selection as a dossier, below build/dossiers."""
    from generator.dossier import Selection
    from generator.typeset import Layout

    project: Project = context.obj
    with alone(project.root, _warn):
        book = _print_book(project, strict, Layout(paper, links), Selection(**selected))
    click.echo(f"The book lies in {book}")


def _print_book(project: Project, strict: bool, layout: "Layout", selection: "Selection") -> Path:
    from generator.dossier import make_dossier, touching_of
    from generator.typeset import Press

    briefing, _ = _check(project, strict)
    press = Press(project, briefing, layout)
    dossier = make_dossier(briefing, selection, press.words, touching_of(briefing)) if selection else None
    count = len(dossier.part.records if dossier else briefing.records)
    return press.print_book(
        dossier, lambda setting: _tell(f"Setting a book of {many(count, 'record')} (setting {setting})")
    )


@main.command()
@click.argument("site", type=click.Path(path_type=Path, file_okay=False), required=False)
@click.option(
    "--manifest",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Its list (default: build/manifest.json).",
)
@click.pass_context
def verify(context: click.Context, site: Path | None, manifest: Path | None) -> None:
    """Check that the files of SITE (default: build/site) are those that the last build made, and no others."""
    project: Project = context.obj
    folder = site or project.site_dir
    manifests = [manifest] if manifest else [project.root / "build" / name for name in (NAME, NEXT)]
    lock = project.root / "build" / LOCK  # there may be a build just now, between the site and its list
    with nullcontext() if site or not os.access(lock, os.W_OK) else alone(project.root, _warn):
        differing = compare_with_manifests(folder, *manifests)
    if differing:
        click.echo("\n".join(differing))
        raise BriefbookError(f"{many(len(differing), 'file')} of {folder} differ from what was built.")
    click.echo(f"Every file of {folder} is as it was built.")


@main.command()
@click.option("--address", default="127.0.0.1:8000", show_default=True, help="Where to show it.")
@click.pass_context
def serve(context: click.Context, address: str) -> None:
    """Show the briefing in a browser, drafts too, and follow every edit."""
    from generator.server import serve_preview

    project: Project = context.obj
    if not (project.root / "mkdocs.yml").is_file():
        raise BriefbookError(NO_SETTINGS)
    told: list[tuple[Problem, ...]] = [()]

    def tell(problems: tuple[Problem, ...]) -> None:
        if problems != told[0]:
            for line in lines_for_people(problems, project.root):
                click.echo(line, err=True)
            click.echo(f"{count_of(problems)}." if problems else "All problems are mended.", err=True)
        told[0] = problems

    _tell("Reading the records")
    serve_preview(project, address, tell, lambda url: click.echo(f"The preview is at {url}; Ctrl+C ends it."))


@main.command()
@click.argument("folder", type=click.Path(path_type=Path, file_okay=False))
@_strict
@click.pass_context
def pages(context: click.Context, folder: Path, strict: bool) -> None:
    """Write the pages as Markdown into FOLDER."""
    claim_folder(folder)
    briefing, _ = _check(context.obj, strict)
    _tell(f"Writing the pages of {many(len(briefing.records), 'record')}")
    written = write_pages(briefing, context.obj, folder)
    click.echo(f"{written} files changed in {folder}")


def _language(_context: click.Context, _option: click.Parameter, value: str) -> str:
    if not re.fullmatch(LANGUAGE_PATTERN, value):
        raise click.BadParameter(f"'{value}' is not a language tag. Write one such as 'fr' or 'pt-BR'.")
    return value


@main.command()
@click.argument("folder", type=click.Path(path_type=Path, file_okay=False))
@click.option("--title", default="A new briefing", help="Title of the briefing.")
@click.option("--language", default="en", callback=_language, help="Language of the interface: en, fr, or another.")
def init(folder: Path, title: str, language: str) -> None:
    """Make a small, working briefing in FOLDER."""
    init_briefing(folder, title, language)
    write_folder(folder / "build" / "schema", build_schemas())
    click.echo(f"A briefing lies in {folder}. Next: cd {folder}, then 'briefbook serve'.")


@main.command()
@click.argument("folder", type=click.Path(path_type=Path, file_okay=False), required=False)
@click.pass_context
def schema(context: click.Context, folder: Path | None) -> None:
    """Write JSON Schemas for editors into FOLDER (default: build/schema)."""
    target = folder or context.obj.root / "build" / "schema"
    if folder:
        claim_folder(folder)
    write_folder(target, build_schemas())
    click.echo(f"The schemas lie in {target}")


@main.group()
def new() -> None:
    """Write a new record, with its required fields filled in."""


def _add_new_command(model: type[Record]) -> None:
    @click.pass_context
    def write_record(context: click.Context, /, id: str | None, **options: Any) -> None:
        given = {name: value for name, value in options.items() if value}
        for name in model.required_on_new:
            if name not in given and sys.stdin.isatty():
                given[name] = click.prompt(f"{name} ({model.model_fields[name].description})")
        missing = [f"--{name}" for name in model.required_on_new if name not in given]
        if missing:
            raise click.UsageError(f"missing {', '.join(missing)}.")
        click.echo(str(add_record(context.obj.root, model, id, given)))

    command: Callable[..., None] = write_record
    for name in reversed(settable_fields(model)):
        flag, words = f"--{name.replace('_', '-')}", model.model_fields[name].description
        command = click.option(flag, name, multiple=is_list(model, name), help=words)(command)
    command = click.option("--id", help="Its id, and the file's name (default: made from its name).")(command)
    new.command(model.kind, help=f"Write a new {model.kind}.")(command)


for _model in KINDS:
    _add_new_command(_model)


def _check(project: Project, strict: bool) -> tuple[Briefing, tuple[Problem, ...]]:
    """Read the briefing and print what is wrong; return both unless that stops what was asked for."""
    _tell("Reading the records")
    briefing, problems = check_briefing(project)
    print_problems(problems, "human", project.root, stream=sys.stderr, strict=strict)
    if is_failure(problems, strict=strict):
        raise click.exceptions.Exit(1)
    return briefing, problems


def _tell(step: str) -> None:
    """Say on a terminal what is being done; in a pipe, say nothing."""
    if sys.stderr.isatty():
        click.echo(f"{step} ...", err=True)


def _warn(words: str) -> None:
    click.echo(f"{words} ...", err=True)


def print_problems(
    problems: Iterable[Problem], style: str, root: Path, stream: Any = None, *, strict: bool = False
) -> None:
    """Print problems for people (with the source line and a caret), as JSON, or as annotations for GitHub."""
    for line in report_lines(problems, style, root, strict=strict):
        click.echo(line, file=stream)
