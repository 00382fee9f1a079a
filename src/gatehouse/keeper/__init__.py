"""The process that holds the keys. docs/specs/keeper.md is its specification.

Others import `keeper.client` and `keeper.protocol`; the command line imports `keeper.service` (run) and `keeper.local`;
the drill imports `keeper.inspect`. The rest is the keeper's own.
"""
