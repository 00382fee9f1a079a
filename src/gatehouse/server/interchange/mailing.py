"""The job `mail`: what waits is handed to the mail server until it took it or three days have passed.

A mail may arrive twice: between the server's 250 and our mark the power may fail. Both then carry the same Message-ID
and the same date, so that mail servers and readers see one. A server that is away, or does not let us in, keeps
everything waiting; an address that it refuses for good ends that one message."""

import random
import smtplib
import socket
import ssl
from collections.abc import Sequence
from contextlib import closing
from datetime import datetime, timedelta
from email.message import EmailMessage
from email.utils import format_datetime
from uuid import uuid4

import msgspec
import structlog
from django.conf import settings
from django.db import transaction
from django.db.models import F
from django.utils import translation

from gatehouse.clock import monotonic_s
from gatehouse.domain.periods import DAY
from gatehouse.domain.retries import is_given_up, pause_after
from gatehouse.keeper.protocol import Cell, Refused
from gatehouse.server import keeping
from gatehouse.server.audit.actions import record
from gatehouse.server.audit.by import By
from gatehouse.server.gates.actions import raise_alarm
from gatehouse.server.mail import queries
from gatehouse.server.mail.cells import Address, ServerFacts, unpack
from gatehouse.server.mail.letters import LETTERS, worded
from gatehouse.server.mail.models import Message, MessageState
from gatehouse.server.people.queries import all_sites

log = structlog.get_logger()

MAIL = By.job("mail")
TIMEOUT_S = 10.0
SLICE_S = 5.0  # other jobs go on in between
LOOK_AT_MOST = 100
KEPT_DAYS = 30
DOMAIN = "gatehouse.invalid"  # of Message-IDs: names no host of ours
ALARM = "mail_dead"
_FOR_GOOD = 500  # SMTP: 4xx may be tried again, 5xx may not (RFC 5321 section 4.2.1)


class NotTaken(Exception):
    """`said` is the server's status or a code of ours; `whole` when no other message would fare better."""

    def __init__(self, said: str, *, whole: bool) -> None:
        super().__init__(said)
        self.said, self.whole = said, whole

    @property
    def is_final(self) -> bool:
        """The address or the mail is refused for good."""
        return not self.whole and self.said.isdigit() and int(self.said) >= _FOR_GOOD


def deliver_due(now: datetime) -> int:
    """Send what is due; how many were taken. Raises KeeperAway."""
    waiting = queries.due(now, LOOK_AT_MOST)
    if not waiting:
        return 0
    try:
        server = _server()
        with closing(_Line(server)) as line:
            return _deliver(line, server, waiting, now)
    except NotTaken as fault:
        for message in waiting:
            _not_taken(message, fault, now)
        return 0


def try_now(address: str, *, by: By, now: datetime) -> str:
    """Hand in one mail that says it is a test, at once; why it was not taken, empty when it was. Raises KeeperAway."""
    message = Message(id=uuid4(), kind="mail.test", facts={}, since=now, due_at=now)
    with transaction.atomic():
        record("mail.tested", "mail", message.pk, by=by, at=now)
    try:
        server = _server()
        with closing(_Line(server)) as line:
            line.hand_in(_written(message, address, server), server.sender, address)
    except NotTaken as fault:
        return fault.said
    return ""


def _server() -> ServerFacts:
    """The one that an owner typed in, else the one of GATEHOUSE_SMTP. Raises NotTaken, KeeperAway."""
    row = queries.server()
    if row is None:
        return _from_settings()
    cell = keeping.cell("mail.server/1", row.pk, row.cell)
    data = keeping.reveal([cell], MAIL.authority, "mail")
    if isinstance(data, Refused) or data[0] is None:
        raise NotTaken("no_server", whole=True)
    try:
        return unpack(data[0], ServerFacts)
    except msgspec.MsgspecError as fault:
        raise NotTaken("no_server", whole=True) from fault


def _from_settings() -> ServerFacts:
    if not settings.SENDS_MAIL:
        raise NotTaken("no_server", whole=True)
    return ServerFacts(
        host=settings.EMAIL_HOST,
        port=settings.EMAIL_PORT,
        user=settings.EMAIL_HOST_USER,
        password=settings.EMAIL_HOST_PASSWORD,
        security="tls" if settings.EMAIL_USE_SSL else "starttls" if settings.EMAIL_USE_TLS else "none",
        sender=settings.DEFAULT_FROM_EMAIL,
    )


def _deliver(line: "_Line", server: ServerFacts, waiting: list[Message], now: datetime) -> int:
    ends, taken = monotonic_s() + SLICE_S, 0
    addresses = _addresses(waiting)
    for place, message in enumerate(waiting):
        try:
            address = addresses[message.pk.hex]
            if address is None:
                raise NotTaken("erased", whole=False)
            line.hand_in(_written(message, address, server), server.sender, address)
        except NotTaken as fault:
            rest = waiting[place:] if fault.whole else [message]
            for one in rest:
                _not_taken(one, fault, now)
            if fault.whole:
                break
        else:
            taken += Message.objects.filter(pk=message.pk, state=MessageState.WAITING).update(
                state=MessageState.SENT, tries=F("tries") + 1, said="250"
            )
        if monotonic_s() >= ends:
            break
    return taken


def _addresses(waiting: list[Message]) -> dict[str, str | None]:
    """In the clear, for as long as they are handed in; None for somebody who was erased. Raises NotTaken."""
    sealed = [keeping.cell("mail.envelope/1", message.pk, message.to_cell) for message in waiting]
    envelopes = [unpack(data, Address) if data else None for data in _revealed(sealed)]
    inner = [keeping.cell(one.label, one.row, one.cell) for one in envelopes if one]
    opened = iter(_revealed(inner))
    data = [next(opened) if envelope else None for envelope in envelopes]
    return {
        message.pk.hex: None if address is None else address.decode()
        for message, address in zip(waiting, data, strict=True)
    }


def _revealed(cells: Sequence[Cell]) -> list[bytes | None]:
    """Raises NotTaken."""
    data = keeping.reveal(cells, MAIL.authority, "mail")
    if isinstance(data, Refused):
        log.warning("mail.no_addresses", code=data.code)
        raise NotTaken("no_addresses", whole=True)
    return data


def _written(message: Message, address: str, server: ServerFacts) -> EmailMessage:
    """The same bytes at every try."""
    with translation.override(message.language or settings.LANGUAGE_CODE):
        link = f"{settings.PUBLIC_URL}{message.link}" if message.link and settings.PUBLIC_URL else ""
        subject, body = worded(LETTERS[message.kind], message.facts, link)
    mail = EmailMessage()
    mail["Message-ID"] = f"<{message.pk.hex}@{DOMAIN}>"
    mail["Date"] = format_datetime(message.since)
    mail["From"] = server.sender
    mail["To"] = address
    mail["Subject"] = subject
    mail["Auto-Submitted"] = "auto-generated"
    mail.set_content(body)
    return mail


class _Line:
    """One connection to the mail server, made when the first mail goes."""

    def __init__(self, server: ServerFacts) -> None:
        self._server = server
        self._smtp: smtplib.SMTP | None = None

    def hand_in(self, mail: EmailMessage, sender: str, address: str) -> None:
        """Raises NotTaken."""
        try:
            smtp = self._smtp or self._connect()
        except smtplib.SMTPNotSupportedError as fault:
            raise NotTaken("tls", whole=True) from fault  # it does not speak as we were told that it does
        except smtplib.SMTPResponseException as fault:
            raise NotTaken(str(fault.smtp_code), whole=True) from fault
        except (smtplib.SMTPException, OSError) as fault:
            raise NotTaken(_code_of(fault), whole=True) from fault
        try:
            smtp.send_message(mail, sender, [address])
        except smtplib.SMTPRecipientsRefused as fault:
            status = next(iter(fault.recipients.values()))[0]
            raise NotTaken(str(status), whole=False) from fault
        except smtplib.SMTPSenderRefused as fault:
            raise NotTaken(str(fault.smtp_code), whole=True) from fault
        except smtplib.SMTPServerDisconnected as fault:
            raise NotTaken(_code_of(fault), whole=True) from fault
        except smtplib.SMTPResponseException as fault:
            raise NotTaken(str(fault.smtp_code), whole=False) from fault
        except OSError as fault:
            if isinstance(fault, smtplib.SMTPException):
                raise NotTaken("unsendable", whole=False) from fault
            raise NotTaken(_code_of(fault), whole=True) from fault
        except (UnicodeError, ValueError) as fault:
            raise NotTaken("unsendable", whole=False) from fault

    def _connect(self) -> smtplib.SMTP:
        server, context = self._server, ssl.create_default_context()
        if server.security == "tls":
            made: smtplib.SMTP = smtplib.SMTP_SSL(
                server.host, server.port, local_hostname="gatehouse", timeout=TIMEOUT_S, context=context
            )
        else:
            made = smtplib.SMTP(server.host, server.port, local_hostname="gatehouse", timeout=TIMEOUT_S)
        self._smtp = made
        if server.security == "starttls":
            made.starttls(context=context)
        if server.user:
            made.login(server.user, server.password)
        return made

    def close(self) -> None:
        if self._smtp is None:
            return
        try:
            self._smtp.quit()
        except (smtplib.SMTPException, OSError):
            self._hang_up()

    def _hang_up(self) -> None:
        if self._smtp is not None and isinstance(self._smtp.sock, socket.socket):
            self._smtp.sock.close()


def _code_of(fault: Exception) -> str:
    """Why nothing could be said at all. smtplib calls a server that is silent for too long disconnected."""
    if isinstance(fault, ssl.SSLError):
        return "tls"
    return "timeout" if isinstance(fault, TimeoutError) or isinstance(fault.__context__, TimeoutError) else "away"


def _not_taken(message: Message, fault: NotTaken, now: datetime) -> None:
    """Later again; or dead, with an alarm."""
    tries = message.tries + 1
    until = now + pause_after(tries, random.random())  # noqa: S311  a spread, no secret
    with transaction.atomic():
        own = Message.objects.filter(pk=message.pk, state=MessageState.WAITING)
        if fault.said == "erased":
            own.update(state=MessageState.DEAD, tries=tries, said=fault.said)
        elif fault.is_final or fault.said == "unsendable" or is_given_up(message.since, now):
            if own.update(state=MessageState.DEAD, tries=tries, said=fault.said):
                _alarm(now)
        else:
            own.update(tries=tries, said=fault.said, due_at=until)
    log.info("mail.not_taken", code=fault.said, count=tries)


def _alarm(now: datetime) -> None:
    """Once a day, however many messages die: nobody is told by mail that mail does not go."""
    died_before = Message.objects.filter(state=MessageState.DEAD, since__gt=now - timedelta(days=1)).exclude(
        said="erased"
    )
    if died_before.count() <= 1:
        for site in all_sites():
            raise_alarm(site.pk, "", ALARM, at=now)


def sweep(now: datetime) -> int:
    """Messages that are over go, with the address that they held."""
    over = Message.objects.exclude(state=MessageState.WAITING).filter(since__lt=now - KEPT_DAYS * DAY)
    gone, _ = over.delete()
    return gone
