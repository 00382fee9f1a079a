"""Who a row tells about, in the terms of `people`."""

from gatehouse.domain.table_rows import PersonRow
from gatehouse.server.people.actions import Facts
from gatehouse.server.people.cells import Bank, Contact, File, Identity


def facts_of(said: PersonRow) -> Facts:
    texts = said.texts
    return Facts(
        number=said.number,
        name=said.name,
        contact=Contact(phone=texts["phone"], mail=texts["mail"], address=texts["address"]),
        identity=Identity(number=texts["identity"]),
        bank=Bank(account=texts["account"].replace(" ", ""), bank=texts["bank"]),
        file=File(
            department=texts["department"], post=texts["post"], hired=said.hired, starts=said.hired, ends=said.ends
        ),
    )
