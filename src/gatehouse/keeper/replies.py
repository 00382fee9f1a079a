"""What the keeper answers: a reply of the verb's own type, or `Refused`."""

from datetime import date, datetime
from typing import Literal

import msgspec

from gatehouse.keeper import entrance
from gatehouse.keeper.labels import Budget, KeyClass
from gatehouse.keeper.terms import BulkState, Role, Ticket
from gatehouse.keeper.terms import Reply as Reply


class Refused(Reply, frozen=True, tag="refused"):
    """`code`: over_budget, no_ticket, bad_code, not_allowed, bad_request, unknown_edge, capped, locked, day_destroyed,
    log_full, not_granted, own_grant, unfillable, unknown_recipient, bad_sign_in, bad_passkey,
    not_fresh, weak_password, busy, locked_out. `facts` help to word it and never hold personal
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
    kind: Literal["attempt", "passage", "event", "faces"]
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
    about: str = ""  # of a refusal for want of a paper: `domain.papers.Lack.about`; like `reason` for screens alone


class Unadmitted(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True, tag="unadmitted"):
    """A letter that is refused for good. `code`: unknown_edge, bad_signature, unreadable, day_destroyed
    (the day's key is gone, or the day lies more than 35 days back), wrong_day (more than 35 days ahead)."""

    edge: str
    seq: int
    code: str


class Admissions(Reply, frozen=True, tag="admissions"):
    results: list[Admitted | Unadmitted]


class HeldClass(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A legal hold on one class of somebody's keys."""

    id: str
    key: KeyClass
    until: date
    why: str
    reference: str
    actor: str


class HeldList(Reply, frozen=True, tag="held"):
    """`classes` have a key; `waiting` are to be destroyed as soon as nothing holds them."""

    classes: list[KeyClass]
    holds: list[HeldClass]
    waiting: list[KeyClass]


class Forgotten(Reply, frozen=True, tag="forgotten"):
    """What is destroyed now and what stays for a hold; `certificate` is the signed JSON file about it."""

    certificate: bytes
    destroyed: list[KeyClass]
    stays: list[HeldClass]


class Tombstones(Reply, frozen=True, tag="tombstones"):
    """How many keys were destroyed, and at which place of the log that stands."""

    keys: int
    place: int | None = None


class Look(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    at: datetime
    actor: str
    role: str
    purpose: str
    budget: Budget
    place: int = 0  # in the log; `Prove` proves it


class LookList(Reply, frozen=True, tag="looks"):
    looks: list[Look]


class UsageRow(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    actor: str
    budget: Budget
    hour: int
    day: int
    hour_cap: int
    day_cap: int
    month: int = 0  # thirty days; the whole web process has no cap of them
    month_cap: int = 0
    role: str = ""  # of `Role` or `CapRole`; of the whole web process none


class CapRow(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How many different people a role may see in an hour, a day and thirty days; `published` where that is the
    default, which `defaults` says too."""

    role: str  # of `Role` or `CapRole`
    budget: Budget
    hour: int
    day: int
    month: int
    published: bool
    defaults: tuple[int, int, int] = (0, 0, 0)


class CapFile(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Where caps that are not the published ones come from: whose file it is, and when it was last written. `waits`
    where it says others than are in force: it is read at the start."""

    path: str
    owner: str
    written: datetime | None
    waits: bool


class UsageList(Reply, frozen=True, tag="usage"):
    """`since` is when the caps in force came in, None where there never were others."""

    rows: list[UsageRow]
    log_size: int
    caps: list[CapRow] = []
    web_cap: int = 0
    web_default: int = 0
    file: CapFile | None = None
    since: datetime | None = None


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


class Bulk(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A wish to see more people than the caps allow, and what became of it: `by` is who answered, `ended_by` who took
    back what was allowed."""

    id: str
    actor: str
    role: Role
    budget: Budget
    people: int
    used: int
    reason: str
    asked: datetime
    until: datetime
    state: BulkState
    by: str = ""
    ended_by: str = ""


class BulkList(Reply, frozen=True, tag="bulks"):
    bulks: list[Bulk]


class Honey(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A record of nobody: `cells` by label, empty where they were not asked for."""

    id: str
    kind: str  # person or vehicle
    site: str
    cells: dict[str, bytes] = {}


class HoneyList(Reply, frozen=True, tag="honeys"):
    honeys: list[Honey]


class Incident(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A line of the log that somebody should hear of; `kind` as in the log: honey, over_budget, bulk_asked,
    bulk_allowed,
    bulk_refused, limits. `of` is a budget or a wish's id."""

    place: int
    at: datetime
    kind: str
    actor: str
    role: str
    of: str


class IncidentList(Reply, frozen=True, tag="incidents"):
    """All of them before the place `through`, from which on one asks next. `size` and `root` are the log's head;
    `proof` leads to it from the size that the asker knows (RFC 6962), and is None where the log is shorter."""

    incidents: list[Incident]
    through: int
    size: int
    root: bytes
    proof: list[bytes] | None


class KeyState(Reply, frozen=True, tag="keys"):
    """`root_key` is file or credential; `recipient` the public half of the recovery key, "" while there is none;
    `fault` why the last key snapshot was not written, "" when it was."""

    root_key: str
    recipient: str
    rolled_at: datetime | None
    snapshot_at: datetime | None
    rehearsed_at: datetime | None
    fault: str


AnyReply = (
    Refused | Done | Welcome | Bytes | Text | Sealed | Located | Retokened | Alike | Claimed | Plated
    | Revealed | Names | Entered | TicketReply | Admissions
    | HeldList | Forgotten | Tombstones
    | BulkList | HoneyList | IncidentList
    | LookList | UsageList | Checked | Filled | RecipientList
    | KeyState
    | entrance.Certified | entrance.PasskeyAsked | entrance.PasswordAsked | entrance.WayList
)  # fmt: skip
