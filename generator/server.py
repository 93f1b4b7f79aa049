"""The preview over HTTP: pages when they are asked for, and word to open pages when what they show has changed.

For one person on this machine: it answers to addresses and to "localhost", never to other names, so that no page
elsewhere can read the briefing by giving its own name this address (DNS rebinding).
"""

import asyncio
import errno
import gc
import json
import socket
from collections.abc import Callable, Iterable
from ipaddress import ip_address
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import FileResponse, PlainTextResponse, RedirectResponse, Response, StreamingResponse
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from generator.connections import Server
from generator.errors import BriefbookError, Problem, Severity
from generator.excerpts import Excerpts
from generator.news import News
from generator.preview import Answer, Preview
from generator.preview_search import PreviewSearch
from generator.project import Project, package_templates
from generator.reading import without_collector
from generator.watching import Watch

OURS = ".briefbook"  # below this address lies what belongs to the preview, and not to the site
PORTS_TRIED = 20
LAST_PORT = 65535
HEARTBEAT_SECONDS = 15
CHECK_AFTER_SECONDS = 0.2  # the page comes first, and more typing puts the check off
PAUSE_SECONDS = 0.05
NEW_OBJECTS = 50_000  # after which Python looks for dead ones: an edit makes some thousands, most of which stay
SCRIPTS = ("preview", "preview-worker")
HEADERS = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff", "Referrer-Policy": "same-origin"}

Tell = Callable[[tuple[Problem, ...]], None]


def serve_preview(project: Project, address: str, tell: Tell, ready: Callable[[str], None]) -> None:
    """Show the briefing at an address, "127.0.0.1:8000", until interrupted, and follow every edit.

    When the port is taken, the next free one is. `tell` gets all problems after each reading, `ready` the preview's
    address on the web. Raises: BriefbookError when there is no free port, no such address, or no way to follow edits.
    """
    host, _, port = address.rpartition(":")
    if not host or not port.isdecimal() or len(port) > 5 or int(port) > LAST_PORT:
        raise BriefbookError(f"'{address}' is no address. Write host and port, as 127.0.0.1:8000.")
    listener = _listen(host.strip("[]"), int(port))
    found = listener.getsockname()[1]
    taken = f" (port {port} is taken)" if found != int(port) else ""
    service = _Service(project, tell)

    async def start() -> None:
        await service.start(on_failure=server.end)

    def started() -> None:
        ready(f"http://{host}:{found}/{taken}")

    server = Server(_Guard(service.app(), host), start, started, service.stop)
    server.run(sockets=[listener])
    service.raise_failure()


def _listen(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    for candidate in range(port, port + PORTS_TRIED):
        listener = socket.socket(family)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind((host, candidate))
            listener.listen()
            return listener
        except OSError as error:
            listener.close()
            if error.errno not in (errno.EADDRINUSE, errno.EACCES):
                raise BriefbookError(f"Nothing can be shown at {host}: {error.strerror}.") from error
        except (UnicodeError, TypeError) as error:  # with which Python refuses what no name of a machine can be
            listener.close()
            raise BriefbookError(f"'{host}' is no name of a machine. Write an address, as 127.0.0.1.") from error
        except OverflowError:
            break
    raise BriefbookError(f"The ports from {port} to {port + PORTS_TRIED - 1} are taken. Name another with --address.")


class _Guard:
    """Lets only requests through that come from a page of the preview, or from nowhere, and only ask for something."""

    def __init__(self, app: ASGIApp, host: str) -> None:
        self._app = app
        self._host = host

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and (refused := self._refusal(Request(scope))):
            await refused(scope, receive, send)
        else:
            await self._app(scope, receive, send)

    def _refusal(self, request: Request) -> Response | None:
        host, origin = request.headers.get("host", ""), request.headers.get("origin")
        if request.method not in ("GET", "HEAD"):
            return PlainTextResponse("Only GET and HEAD are answered.", 405, {"Allow": "GET, HEAD"})
        if not self._is_ours(host) or (origin is not None and origin != f"http://{host}"):
            return PlainTextResponse(f"The preview answers to {self._host} and localhost only.", 403)
        return None

    def _is_ours(self, host: str) -> bool:
        name = host.rpartition(":")[0] if host.rpartition(":")[2].isdecimal() else host
        if name.lower() in ("localhost", self._host.lower()):
            return True
        try:
            ip_address(name.strip("[]"))
        except ValueError:
            return False
        return True


class _Service:
    """The preview, what follows its files, and the pages that wait for news of both."""

    def __init__(self, project: Project, tell: Tell) -> None:
        self._root = project.root
        self._preview = Preview(project, tell)
        self._search = PreviewSearch(project)
        self._watch = Watch(project, self._read)
        self._following: asyncio.Task[None] | None = None
        self._check: asyncio.Task[None] | None = None
        self._preparing: asyncio.Task[None] | None = None
        self._new_folders: set[Path] = set()
        self._turn = asyncio.Lock()
        self._news = News()

    async def start(self, on_failure: Callable[[], None]) -> None:
        """Read the briefing and follow it from then on; when that fails, `on_failure` is told."""
        self._following = asyncio.create_task(self._watch.run())
        self._following.add_done_callback(lambda _: on_failure())
        for _ in range(2):  # first follow, then read: no edit falls between the two; folders have a task of their own
            await asyncio.sleep(0)
        with without_collector():  # up to where they are frozen: to look through all records once takes a while, too
            self._preview.refresh()
            gc.freeze()  # the records stay: looking through them again and again would hold every edit up
            gc.set_threshold(NEW_OBJECTS)
        self._tell_all()
        self._search.catch_up()
        self._preparing = asyncio.create_task(self._prepare())

    def stop(self) -> None:
        """End what goes on."""
        for task in filter(None, (self._following, self._check, self._preparing)):
            task.cancel()
        self._search.stop()
        self._news.end()

    def raise_failure(self) -> None:
        """Raise what kept the files from being followed."""
        if self._following and self._following.done() and not self._following.cancelled():
            self._following.result()

    async def _read(self, changed: list[Path] | None) -> None:
        await run_in_threadpool(self._preview.refresh, changed)
        self._tell_all()
        self._new_folders.update(path for path in changed or () if path.is_dir())
        if self._check:
            self._check.cancel()
        self._check = asyncio.create_task(self._check_later())

    async def _prepare(self) -> None:
        is_more = True
        while is_more:
            await asyncio.sleep(PAUSE_SECONDS)  # whoever asks for a page, or edits, comes first
            is_more = await run_in_threadpool(self._preview.prepare)

    async def _check_later(self) -> None:
        await asyncio.sleep(CHECK_AFTER_SECONDS)
        folders, self._new_folders = self._new_folders, set()
        if folders:  # the system tells of a folder before it tells of what is in it: something may have been missed
            await run_in_threadpool(self._preview.refresh, folders)
        await run_in_threadpool(self._preview.check)
        self._tell_all()
        self._search.catch_up()

    def _tell_all(self) -> None:
        self._news.tell("problems", json.dumps(_as_shown(self._preview.problems, self._root)))
        self._news.tell("version", str(self._preview.version))

    def app(self) -> ASGIApp:
        """Return what answers requests."""
        routes = [
            Route(f"/{OURS}/events", self._events),
            Route(f"/{OURS}/digest", self._digest),
            Route(f"/{OURS}/{{name}}.js", self._script),
            Route("/{address:path}", self._page),
        ]
        return Starlette(routes=routes)

    async def _events(self, _: Request) -> Response:
        return StreamingResponse(self._news.follow(HEARTBEAT_SECONDS), media_type="text/event-stream", headers=HEADERS)

    async def _digest(self, request: Request) -> Response:
        """Answer which version of a page there is now. One at a time, so that a page that is asked for comes first."""
        address = _address(unquote(request.query_params.get("page", "")))
        async with self._turn:
            digest = await run_in_threadpool(self._preview.digest_of, address)
            self._tell_all()  # rendering may have found a mistake in a template
        return PlainTextResponse(digest, headers=HEADERS)

    async def _script(self, request: Request) -> Response:
        name = request.path_params["name"]
        if name not in SCRIPTS:
            return PlainTextResponse("There is no such script.", 404, HEADERS)
        return FileResponse(package_templates() / "preview" / f"{name}.js", headers=HEADERS)

    async def _page(self, request: Request) -> Response:
        address = _address(request.path_params["address"])
        if file := self._search.file_at(address):
            return FileResponse(file, headers=HEADERS)
        response = await run_in_threadpool(_respond, self._preview, request.url.path.lstrip("/"), address)
        self._tell_all()
        return response


def _address(path: str) -> str:
    return path.lstrip("/")


def _respond(preview: Preview, typed: str, address: str) -> Response:
    answer = preview.answer(address)
    if answer is None and address and not address.endswith("/") and preview.answer(f"{address}/"):
        return RedirectResponse(f"/{typed}/")
    answer = answer or preview.not_found()
    if isinstance(answer.body, Path):
        return FileResponse(answer.body, media_type=answer.type, headers=HEADERS)
    return Response(_with_script(answer), answer.status, HEADERS, answer.type)


def _with_script(answer: Answer) -> bytes:
    if not answer.digest or not isinstance(answer.body, bytes):
        return bytes(answer.body)
    tag = f'<script src="/{OURS}/preview.js" data-seen="{answer.digest}" defer></script>'.encode()
    head, end, tail = answer.body.rpartition(b"</body>")
    return head + tag + end + tail if end else answer.body + tag


def _as_shown(problems: Iterable[Problem], root: Path) -> list[dict[str, Any]]:
    excerpts = Excerpts(root)
    shown = []
    for problem in sorted(problems, key=lambda problem: problem.severity is not Severity.ERROR)[:100]:
        excerpt = excerpts.at(problem.place)
        shown.append(
            {
                "place": str(problem.place),
                "severity": str(problem.severity),
                "message": problem.sentence,
                "line": excerpt.line if excerpt else "",
                "columns": excerpt.columns if excerpt else 0,
            }
        )
    return shown
