"""Running a named job now, instead of waiting for its hour; and whether the server is well."""

from datetime import timedelta
from typing import Literal
from uuid import UUID
from zoneinfo import ZoneInfo

from django.http import HttpRequest
from ninja import Router

from gatehouse.domain.errors import DomainError
from gatehouse.domain.pay_facts import Month
from gatehouse.domain.periods import local_date
from gatehouse.keeper.protocol import Authority
from gatehouse.server import moment
from gatehouse.server.api import reach
from gatehouse.server.api.access import caller, route
from gatehouse.server.api.errors import Invalid, Problem, no_draft, refused
from gatehouse.server.api.shapes import Answer, Day, Shape
from gatehouse.server.attendance.workdays import WorkdaysRefused, compute_workdays, reckoner
from gatehouse.server.audit.by import By
from gatehouse.server.payroll.actions import draft_payslips

router = Router(tags=["jobs"])


class SiteDay(Shape):
    """`workdays` reckons the date, `payslips` drafts the month that the date is in."""

    site: UUID
    day: Day


class Without(Answer):
    """Somebody with a contract who got no draft, and why: `code` for programs, `title` for people."""

    person: UUID
    code: str
    title: str


class Ran(Answer):
    """How many rows were written; for `payslips` also who got none."""

    written: int
    without: list[Without] = []


@route(router, "POST", "/jobs/{name}/run", response=Ran)
def run_job(request: HttpRequest, name: Literal["workdays", "payslips"], body: SiteDay) -> Ran:
    """Run a job for one site and date. It gives the same when it is run twice."""
    site, at, by = reach.site(request, body.site), moment.now(), caller(request).by
    ago = local_date(at, ZoneInfo(site.zone)) - body.day
    if ago < timedelta(0):
        raise Invalid("day", "not_yet")
    try:
        if name == "workdays":
            return Ran(written=compute_workdays(site, body.day, at=at, by=reckoner(site, body.day, by, at=at)))
        drafts = draft_payslips(site, Month.of(body.day), at=at, by=By(by.actor, Authority(job=name)))
    except WorkdaysRefused as fault:
        raise refused(fault.code) from fault
    except DomainError as fault:
        raise Problem(409, fault.code, "The job cannot be done for this date.") from fault
    without = [Without(person=who.pk, code=why.code, title=no_draft(why.code)) for who, why in drafts.without]
    return Ran(written=drafts.made, without=without)
