"""What is said over the keeper's socket: one struct per verb. The labels of cells are in `labels` and named here too.

Frames are a 4-byte big-endian length and MessagePack. One connection carries requests one after another; the reply
is the verb's reply type or `Refused`. docs/specs/keeper.md is the specification; this file is its types.
"""

from datetime import date, datetime
from enum import StrEnum
from typing import Literal

import msgspec

from gatehouse.keeper.labels import LABELS as LABELS
from gatehouse.keeper.labels import Budget as Budget
from gatehouse.keeper.labels import KeyClass as KeyClass
from gatehouse.keeper.labels import Label as Label
from gatehouse.keeper.labels import PassageFacts as PassageFacts
from gatehouse.keeper.labels import StayEntry as StayEntry
from gatehouse.wire import Letter

FRAME_LIMIT = 64 * 1024 * 1024


class Owner(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Whose key. `id` is the person, vehicle, stay or site; `day` for SITE_DAY, `year` for BOOKS."""

    id: str
    day: date | None = None
    year: int | None = None


class Plain(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A plaintext on its way in. `row` is the id of the row that will hold the cell: it is bound as AAD."""

    label: str
    owner: Owner
    row: str
    data: bytes


class Cell(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A sealed cell on its way to be opened. The header names its key, except a passage's second half: `token` is the
    day token of the row, which lets the keeper find the person."""

    label: str
    row: str
    data: bytes
    token: bytes | None = None


def second_row(stay: object) -> str:
    """The row that a stay's second plate is sealed for: it never passes for the first."""
    return f"{stay}/second"


class Role(StrEnum):
    OWNER = "owner"
    SECURITY = "security"
    HR = "hr"
    PARKING = "parking"
    AUDITOR = "auditor"
    WORKER = "worker"


class Ticket(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What the keeper knows of somebody whom it verified itself."""

    actor: str  # operator id, or person id for a worker
    role: Role
    sites: tuple[str, ...]  # empty: every site
    subject: str | None  # the person whose own data a worker may see
    ends: datetime


class Authority(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """By what right: a signed-in person's ticket (bearer token), or a named job of the server."""

    ticket: str | None = None
    job: str | None = None


# --- requests ----------------------------------------------------------------------------------------------------


class Request(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag_field="verb"):
    pass


class Hello(Request, frozen=True, tag="hello"):
    """-> Welcome"""


class Secret(Request, frozen=True, tag="secret"):
    """A secret of the server's that must not lie in its home: session signing, a provider's webhook key. -> Bytes"""

    name: str


class Seal(Request, frozen=True, tag="seal"):
    """-> Sealed, in order. Makes the owner's key when it is the first cell of that class. Not for the labels that the
    keeper writes itself when it admits a letter."""

    cells: list[Plain]


class Admit(Request, frozen=True, tag="admit"):
    """Verify, open and re-seal letters. `stay_days`: for each site the local date whose tokens its open stays carry, as
    with `locate` a day of the last week. -> Admissions, in order."""

    letters: list[Letter]
    stay_days: dict[str, date]


class Tokens(Request, frozen=True, tag="tokens"):
    """Day tokens of these people, to find their rows of that day; counts the people. b"" where one has no access key.
    -> Sealed"""

    site: str
    day: date
    subjects: list[str]
    by: Authority


class Who(Request, frozen=True, tag="who"):
    """Whose day tokens are these (persons only). -> Names with one id or "" per token"""

    site: str
    day: date
    tokens: list[bytes]
    by: Authority


class Locate(Request, frozen=True, tag="locate"):
    """The tokens under which an open stay of this typed plate would lie. Answered for any plate; capped per `source`
    and site; only for a stay day of the last week. -> Located"""

    site: str
    stay_day: date
    plate: str
    source: str  # opaque: the server's keyed hash of the asking address


class Retoken(Request, frozen=True, tag="retoken"):
    """Tokens of these open stays for the site's new day (today, give or take one), from their plate cells (label
    stay.plate/1); None for a stay whose key is gone. -> Retokened"""

    site: str
    day: date
    stays: list[Cell]


class Resemble(Request, frozen=True, tag="resemble"):
    """How alike the plate of a gate's facts (attempt.facts/1, passage.facts/1) is to those of open stays: a
    `domain.matching.Likeness` for each cell stay.plate/1, and no plate. Counts as a look at those facts. -> Alike"""

    read: Cell
    stays: list[Cell]
    by: Authority


class StayCells(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Both cells of one open stay; `row` is its id."""

    row: str
    plate: bytes
    entry: bytes


class Claim(Request, frozen=True, tag="claim"):
    """The one of these open stays whose plate is nearly the typed one, or that of a gate's facts, and which came in
    within a quarter of an hour of `entered_about`; nobody's when there is none or more than one. Capped per `source`,
    garage and plate. -> Claimed"""

    site: str
    garage: str
    stay_day: date
    entered_about: datetime
    stays: list[StayCells]
    source: str
    plate: str | None = None
    read: Cell | None = None


class SecondPlate(Request, frozen=True, tag="second_plate"):
    """Seal the plate of a gate's facts as the second plate of an open stay, by the ticket of somebody who says that
    both are one car. Counts as a look at those facts. -> Plated"""

    stay_day: date
    stay: str
    read: Cell
    by: Authority


class Find(Request, frozen=True, tag="find"):
    """Search names, staff numbers and plates in memory, of all or of those `among`; every hit counts as seen.
    -> Names (person/vehicle ids)"""

    text: str
    ticket: str
    limit: int = 25
    among: list[str] | None = None


class Index(Request, frozen=True, tag="index"):
    """Feed ciphertexts of indexed labels at the server's start and after changes. -> Done"""

    cells: list[Cell]


class Reveal(Request, frozen=True, tag="reveal"):
    """Plaintexts, in order, None where a key is gone. Budget checked and logged before the answer. -> Revealed"""

    cells: list[Cell]
    by: Authority
    purpose: str  # a code such as "person.page"; it goes into the log


class Reseal(Request, frozen=True, tag="reseal"):
    """Cells of edge-bound labels, HPKE to that enrolled edge; `owners[i]` goes into the aad. None where a key is gone.
    -> Revealed"""

    edge: str
    cells: list[Cell]
    owners: list[str]


class Sign(Request, frozen=True, tag="sign"):
    """Sign a pass or receipt: returns its compact text (crypto.tokens). -> Text"""

    kind: Literal["pass", "receipt"]
    claims: dict[str, str | int]
    by: Authority


class Forget(Request, frozen=True, tag="forget"):
    """Destroy the keys of these classes of one subject: a person's or vehicle's by an owner's or HR's ticket (their own
    face also by a worker's), a stay's when it closes by the job `stays`. -> Done"""

    subject: str
    classes: list[KeyClass]
    by: Authority


class ForgetDays(Request, frozen=True, tag="forget_days"):
    """Destroy the keys of a site's days before `before`; they are never made again. By the job `retention` (days that
    are more than 7 days old), or an owner's ticket. -> Done"""

    site: str
    before: date
    by: Authority


class FillRow(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One person's part of a file. `reference` is an opaque id of at most 32 characters; all cells are that person's:
    payslip.run/1 always, person.name/1 where a name is written, and person.bank/1 for a bank, person.brief/1 for a
    list."""

    reference: str
    cells: list[Cell]


class FillJob(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What is to be written for whom: a template with its few words, and cells. Its digest is what is granted, so
    nothing of it can change afterwards, not even a cell that was sealed anew."""

    site: str
    template: Literal["bank", "list", "journal"]
    recipient: str  # the name under which an owner enrolled it
    id: str  # of the file, unique for the payer
    pay_on: date
    payer: Cell | None = None  # pay.setup/1, for a bank
    accounts: dict[str, str] = {}  # for the journal
    rows: list[FillRow]


class Grant(Request, frozen=True, tag="grant"):
    """A second person's word for this very job, good for 8 hours. -> Checked: granted when there are no faults."""

    job: FillJob
    by: Authority


class Fill(Request, frozen=True, tag="fill"):
    """The file, filled in here and encrypted to its recipient; plaintext never leaves. By somebody else than who
    granted it. -> Filled"""

    job: FillJob
    by: Authority


class EnrolRecipient(Request, frozen=True, tag="enrol_recipient"):
    """Admit a recipient of files ("age1..." key) by name: by an owner's ticket or the shell, never by the server alone.
    An empty key takes it away. -> Done"""

    name: str
    site: str
    key: str
    by: Authority = Authority()


class Recipients(Request, frozen=True, tag="recipients"):
    """Who may get a site's files. -> RecipientList"""

    site: str
    by: Authority


class Invite(Request, frozen=True, tag="invite"):
    """A one-time sign-in code for an operator, or for a worker (role worker, subject). By an owner's ticket (HR's for
    workers); a local shell of the keeper's own user needs none for the first owner. -> Text"""

    actor: str
    role: Role
    sites: tuple[str, ...] = ()
    subject: str | None = None
    by: Authority = Authority()


class SignIn(Request, frozen=True, tag="sign_in"):
    """-> Entered, or Refused bad_code / locked."""

    code: str


class WhoAmI(Request, frozen=True, tag="whoami"):
    """-> Ticket, or Refused no_ticket."""

    ticket: str


class SignOut(Request, frozen=True, tag="sign_out"):
    """-> Done"""

    ticket: str


class EnrolEdge(Request, frozen=True, tag="enrol_edge"):
    """Admit an edge by its public keys: only by an owner's ticket or from the keeper's own user's shell. -> Done"""

    edge: str
    site: str
    zone: str
    sign_key: bytes  # Ed25519, 32 bytes
    seal_key: bytes  # X25519, 32 bytes
    by: Authority = Authority()


class Note(Request, frozen=True, tag="note"):
    """Hashes of the server's own audit entries, for the same tree. -> Done"""

    hashes: list[bytes]


class Checkpoint(Request, frozen=True, tag="checkpoint"):
    """-> Text: the signed head of the log (C2SP checkpoint)."""


class Looks(Request, frozen=True, tag="looks"):
    """Who looked at this person: by the person's own ticket, an owner's or an auditor's. -> LookList"""

    subject: str
    ticket: str


class Usage(Request, frozen=True, tag="usage"):
    """Budget use now, per actor and class, for the Trust page. -> UsageList"""

    ticket: str


AnyRequest = (
    Hello | Secret | Seal | Admit | Tokens | Who | Locate | Retoken | Resemble | Claim | SecondPlate
    | Find | Index | Reveal | Reseal | Sign | Forget
    | ForgetDays | Grant | Fill | EnrolRecipient | Recipients
    | Invite | SignIn | WhoAmI | SignOut | EnrolEdge | Note | Checkpoint | Looks | Usage
)  # fmt: skip


# --- replies -----------------------------------------------------------------------------------------------------


class Reply(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag_field="reply"):
    pass


class Refused(Reply, frozen=True, tag="refused"):
    """`code`: over_budget, no_ticket, bad_code, not_allowed, bad_request, unknown_edge, capped, locked, day_destroyed,
    log_full, not_granted, own_grant, unfillable, unknown_recipient. `facts` help to word it and never hold personal
    data."""

    code: str
    facts: dict[str, str | int] = {}


class Done(Reply, frozen=True, tag="done"):
    pass


class Welcome(Reply, frozen=True, tag="welcome"):
    version: int
    seal_key: bytes  # X25519: edges seal letters to it
    verify_key: bytes  # Ed25519: passes, receipts, checkpoints


class Bytes(Reply, frozen=True, tag="bytes"):
    data: bytes


class Text(Reply, frozen=True, tag="text"):
    text: str


class Sealed(Reply, frozen=True, tag="sealed"):
    cells: list[bytes]


class PlateTokens(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A plate's tokens of one stay day; `folded` is that of every plate which looks the same."""

    exact: bytes
    folded: bytes


class Located(Reply, frozen=True, tag="located"):
    tokens: PlateTokens


class Retokened(Reply, frozen=True, tag="retokened"):
    tokens: list[PlateTokens | None]


class Alike(Reply, frozen=True, tag="alike"):
    how: list[str]


class Second(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A stay's second plate: a cell stay.plate/1 of the row `second_row(stay)`, and its tokens."""

    cell: bytes
    tokens: PlateTokens


class Claimed(Reply, frozen=True, tag="claimed"):
    """`stay` is "" when the claim fits nobody."""

    stay: str = ""
    second: Second | None = None


class Plated(Reply, frozen=True, tag="plated"):
    second: Second


class Revealed(Reply, frozen=True, tag="revealed"):
    data: list[bytes | None]


class Names(Reply, frozen=True, tag="names"):
    ids: list[str]


class Entered(Reply, frozen=True, tag="entered"):
    token: str  # the bearer token; the keeper stores only its hash
    ticket: Ticket


class TicketReply(Reply, frozen=True, tag="ticket"):
    ticket: Ticket


class Lane(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What the server needs to open or close a stay. On the way in `stay` is a fresh random id with its two cells
    (stay.plate/1, stay.entry/1 both with row = stay id); on the way out only the token."""

    token: bytes  # under the site's stay day
    folded: bytes  # the same of every plate that looks so
    stay: str | None = None
    plate_cell: bytes | None = None
    entry_cell: bytes | None = None


class Admitted(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True, tag="admitted"):
    """A letter's facts without its person. `cell` is sealed under the site-day (and the person); `reason` is for the
    moment's screens and is never stored in the clear."""

    edge: str
    seq: int
    site: str
    kind: Literal["attempt", "passage", "event"]
    id: str
    gate: str
    at: datetime
    day: date  # the site's local date of `at`
    direction: Literal["in", "out", ""]
    granted: bool
    reason: str
    means: str
    sensed: bool = False
    attempt: str | None = None
    token: bytes | None = None
    cell: bytes | None = None
    lane: Lane | None = None
    stay: str | None = None  # of a passage out by receipt: the stay that it lets out


class Unadmitted(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True, tag="unadmitted"):
    """A letter that is refused for good. `code`: unknown_edge, bad_signature, unreadable, day_destroyed
    (the day's key is gone, or the day lies more than 35 days back), wrong_day (more than 35 days ahead)."""

    edge: str
    seq: int
    code: str


class Admissions(Reply, frozen=True, tag="admissions"):
    results: list[Admitted | Unadmitted]


class Look(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    at: datetime
    actor: str
    role: str
    purpose: str
    budget: Budget


class LookList(Reply, frozen=True, tag="looks"):
    looks: list[Look]


class UsageRow(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    actor: str
    budget: Budget
    hour: int
    day: int
    hour_cap: int
    day_cap: int


class UsageList(Reply, frozen=True, tag="usage"):
    rows: list[UsageRow]
    log_size: int


class FillFault(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What keeps a file from being written, and in whose row ("" for all of it); a code, never the value."""

    reference: str
    code: str


class Checked(Reply, frozen=True, tag="checked"):
    """How many rows would be written, and what is in the way; without faults the job is granted."""

    rows: int
    faults: list[FillFault]


class Filled(Reply, frozen=True, tag="filled"):
    data: bytes  # an age file
    rows: int


class Recipient(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    name: str
    site: str
    key: str


class RecipientList(Reply, frozen=True, tag="recipients"):
    recipients: list[Recipient]


AnyReply = (
    Refused | Done | Welcome | Bytes | Text | Sealed | Located | Retokened | Alike | Claimed | Plated
    | Revealed | Names | Entered | TicketReply | Admissions
    | LookList | UsageList | Checked | Filled | RecipientList
)  # fmt: skip
