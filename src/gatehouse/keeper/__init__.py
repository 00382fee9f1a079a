"""The process that holds the keys. docs/specs/keeper.md is its specification.

Others import `keeper.client` and `keeper.protocol`; the command line imports `keeper.service` (run) and `keeper.local`;
the drill imports `keeper.inspect`, and runs a keeper of its own to attack it. The rest is the keeper's own.
"""
