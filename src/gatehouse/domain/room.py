"""Whether a garage is full. A few bays must be free again before a full one opens, or its sign would flicker."""


def is_full(inside: int, capacity: int | None, reopen_free: int, was_full: bool) -> bool:
    """`inside` is what is held to be inside, the correction included. Without a capacity it is never full."""
    if capacity is None:
        return False
    free = capacity - inside
    return free < min(max(1, reopen_free), max(1, capacity)) if was_full else free <= 0


def free_bays(inside: int, capacity: int) -> int:
    return max(0, capacity - inside)
