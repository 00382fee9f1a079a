"""Letters out, feed in: two threads that no gate ever waits for.

Sending a batch twice is harmless, since the server advances (edge, number) once. A server that is away,
slow, broken or talking nonsense costs retries with growing pauses and nothing else.
"""

import ssl
import threading
from collections.abc import Callable

import httpx
import structlog

from gatehouse.clock import Clock, monotonic_s
from gatehouse.crypto.signing import DeviceKeys, sign_request
from gatehouse.edge.config import EdgeConfig
from gatehouse.edge.contact import Touch
from gatehouse.edge.errors import EdgeError, FeedRefused
from gatehouse.edge.roster import LONGEST_LEASE, Knowledge
from gatehouse.edge.spool import Spool
from gatehouse.wire import Feed, Letter, WireError, decode_feed, decode_receipt, encode

log = structlog.get_logger()

SHORTEST_PAUSE_S = 0.5
LONGEST_PAUSE_S = 30.0
WAIT_S = 25  # how long the server may hold a feed request
FEED_LIMIT = 256 * 1024 * 1024
RECEIPT_LIMIT = 4096
# A lease in its second half is asked for anew, this often at most.
RENEW_EVERY_S = 600.0


class ServerAway(Exception):
    """No answer that can be used: refused, timed out, an error status, or bytes that are none of ours."""


def _trust(authority: str) -> ssl.SSLContext:
    """Raises EdgeError for an authority that is no certificate."""
    try:
        return ssl.create_default_context(cadata=authority or None)
    except (ssl.SSLError, ValueError) as fault:
        raise EdgeError("server_authority of edge.json is no certificate (PEM)") from fault


class Link:
    """Signed requests to one server, each on its own: bounded in time and size."""

    def __init__(self, config: EdgeConfig, keys: DeviceKeys, clock: Clock) -> None:
        self._config = config
        self._keys = keys
        self._clock = clock
        self._client = httpx.Client(
            timeout=httpx.Timeout(10.0, read=WAIT_S + 15.0),
            follow_redirects=False,
            trust_env=False,
            verify=_trust(config.server_authority),
        )

    def close(self) -> None:
        self._client.close()

    def ask(self, method: str, target: str, body: bytes = b"", *, limit: int) -> bytes | None:
        """The answer's body, None for 204. Raises ServerAway."""
        proof = sign_request(
            self._keys.sign_key,
            edge=self._config.edge,
            at_s=int(self._clock.now().timestamp()),
            method=method,
            target=target,
            body=body,
        )
        headers = {"Authorization": proof, "Content-Type": "application/msgpack"}
        answer = bytearray()
        try:
            with self._client.stream(
                method, self._config.server_url + target, content=body, headers=headers
            ) as response:
                if response.status_code == httpx.codes.NO_CONTENT:
                    return None
                if response.status_code != httpx.codes.OK:
                    raise ServerAway(f"status {response.status_code}")
                for piece in response.iter_bytes():
                    answer += piece
                    if len(answer) > limit:
                        raise ServerAway("the answer is too long")
        except (httpx.HTTPError, httpx.InvalidURL) as fault:
            raise ServerAway(type(fault).__name__) from fault
        return bytes(answer)


class _Loop(threading.Thread):
    """A thread that does one step after another, pausing longer after each failure."""

    def __init__(self, name: str, stop: threading.Event) -> None:
        super().__init__(name=name, daemon=True)
        self._ended = stop

    def run(self) -> None:
        pause_s = SHORTEST_PAUSE_S
        while not self._ended.is_set():
            try:
                self.step()
                pause_s = SHORTEST_PAUSE_S
            except Exception as fault:  # noqa: BLE001
                # This thread's outermost loop: whatever an answer makes it stumble over, letters and orders must go on.
                log.warning(f"{self.name}.failed", fault=_short(fault), pause_s=pause_s)
                self._ended.wait(pause_s)
                pause_s = min(2 * pause_s, LONGEST_PAUSE_S)

    def step(self) -> None:
        """Raises ServerAway, SpoolFailed, FeedRefused; whatever else it raises is taken for another failure."""
        raise AssertionError("a loop says what a step is")


def _short(fault: Exception) -> str:
    return str(fault) if isinstance(fault, ServerAway) else type(fault).__name__


class Shipper(_Loop):
    """Sends the spool's letters in order and drops what the server has confirmed."""

    def __init__(self, spool: Spool, link: Link, stop: threading.Event, touch: Touch | None = None) -> None:
        super().__init__("shipper", stop)
        self._spool = spool
        self._link = link
        self._touch = touch or Touch()

    def step(self) -> None:
        """Ship one batch, or wait a second for a letter."""
        letters = self._spool.batch()
        if not letters:
            with self._spool.arrived:
                self._spool.arrived.wait_for(lambda: self._ended.is_set() or bool(self._spool.waiting()), 1.0)
            return
        try:
            through = self._ship(letters)
        except ServerAway:
            self._touch.not_shipped()
            raise
        self._touch.shipped()
        self._spool.acknowledge(through)

    def _ship(self, letters: list[Letter]) -> int:
        """Through which of these the server holds them. Raises ServerAway."""
        answer = self._link.ask("POST", "/edge/letters", encode(letters), limit=RECEIPT_LIMIT)
        try:
            through = decode_receipt(answer or b"").through
        except WireError as fault:
            raise ServerAway("the receipt is none") from fault
        newest = letters[-1].seq
        if through > newest:
            # The server speaks of letters that this batch did not hold: they stay until they are sent.
            log.error("receipt.beyond", seq=newest, through=through)
        if through < letters[0].seq:
            raise ServerAway("the server took no letter")
        return min(through, newest)


class Listener(_Loop):
    """Holds a request open at the server and takes over what changed."""

    def __init__(
        self,
        link: Link,
        clock: Clock,
        stop: threading.Event,
        *,
        knowledge: Callable[[], Knowledge],
        learn: Callable[[Feed], bool],
        answered: Callable[[], None] = lambda: None,
    ) -> None:
        """`learn` takes a feed in and is True when it changed anything. It may raise FeedRefused. `answered` is told of
        every answer that could be used."""
        super().__init__("listener", stop)
        self._link = link
        self._clock = clock
        self._knowledge = knowledge
        self._learn = learn
        self._answered = answered
        self._renewed_s = float("-inf")

    def step(self) -> None:
        known = self._knowledge()
        roster = 0 if self._renews(known) else known.roster
        target = f"/edge/feed?roster={roster}&clearances={known.clearances}&wait={WAIT_S}"
        answer = self._link.ask("GET", target, limit=FEED_LIMIT)
        if answer is None:
            self._answered()
            return
        try:
            feed = decode_feed(answer)
        except WireError as fault:
            raise FeedRefused("no feed") from fault
        is_new = self._learn(feed)
        self._answered()
        if not is_new:
            self._ended.wait(SHORTEST_PAUSE_S)  # the same orders again, until our letters have arrived

    def _renews(self, known: Knowledge) -> bool:
        """True when the lease on the people should be asked for anew."""
        ends = known.policy.lease_ends
        if ends is None or ends - self._clock.now() > LONGEST_LEASE / 2:
            return False
        if monotonic_s() - self._renewed_s < RENEW_EVERY_S:
            return False
        self._renewed_s = monotonic_s()
        return True
