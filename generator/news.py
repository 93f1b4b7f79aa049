"""What open pages of the preview are told: the newest of each kind of news, as server-sent events.

One stream serves all pages of a browser, which share it (`preview-worker.js`): of connections to one host a browser
allows six, and the seventh page would wait for ever. So nothing here is about a single page.
Source: HTML Living Standard, 9.2 (server-sent events), with its note on the limit of connections.
"""

import asyncio
from collections.abc import AsyncIterator


class News:
    """Keeps the newest of each kind of news for all who follow. Belongs to one event loop."""

    def __init__(self) -> None:
        self._latest: dict[str, str] = {}  # kind -> text, of one line
        self._changed = asyncio.Event()
        self._is_over = False

    def tell(self, kind: str, text: str) -> None:
        """Tell something to all; what they know is not told again."""
        if self._latest.get(kind) != text:
            self._latest[kind] = text
            self._wake()

    def end(self) -> None:
        """End all streams, and those that begin from now on."""
        self._is_over = True
        self._wake()

    async def follow(self, heartbeat_seconds: float) -> AsyncIterator[str]:
        """Yield the newest of each kind, and again whenever it is another. A slow reader skips what is outdated."""
        told: dict[str, str] = {}
        while not self._is_over:
            changed = self._changed  # before looking: what changes while this is sent has set it
            for kind in [kind for kind, text in self._latest.items() if told.get(kind) != text]:
                told[kind] = self._latest[kind]
                yield f"event: {kind}\ndata: {told[kind]}\n\n"
            try:
                await asyncio.wait_for(changed.wait(), heartbeat_seconds)
            except TimeoutError:
                yield ":\n\n"  # so that who has gone is noticed

    def _wake(self) -> None:
        self._changed.set()
        self._changed = asyncio.Event()
