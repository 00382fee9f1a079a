"""What can go wrong with the world of this room: one family, each with a code, worded for people
elsewhere."""


class EdgeError(Exception):
    """Base of everything that this room raises on purpose."""

    code = "edge.error"


class NotInitialised(EdgeError):
    """The home holds no edge, or half of one: `gatehouse up` makes one."""

    code = "edge.not_initialised"


class AlreadyInitialised(EdgeError):
    """The home holds an edge whose key an owner may have enrolled; it is never overwritten."""

    code = "edge.already_initialised"


class AlreadyRunning(EdgeError):
    """Another process works at this home's gates: two would open everything twice."""

    code = "edge.already_running"


class UnsafeKey(EdgeError):
    """The device key's file can be read by others, or is no key."""

    code = "edge.unsafe_key"


class FeedRefused(EdgeError):
    """What came as a feed is none, belongs to another site, or was sealed for another edge."""

    code = "edge.feed_refused"


class SpoolFailed(EdgeError):
    """The spool did not take the letters: disk full or broken. Nothing was recorded, so nothing may move."""

    code = "edge.spool_failed"
