"""Whose requests a worker may read because they manage them. A person with an owner's or HR's ticket says so, person by
person and from date to date; the server alone entrusts nobody. The manager then reads a few labels of these people by
their own worker's ticket, under a cap of its own, and everyone of the team sees it among the looks at them."""

from gatehouse.keeper.cells import Opened
from gatehouse.keeper.log import Entry
from gatehouse.keeper.protocol import Budget, CapRole, Done, Entrust, Refused, Role, Ticket, Trust
from gatehouse.keeper.rules import TEAM_MOST, TEAM_READS
from gatehouse.keeper.vault import Asker, Vault


def entrust(vault: Vault, request: Entrust) -> Done | Refused:
    asker = vault.asker(request.by)
    if isinstance(asker, Refused):
        return asker
    if not asker.may("entrust") or not asker.reaches(request.site):
        return Refused("not_allowed")
    team = {one.subject for one in request.team}
    if not request.to or not request.site or request.to in team or not _is_sound(request.team):
        return Refused("bad_request", {"field": "team"})
    if len(request.team) > TEAM_MOST:
        return Refused("bad_request", {"field": "team", "most": TEAM_MOST})
    before = vault.teams.of(request.to).get(request.site, [])
    if before == request.team:
        return Done()
    # The line comes first. Whoever is new in the team is told that somebody may read what they ask for.
    new = team - {one.subject for one in before}
    told = sorted(map(vault.pseudonym, new))
    vault.log.append(
        Entry(at=vault.now(), kind="entrust", actor=asker.actor, role=asker.role, purpose=f"manager:{request.to}",
              budget=Budget.WORK, subjects=told, count=len(told))
    )  # fmt: skip
    vault.teams.entrust(request.to, request.site, request.team)
    return Done()


def _is_sound(team: list[Trust]) -> bool:
    return all(one.subject and (one.until is None or one.since < one.until) for one in team)


def is_of_the_team(vault: Vault, ticket: Ticket, cell: Opened) -> bool:
    """Whether a worker's ticket opens this cell of somebody else's, today on the wall of the site where they manage."""
    if ticket.role is not Role.WORKER or ticket.subject is None or cell.label.name not in TEAM_READS:
        return False
    for site, team in vault.teams.of(ticket.subject).items():
        if ticket.sites and site not in ticket.sites:
            continue
        today = vault.today(site)
        for one in team:
            if one.subject == cell.subject and one.since <= today and (one.until is None or today < one.until):
                return True
    return False


def look_at_team(vault: Vault, asker: Asker, purpose: str, cells: list[Opened]) -> Refused | None:
    """Count and log them as a manager's look: other people, not one's own data."""
    seen: dict[Budget, set[str]] = {}
    for cell in cells:
        seen.setdefault(cell.label.budget, set()).add(cell.subject)
    manager = Asker(asker.actor, CapRole.MANAGER, asker.ticket, asker.job)
    return vault.look(manager, "reveal", purpose, seen)
