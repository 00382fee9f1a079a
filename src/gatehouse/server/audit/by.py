"""By whose right something is done."""

from dataclasses import dataclass

from gatehouse.keeper.protocol import Authority


@dataclass(frozen=True, slots=True)
class By:
    """`actor` goes into the audit entry: an operator's id or a job, or a `worker`'s, whose id the entry replaces by the
    date's alias. `authority` goes to the keeper."""

    actor: str
    authority: Authority
    worker: bool = False

    @staticmethod
    def job(name: str) -> "By":
        return By(name, Authority(job=name))

    @staticmethod
    def ticket(actor: object, ticket: str) -> "By":
        return By(str(actor), Authority(ticket=ticket))
