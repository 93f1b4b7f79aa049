"""Connections of the preview: who says nothing, or takes nothing, is let go, and holds nobody else up."""

import asyncio
import socket
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from threading import Event, Thread

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response, StreamingResponse
from starlette.routing import Route

from generator import connections
from generator.connections import Server
from generator.news import News

MUCH = 30_000_000  # bytes: more than the buffers of any system hold for a client that does not read


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    """Serve a page, much text, and a stream, with little patience."""
    with pytest.MonkeyPatch.context() as settings:
        settings.setattr(connections, "REQUEST_SECONDS", 0.2)
        settings.setattr(connections, "READ_SECONDS", 1.0)
        yield from serve()


@pytest.fixture(scope="module")
def open_streams() -> list[socket.socket]:
    """Hold streams open until the server ended, which they must not keep from it."""
    return []


def serve() -> Iterator[int]:
    news, ready = News(), Event()

    async def page(_: Request) -> Response:
        return PlainTextResponse("a page")

    async def much(_: Request) -> Response:
        return PlainTextResponse("x" * MUCH)

    async def stream(_: Request) -> Response:
        return StreamingResponse(news.follow(60))

    async def start() -> None:
        news.tell("version", "1")

    listener = socket.create_server(("127.0.0.1", 0), backlog=400)
    routes = [Route("/", page), Route("/much", much), Route("/stream", stream)]
    server = Server(Starlette(routes=routes), start, ready.set, news.end)
    thread = Thread(target=server.run, kwargs={"sockets": [listener]})
    thread.start()
    ready.wait()
    yield listener.getsockname()[1]
    server.end()
    thread.join(timeout=2)
    assert not thread.is_alive()


def connected(port: int, words: bytes = b"") -> socket.socket:
    client = socket.create_connection(("127.0.0.1", port), timeout=10)
    client.sendall(words)
    return client


def asking(port: int, path: str) -> socket.socket:
    return connected(port, f"GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n".encode())


def everything(client: socket.socket) -> bytes:
    """Return all that comes until the connection is closed."""
    with client, client.makefile("rb") as answer:
        return answer.read()


@pytest.mark.parametrize("words", [b"", b"GET", b"GET / HTTP/1.1\r\nHost: local"])
def test_who_asks_for_nothing_is_let_go(port: int, words: bytes) -> None:
    assert everything(connected(port, words)) == b""


def test_half_a_request_after_a_whole_one_gets_no_more_time(port: int) -> None:
    client = connected(port, b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")
    answer = b""
    while not answer.endswith(b"a page"):
        answer += client.recv(1000)
    client.sendall(b"GET / HT")
    assert everything(client) == b""


def test_request_that_comes_drop_by_drop_gets_no_more_time(port: int) -> None:
    with connected(port, b"GET / HTTP/1.1\r\n") as client:
        client.settimeout(0.1)  # between two drops
        for _ in range(20):
            try:
                assert client.recv(100) == b""
                return
            except TimeoutError:
                client.sendall(b"a")
            except ConnectionError:
                return
    pytest.fail("it was waited for, though it never came")


def test_who_does_not_read_is_let_go(port: int) -> None:
    with asking(port, "/much") as client:
        for _ in range(10):  # as long as silent clients are waited for, one after the other
            everything(connected(port))
        assert everything(asking(port, "/")).endswith(b"a page")
        assert 0 < len(everything(client)) < MUCH


def test_who_reads_slowly_gets_all(port: int) -> None:
    taken = 0
    with asking(port, "/much") as client:
        while chunk := client.recv(MUCH // 8, socket.MSG_WAITALL):
            taken += len(chunk)
            everything(connected(port))  # as long as a silent client is waited for
    assert taken > MUCH


@pytest.mark.parametrize(
    "nonsense",
    [
        b"\0" * 100,
        b"GET\r\n\r\n",
        b"GET / HTTP/9\r\n\r\n",
        b"GET / HTTP/1.1\r\n\r\n",
        b"GET /\xff HTTP/1.1\r\nHost: localhost\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: localhost\r\nHost: other\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: localhost\r\nContent-Length: -1\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: localhost\r\n: nothing\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: " + b"a" * 200_000,
        b"GET /" + b"a" * 200_000,
    ],
)
def test_what_is_no_request_is_told_so(port: int, nonsense: bytes) -> None:
    with connected(port, nonsense) as client:
        assert client.recv(12) == b"HTTP/1.1 400"


def test_hundreds_of_streams_hold_nobody_up(port: int, open_streams: list[socket.socket]) -> None:
    streams = [asking(port, "/stream") for _ in range(300)]
    for stream in streams:
        assert b"HTTP/1.1 200" in stream.recv(1000)
    assert everything(asking(port, "/")).endswith(b"a page")
    open_streams.extend(streams)


def test_news_reach_all_and_what_is_outdated_is_skipped() -> None:
    async def heard() -> list[str]:
        news = News()
        news.tell("version", "1")
        follower = news.follow(60)
        first = await anext(follower)
        news.tell("version", "2")  # while nobody waits
        news.tell("problems", "[]")
        news.tell("version", "3")
        news.tell("version", "3")
        rest = [await anext(follower), await anext(follower)]
        news.end()
        return [first, *rest, *[more async for more in follower]]

    with ThreadPoolExecutor(1) as pool:  # other tests may have left a loop running in this thread
        told = pool.submit(asyncio.run, heard()).result()
    assert told == [
        "event: version\ndata: 1\n\n",
        "event: version\ndata: 3\n\n",
        "event: problems\ndata: []\n\n",
    ]
