"""The preview over HTTP: pages when they are asked for, and word to open pages when what they show has changed.

For one person on this machine: it answers to addresses and to "localhost", never to other names, so that no page
elsewhere can read the briefing by giving its own name this address (DNS rebinding).
"""

import asyncio
import errno
import gc
import json
import socket
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import uvicorn
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import FileResponse, PlainTextResponse, RedirectResponse, Response, StreamingResponse
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send
from watchfiles import Change, awatch

from generator.errors import BriefbookError, Problem, Severity
from generator.excerpts import Excerpts
from generator.pipeline import Project, package_templates
from generator.preview import Answer, Preview
from generator.preview_search import PreviewSearch

OURS = ".briefbook"  # below this address lies what belongs to the preview, and not to the site
PORTS_TRIED = 20
LAST_PORT = 65535
HEARTBEAT_SECONDS = 15
CHECK_AFTER_SECONDS = 0.2  # the page comes first, and more typing puts the check off
QUIET_MILLISECONDS = 10  # without another change, before a change is read
HEADERS = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff", "Referrer-Policy": "same-origin"}

Tell = Callable[[tuple[Problem, ...]], None]


def serve_preview(project: Project, address: str, tell: Tell, ready: Callable[[str], None]) -> None:
    """Show the briefing at an address, "127.0.0.1:8000", until interrupted, and follow every edit.

    When the port is taken, the next free one is. `tell` gets all problems after each reading, `ready` the preview's
    address on the web. Raises: BriefbookError when there is no free port, or no such address.
    """
    host, _, port = address.rpartition(":")
    if not host or not port.isdecimal() or len(port) > 5 or int(port) > LAST_PORT:
        raise BriefbookError(f"'{address}' is no address. Write host and port, as 127.0.0.1:8000.")
    listener = _listen(host.strip("[]"), int(port))
    app = _app(project, Preview(project, tell), host)
    found = listener.getsockname()[1]
    taken = f" (port {port} is taken)" if found != int(port) else ""
    ready(f"http://{host}:{found}/{taken}")
    config = uvicorn.Config(
        app, log_level="critical", timeout_keep_alive=5, limit_concurrency=200, timeout_graceful_shutdown=1
    )
    gc.collect()
    gc.freeze()  # the records stay: looking through them again and again would hold every edit up
    uvicorn.Server(config).run(sockets=[listener])


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


class _Followers:
    """Wakes those who wait for the next version."""

    def __init__(self) -> None:
        self._next = asyncio.Event()

    def wake(self) -> None:
        self._next.set()
        self._next = asyncio.Event()

    async def wait(self, seconds: float) -> bool:
        try:
            await asyncio.wait_for(self._next.wait(), seconds)
        except TimeoutError:
            return False
        return True


def _app(project: Project, preview: Preview, host: str) -> ASGIApp:
    followers, search = _Followers(), PreviewSearch(project)

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        watch = _Watch(project, preview, followers, search)
        watch.start()
        search.catch_up()
        yield
        watch.stop()
        search.stop()

    async def events(request: Request) -> Response:
        address, seen = request.query_params.get("page", ""), request.query_params.get("seen", "")
        stream = _events(project, preview, followers, address.lstrip("/"), seen)
        return StreamingResponse(stream, media_type="text/event-stream", headers=HEADERS)

    async def script(_: Request) -> Response:
        return FileResponse(package_templates() / "preview" / "preview.js", headers=HEADERS)

    async def page(request: Request) -> Response:
        if file := search.file_at(request.path_params["address"]):
            return FileResponse(file, headers=HEADERS)
        return await run_in_threadpool(_respond, preview, request.url.path.lstrip("/"), request.path_params["address"])

    routes = [
        Route(f"/{OURS}/events", events),
        Route(f"/{OURS}/preview.js", script),
        Route("/{address:path}", page),
    ]
    return _Guard(Starlette(routes=routes, lifespan=lifespan), host)


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


async def _events(
    project: Project, preview: Preview, followers: _Followers, address: str, seen: str
) -> AsyncIterator[str]:
    """Yield server-sent events for one open page: "problems" whenever they change, "reload" when the page does."""
    told = None
    while True:
        problems = json.dumps(_as_shown(preview.problems, project.root))
        if problems != told:
            yield f"event: problems\ndata: {problems}\n\n"
            told = problems
        digest = await run_in_threadpool(_digest_of, preview, address)
        if digest != seen:
            seen = digest
            yield "event: reload\ndata:\n\n"
        if not await followers.wait(HEARTBEAT_SECONDS):
            yield ":\n\n"


def _digest_of(preview: Preview, address: str) -> str:
    return (preview.answer(address) or preview.not_found()).digest


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


class _Watch:
    """Follows the files below `docs/` and `templates/`, and `mkdocs.yml`, which lies beside much else."""

    def __init__(self, project: Project, preview: Preview, followers: _Followers, search: PreviewSearch) -> None:
        self._search = search
        self._root = project.root
        self._preview = preview
        self._followers = followers
        self._folders = [project.root / "docs", *project.template_dirs]
        self._check: asyncio.Task[None] | None = None
        self._tasks: list[asyncio.Task[None]] = []

    def start(self) -> None:
        self._follow([folder for folder in self._folders if folder.is_dir()], _is_edited, recursive=True)
        self._follow([self._root], self._is_beside, recursive=False)

    def stop(self) -> None:
        for task in (*self._tasks, *([self._check] if self._check else [])):
            task.cancel()

    def _follow(self, paths: Iterable[Path], wanted: Callable[[object, str], bool], *, recursive: bool) -> None:
        changed = awatch(*paths, watch_filter=wanted, step=QUIET_MILLISECONDS, debounce=200, recursive=recursive)
        self._tasks.append(asyncio.create_task(self._read(changed)))

    async def _read(self, changed: AsyncIterator[set[tuple[Change, str]]]) -> None:
        async for changes in changed:
            paths = [Path(path) for _, path in changes]
            for folder in self._folders:
                if folder in paths and folder.is_dir():  # it is new
                    self._follow([folder], _is_edited, recursive=True)
            await run_in_threadpool(self._preview.refresh, paths)
            self._followers.wake()
            if self._check:
                self._check.cancel()
            self._check = asyncio.create_task(self._check_later())

    async def _check_later(self) -> None:
        await asyncio.sleep(CHECK_AFTER_SECONDS)
        await run_in_threadpool(self._preview.check)
        self._followers.wake()
        self._search.catch_up()

    def _is_beside(self, _: object, path: str) -> bool:
        return Path(path) in (self._root / "mkdocs.yml", *self._folders)


def _is_edited(_: object, path: str) -> bool:
    """Tell files from what editors keep beside them."""
    name = Path(path).name
    return not name.startswith(".") and not name.endswith(("~", ".swp", ".swx", ".part"))
