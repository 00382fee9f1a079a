"""What the edge knows now, and how a feed changes it: one value that every thread reads and one that
writes."""

import threading
from datetime import datetime
from pathlib import Path

import msgspec
import structlog

from gatehouse.clock import Clock
from gatehouse.crypto.signing import DeviceKeys
from gatehouse.edge import cache
from gatehouse.edge.config import EdgeConfig
from gatehouse.edge.errors import FeedRefused
from gatehouse.edge.roster import Knowledge, Memory, Opener, nothing, with_clearances, with_roster
from gatehouse.wire import Feed

log = structlog.get_logger()


class Known:
    """The edge's knowledge with its cache. `now` may be called from any thread; `learn` from one."""

    def __init__(self, config: EdgeConfig, keys: DeviceKeys, cache_file: Path, clock: Clock) -> None:
        self._config = config
        self._keys = keys
        self._cache_file = cache_file
        self._clock = clock
        self._kept = cache.Kept()
        self._knowledge = nothing()
        self._opened: Memory = {}  # the roster's cells, in memory only
        self.changed = threading.Event()

    def now(self) -> Knowledge:
        return self._knowledge

    def recall(self) -> None:
        """Start from the cache, if there is one for this device and site."""
        kept = cache.load(self._cache_file, self._keys)
        if kept is None:
            return
        try:
            self._knowledge = self._after(Feed(roster=kept.roster, clearances=kept.clearances), kept.roster_at)
        except FeedRefused:
            log.warning("cache.refused")
            return
        self._kept = kept
        self.changed.set()
        log.info("cache.recalled", roster=self._knowledge.roster, clearances=self._knowledge.clearances)

    def learn(self, feed: Feed) -> None:
        """Take over what changed and keep it on disk. Raises FeedRefused, and then nothing changed."""
        if feed.roster is None and feed.clearances is None:
            return
        now = self._clock.now()
        knowledge = self._after(feed, now)
        changes: dict[str, object] = {}
        if feed.roster is not None:
            changes |= {"roster": feed.roster, "roster_at": now}
        if feed.clearances is not None:
            changes["clearances"] = feed.clearances
        self._kept = msgspec.structs.replace(self._kept, **changes)
        self._knowledge = knowledge
        self.changed.set()
        log.info(
            "feed.learnt",
            roster=knowledge.roster,
            clearances=knowledge.clearances,
            unopened=knowledge.unopened,
        )
        try:
            cache.save(self._cache_file, self._keys, self._kept)
        except OSError as fault:
            # The gates work on with what is in memory; only a power cut would show the difference.
            log.error("cache.not_kept", fault=type(fault).__name__)

    def _after(self, feed: Feed, received_at: datetime | None) -> Knowledge:
        knowledge = self._knowledge
        if feed.roster is not None:
            opener = Opener(self._config.edge, self._keys.seal_key, self._opened)
            knowledge = with_roster(
                knowledge,
                feed.roster,
                site=self._config.site,
                opener=opener,
                now=received_at or self._clock.now(),
            )
            self._opened = opener.memory
        if feed.clearances is not None:
            opener = Opener(self._config.edge, self._keys.seal_key)
            knowledge = with_clearances(knowledge, feed.clearances, opener=opener)
        return knowledge
