"""Reading contracts and payslips: rows only; `payroll.looks` says what they hold."""

from collections.abc import Sequence
from datetime import date
from uuid import UUID

from django.db.models import QuerySet

from gatehouse.domain.pay_facts import Month
from gatehouse.server.payroll.models import Contract, Payslip
from gatehouse.server.people.models import Person, PersonState, Site


def contract_of(person: Person) -> Contract | None:
    return Contract.objects.filter(person=person).first()


def people_with_contract(site: Site) -> Sequence[Person]:
    """Without their cells, which nobody who pays opens."""
    found = Person.objects.filter(site=site, state=PersonState.ACTIVE, contracts__isnull=False)
    return list(found.only("id", "site", "state").order_by("id"))


def payslip_of(person: Person, month: Month) -> Payslip | None:
    return Payslip.objects.filter(person=person, month=month.first).first()


def payslip_before(person: Person, month: Month) -> Payslip | None:
    """The last one of the same year before this month."""
    found = Payslip.objects.filter(person=person, month__lt=month.first, month__gte=date(month.year, 1, 1))
    return found.order_by("-month").first()


def payslips_since(person: Person, month: Month) -> QuerySet[Payslip]:
    """Those of this month and of the later ones of its year, in order."""
    found = Payslip.objects.filter(person=person, month__gte=month.first, month__lt=date(month.year + 1, 1, 1))
    return found.order_by("month")


def payslips_of(person: Person) -> QuerySet[Payslip]:
    return Payslip.objects.filter(person=person).order_by("-month")


def payslip(payslip_id: UUID | str) -> Payslip | None:
    return Payslip.objects.select_related("person").filter(pk=payslip_id).first()
