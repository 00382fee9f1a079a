"""People and their ways in. Lists tell staff number and initials only; names are for the console's person page."""

from datetime import timedelta
from typing import Annotated, Literal
from uuid import UUID
from zoneinfo import ZoneInfo

from django.conf import settings
from django.http import HttpRequest
from ninja import File as Upload
from ninja import Router
from ninja.files import UploadedFile
from pydantic import Field

from gatehouse.domain.periods import Period, local_date
from gatehouse.keeper.protocol import Refused, Role
from gatehouse.server import moment
from gatehouse.server.accounts import actions as accounts
from gatehouse.server.api import reach
from gatehouse.server.api.access import caller, route
from gatehouse.server.api.errors import Invalid, Problem, must, refused
from gatehouse.server.api.shapes import Answer, Day, Ids, Long, Made, Shape, Short, Text
from gatehouse.server.attendance import register_queries
from gatehouse.server.people import actions, cells, credential_actions, looks, queries
from gatehouse.server.people.credential_actions import NotEnrolled
from gatehouse.server.people.models import ConsentState, Credential, PersonState, Purpose

router = Router(tags=["people"])

PAGE = 100
LONGEST_PASS = timedelta(days=366)


class Contact(Shape):
    phone: Short = ""
    mail: Short = ""
    address: Annotated[Text, Field(max_length=120)] = ""


class Identity(Shape):
    number: Annotated[Text, Field(max_length=40)] = ""
    tax_number: Annotated[Text, Field(max_length=40)] = ""


class Bank(Shape):
    account: Annotated[Text, Field(max_length=40)] = ""
    holder: Annotated[Text, Field(max_length=60)] = ""
    bank: Annotated[Text, Field(max_length=60)] = ""


class PersonnelFile(Shape):
    """`starts` and `ends` are the first and the last date of access."""

    department: Short = ""
    manager: Short = ""
    post: Short = ""
    hired: Day | None = None
    starts: Day | None = None
    ends: Day | None = None


class NewPerson(Shape):
    number: Annotated[Text, Field(min_length=1, max_length=20, pattern=r"^\S+$")]
    name: Annotated[Text, Field(min_length=1, max_length=60)]
    contact: Contact = Contact()
    identity: Identity = Identity()
    bank: Bank = Bank()
    file: PersonnelFile = PersonnelFile()
    groups: Ids = []


class PersonRow(Made):
    """Empty texts where the person's keys are gone."""

    number: str
    initials: str
    state: PersonState


class People(Answer):
    people: list[PersonRow]
    total: int


@route(router, "GET", "/sites/{uuid:site_id}/people", response=People)
def list_people(request: HttpRequest, site_id: UUID, offset: Annotated[int, Field(ge=0, le=10**6)] = 0) -> People:
    """A page of up to 100 people; every one of them counts as seen in brief."""
    found = queries.people([reach.site(request, site_id)])
    page = list(found[offset : offset + PAGE])
    named = must(looks.briefs(page, caller(request).by.authority))
    rows = [
        PersonRow(
            id=one.person.pk,
            number=one.brief.number,
            initials=one.brief.initials,
            state=PersonState(one.person.state),
        )
        for one in named
    ]
    return People(people=rows, total=found.count())


@route(router, "POST", "/sites/{uuid:site_id}/people", response={201: Made})
def add_person(request: HttpRequest, site_id: UUID, body: NewPerson) -> Made:
    site = reach.site(request, site_id)
    facts = actions.Facts(
        number=body.number,
        name=body.name,
        contact=cells.Contact(**body.contact.model_dump()),
        identity=cells.Identity(**body.identity.model_dump()),
        bank=cells.Bank(**body.bank.model_dump()),
        file=cells.File(**body.file.model_dump()),
    )
    groups = reach.groups(site, body.groups)
    return Made(id=actions.hire_person(site, facts, groups=groups, by=caller(request).by, at=moment.now()).pk)


class NewConsent(Shape):
    """`wording` names the text that the person agreed to; a guardian agrees for a child: for a pupil of a class their
    name is asked for, unless `of_age` says that the pupil is 14 or older."""

    purpose: Purpose
    wording: Annotated[Long, Field(min_length=1)]
    guardian: Short = ""
    of_age: bool = False


class ConsentRow(Made):
    state: ConsentState


@route(router, "POST", "/people/{uuid:person_id}/consents", response={201: ConsentRow})
def give_consent(request: HttpRequest, person_id: UUID, body: NewConsent) -> ConsentRow:
    """Write down that the person agreed. A consent already in force stays as it is."""
    person, who, at = reach.person(request, person_id), caller(request), moment.now()
    if person.state != PersonState.ACTIVE:
        raise _not_enrolled(NotEnrolled("left"))
    if register_queries.is_pupil(person) and not body.guardian and not body.of_age:
        raise Invalid("guardian", "no_guardian")
    on = local_date(at, ZoneInfo(person.site.zone))
    facts = cells.ConsentFacts(on=on, wording=body.wording, taken_by=who.by.actor, guardian=body.guardian)
    consent = credential_actions.give_consent(person, body.purpose, facts, by=who.by, at=at)
    return ConsentRow(id=consent.pk, state=ConsentState(consent.state))


@route(router, "DELETE", "/people/{uuid:person_id}/consents", response={204: None})
def withdraw_consent(request: HttpRequest, person_id: UUID, purpose: Purpose = Purpose.FACE) -> None:
    """The face is dead at every gate and its key destroyed; other ways in go on."""
    person, at = reach.person(request, person_id), moment.now()
    on = local_date(at, ZoneInfo(person.site.zone))
    credential_actions.withdraw_consent(person, purpose, on=on, by=caller(request).by, at=at)


_WHY_NOT = {
    "left": "This person has left.",
    "no_consent": "The person has not agreed to have their face used here.",
    "no_image": "This is no JPEG, PNG or WebP picture that can be read.",
    "no_face": "There is no face in the picture.",
    "several_faces": "There is more than one face in the picture.",
    "too_large": "The picture has more than 12 MiB or 40 million pixels.",
    "small": "The face in the picture is too small.",
    "dark": "The face in the picture is too dark.",
    "bright": "The face in the picture is too bright.",
    "blurred": "The face in the picture is blurred.",
    "turned": "The face in the picture looks aside, up or down.",
    "bad_card": "A card's number has 1 to 32 letters and digits.",
    "bad_pin": "A PIN has 4 to 12 digits.",
}


def _not_enrolled(why: NotEnrolled) -> Problem:
    if why.code in _WHY_NOT:
        return Problem(409 if why.code in ("left", "no_consent") else 422, why.code, _WHY_NOT[why.code])
    return refused(why.code)


def _enrolled(found: Credential | NotEnrolled) -> Made:
    if isinstance(found, NotEnrolled):
        raise _not_enrolled(found)
    return Made(id=found.pk)


class EnrolledFace(Made):
    """`quality` of the picture, 0 to 100: below 45 another picture is worth the while."""

    quality: int


@route(router, "POST", "/people/{uuid:person_id}/face", response={201: EnrolledFace})
def enrol_face(request: HttpRequest, person_id: UUID, image: Annotated[UploadedFile, Upload()]) -> EnrolledFace:
    """A portrait as multipart field `image`. It is read in memory and dropped; only the sealed template stays."""
    person = reach.person(request, person_id)
    if image.size is None or image.size > settings.UPLOAD_LIMIT:
        raise Problem(413, "too_large", "The request is too large.")
    found = credential_actions.enrol_face(person, image.read(), by=caller(request).by, at=moment.now())
    if isinstance(found, NotEnrolled):
        raise _not_enrolled(found)
    return EnrolledFace(id=found.credential.pk, quality=found.score)


class NewPass(Shape):
    """Good on the dates [starts, ends) of the site."""

    starts: Day
    ends: Day


class Pass(Made):
    """`text` goes into a QR code; it is answered this once and not kept."""

    text: str


@route(router, "POST", "/people/{uuid:person_id}/passes", response={201: Pass})
def issue_pass(request: HttpRequest, person_id: UUID, body: NewPass) -> Pass:
    """A signed QR pass, good for at most a year; a worker gets their own."""
    person, now = reach.person(request, person_id), moment.now()
    if not timedelta(0) < body.ends - body.starts <= LONGEST_PASS:
        raise Invalid("ends", "order")
    zone = ZoneInfo(person.site.zone)
    starts, ends = Period.local_day(body.starts, zone).start, Period.local_day(body.ends, zone).start
    if ends <= now:
        raise Invalid("ends", "passed")
    issued = credential_actions.issue_pass(person, ends=ends, by=caller(request).by, at=starts)
    if isinstance(issued, NotEnrolled):
        raise _not_enrolled(issued)
    return Pass(id=issued.credential.pk, text=issued.text)


class NewCard(Shape):
    number: Annotated[Text, Field(min_length=1, max_length=32)]


@route(router, "POST", "/people/{uuid:person_id}/cards", response={201: Made})
def add_card(request: HttpRequest, person_id: UUID, body: NewCard) -> Made:
    """A card by its number as the reader gives it; it replaces the one before."""
    person = reach.person(request, person_id)
    return _enrolled(credential_actions.add_card(person, body.number, by=caller(request).by, at=moment.now()))


class NewPin(Shape):
    digits: Annotated[Text, Field(min_length=1, max_length=12)]


@route(router, "POST", "/people/{uuid:person_id}/pin", response={201: Made})
def set_pin(request: HttpRequest, person_id: UUID, body: NewPin) -> Made:
    person = reach.person(request, person_id)
    return _enrolled(credential_actions.set_pin(person, body.digits, by=caller(request).by, at=moment.now()))


class Left(Answer):
    """`file`: "dated" when the personnel file keeps the date, "unchanged" when it could not be read."""

    state: PersonState
    file: Literal["dated", "unchanged"]


@route(router, "POST", "/people/{uuid:person_id}/leave", response=Left)
def person_leaves(request: HttpRequest, person_id: UUID) -> Left:
    """Every way in is dead at once. A used-up budget does not keep anybody's access alive."""
    person, by = reach.person(request, person_id), caller(request).by
    found = looks.facts(person, by.authority, "person.leave")
    facts = None if isinstance(found, Refused) else found
    left = actions.leave(person, facts, by=by, at=moment.now())
    return Left(state=PersonState(left.state), file="unchanged" if facts is None else "dated")


class InvitedWorker(Answer):
    """`code` signs in once, on the person's own page, and is not kept."""

    code: str
    role: Role


@route(router, "POST", "/people/{uuid:person_id}/invite", response={201: InvitedWorker})
def invite_worker(request: HttpRequest, person_id: UUID) -> InvitedWorker:
    """A one-time code for the person's own page."""
    person, by = reach.person(request, person_id), caller(request).by
    code = must(accounts.invite_worker(person.pk, person.site_id, by=by, at=moment.now()))
    return InvitedWorker(code=code, role=Role.WORKER)
