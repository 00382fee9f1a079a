"""Let the keeper search names, staff numbers and plates, from their cells: at the server's start and every few minutes,
for the keeper holds them in memory only and may have been started anew."""

from gatehouse.server import keeping
from gatehouse.server.people import queries as people

BATCH = 1000


def reindex() -> int:
    """Feed every indexed cell to the keeper's memory; how many. Raises KeeperAway, KeeperRefused."""
    sites = list(people.all_sites())
    cells = []
    for person in people.people(sites).iterator():
        cells.append(keeping.cell("person.brief/1", person.pk, person.brief_cell))
        cells.append(keeping.cell("person.name/1", person.pk, person.name_cell))
    for vehicle in people.vehicles(sites).iterator():
        cells.append(keeping.cell("vehicle.plate/1", vehicle.pk, vehicle.plate_cell))
    for start in range(0, len(cells), BATCH):
        keeping.index(cells[start : start + BATCH])
    return len(cells)
