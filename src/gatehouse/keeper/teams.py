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
    if not request.site or not all(_is_sound(to, team) for to, team in request.teams.items()):
        return Refused("bad_request", {"field": "teams"})
    if any(len(team) > TEAM_MOST for team in request.teams.values()):
        return Refused("bad_request", {"field": "teams", "most": TEAM_MOST})
    before = vault.teams.at(request.site)
    changed = {
        to: team
        for to in before.keys() | request.teams.keys()
        if (team := request.teams.get(to, [])) != before.get(to, [])
    }
    if changed:
        # The lines come first. Whoever is new in a team is told that somebody may read what they ask for.
        vault.log.append(*(_line(vault, asker, to, team, before.get(to, [])) for to, team in sorted(changed.items())))
        vault.teams.entrust(request.site, changed)
    return Done()


def _line(vault: Vault, asker: Asker, to: str, team: list[Trust], before: list[Trust]) -> Entry:
    new = {one.subject for one in team} - {one.subject for one in before}
    return Entry(
        at=vault.now(), kind="entrust", actor=asker.actor, role=asker.role, purpose=f"manager:{to}",
        budget=Budget.WORK, subjects=sorted(map(vault.pseudonym, new)), count=len(new),
    )  # fmt: skip


def _is_sound(to: str, team: list[Trust]) -> bool:
    """Nobody manages themself."""
    spans = all(one.until is None or one.since < one.until for one in team)
    return bool(to) and spans and all(one.subject and one.subject != to for one in team)


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
