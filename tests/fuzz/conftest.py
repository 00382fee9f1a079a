"""The world of the server's tests, for what is fuzzed there."""

from tests.server.conftest import keeper, world

__all__ = ["keeper", "world"]
