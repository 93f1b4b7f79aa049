"""The preview's connections: given up when a client neither asks for anything nor takes what it asked for.

Uvicorn waits for ever for the rest of a request, and for a client to read; and when it ends, for streams that do not.
"""

import asyncio
import signal
import socket
from collections.abc import Awaitable, Callable
from types import FrameType

import uvicorn
from starlette.types import ASGIApp
from uvicorn.protocols.http.h11_impl import H11Protocol

REQUEST_SECONDS = 5.0  # for a whole request to come, from the first of it, or from the start
READ_SECONDS = 20.0  # without a byte taken of an answer


class Connection(H11Protocol):
    """One client's connection, which is closed when it is silent, or stops reading. Errors of form get status 400."""

    _request_timer: asyncio.TimerHandle | None = None
    _read_timer: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Wait for a request, but not for ever."""
        super().connection_made(transport)
        self._request_timer = self.loop.call_later(REQUEST_SECONDS, self.transport.close)

    def data_received(self, data: bytes) -> None:
        """Read on; what comes drop by drop does not get more time."""
        super().data_received(data)
        is_waiting = self.cycle is None or self.cycle.response_complete
        if is_waiting and not self._request_timer:
            self._request_timer = self.loop.call_later(REQUEST_SECONDS, self.transport.close)
        elif not is_waiting:
            _end(self._request_timer)
            self._request_timer = None

    def pause_writing(self) -> None:
        """Wait for the client to read, but not for ever: until it does, the answer is held in memory."""
        super().pause_writing()
        self._expect_reading(self.transport.get_write_buffer_size())

    def resume_writing(self) -> None:
        """Write on."""
        super().resume_writing()
        _end(self._read_timer)

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget the client."""
        _end(self._request_timer)
        _end(self._read_timer)
        super().connection_lost(exc)

    def _expect_reading(self, left: int) -> None:
        def look() -> None:
            now = self.transport.get_write_buffer_size()
            if now < left:
                self._expect_reading(now)
            else:
                self.transport.abort()

        self._read_timer = self.loop.call_later(READ_SECONDS, look)


def _end(timer: asyncio.TimerHandle | None) -> None:
    if timer:
        timer.cancel()


class Server(uvicorn.Server):
    """Serves an app from when `start` is done until it is interrupted, and has `stop` end what would go on.

    `started` is called when it can be asked, and ended in good order.

    `start` runs before anything is answered: meanwhile clients wait, and an interrupt ends the process at once.
    """

    def __init__(
        self,
        app: ASGIApp,
        start: Callable[[], Awaitable[None]],
        started: Callable[[], None],
        stop: Callable[[], None],
    ) -> None:
        super().__init__(
            uvicorn.Config(
                app,
                http=Connection,
                ws="none",
                lifespan="off",
                log_level="critical",
                timeout_keep_alive=5,
                timeout_graceful_shutdown=0,
            )
        )
        self._start = start
        self._tell = started
        self._stop = stop

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Answer, when all is ready."""
        await self._start()
        await super().startup(sockets)
        self._tell()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """End all that waits, then the connections."""
        self._stop()
        await super().shutdown(sockets)

    def end(self) -> None:
        """End in good order."""
        self.should_exit = True

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """End in good order, or at once while nothing is answered yet."""
        if not self.started:
            raise KeyboardInterrupt if sig == signal.SIGINT else SystemExit(128 + sig)
        super().handle_exit(sig, frame)
