"""What the keeper is asked: one struct per verb, which says the reply that it gets."""

from datetime import date, datetime
from typing import Literal

import msgspec

from gatehouse.keeper import entrance
from gatehouse.keeper.labels import Budget, KeyClass
from gatehouse.keeper.terms import Authority, Cell, Plain, Role, Sent, Trust
from gatehouse.keeper.terms import Request as Request
from gatehouse.wire import Letter


class Hello(Request, frozen=True, tag="hello"):
    """-> Welcome"""


class Secret(Request, frozen=True, tag="secret"):
    """A secret of the server's that must not lie in its home: session signing, a provider's webhook key. -> Bytes"""

    name: str


class Mint(Request, frozen=True, tag="mint"):
    """A new secret of 256 bits, sealed as a hook.secret/1 cell of this site and row; by an owner's ticket. -> Bytes"""

    site: str
    row: str
    by: Authority


class Seal(Request, frozen=True, tag="seal"):
    """-> Sealed, in order. Makes the owner's key when it is the first cell of that class. Not for the labels that the
    keeper writes itself when it admits a letter."""

    cells: list[Plain]


class Admit(Request, frozen=True, tag="admit"):
    """Verify, open and re-seal letters. `stay_days`: for each site the local date whose tokens its open stays carry, as
    with `locate` a day of the last week. `sent` is the request that brought them, when its edge signed it: then one
    signature stands for all. -> Admissions, in order."""

    letters: list[Letter]
    stay_days: dict[str, date]
    sent: Sent | None = None


class Tokens(Request, frozen=True, tag="tokens"):
    """Day tokens of these people, to find their rows of that day or to write imported ones; counts the people. b""
    where one has no access key. A day of the last weeks that has no key yet gets one. -> Sealed"""

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
    """Sign a pass, a receipt or a question to an edge: returns its compact text (crypto.tokens). -> Text"""

    kind: Literal["pass", "receipt", "ask"]
    claims: dict[str, str | int]
    by: Authority


class Forget(Request, frozen=True, tag="forget"):
    """Destroy the keys of these classes of one subject: a person's or vehicle's by an owner's or HR's ticket (their own
    face also by a worker's), a stay's when it closes by the job `stays`. What a legal hold covers stays, and goes by
    itself when the hold is over. -> Forgotten; for a stay Done"""

    subject: str
    classes: list[KeyClass]
    by: Authority


class ForgetDays(Request, frozen=True, tag="forget_days"):
    """Destroy the keys of a site's days before `before`, of strangers and vehicles alone (`others`) or of all; they are
    never made again. By the job `retention` (days more than 7 days old), or an owner's ticket. -> Tombstones"""

    site: str
    before: date
    by: Authority
    which: Literal["others", "all"] = "all"


class ForgetBooks(Request, frozen=True, tag="forget_books"):
    """Destroy the keys of a site's books of the years before `before`, none of them younger than the law allows; they
    are never made again. By the job `retention` or an owner's ticket. -> Tombstones"""

    site: str
    before: int
    by: Authority


class Hold(Request, frozen=True, tag="hold"):
    """Lay a legal hold: the keys of this class of this subject stay until `until` begins (UTC). `why` is a code of
    `rules.HOLD_WHY`, `reference` a case's number of at most 40 characters. -> Text with the hold's id"""

    subject: str
    key: KeyClass
    until: date
    why: str
    by: Authority
    reference: str = ""


class LiftHold(Request, frozen=True, tag="lift_hold"):
    """Take a hold of this subject away; an erasure that waited for it happens at once. -> Done"""

    id: str
    subject: str
    by: Authority


class Held(Request, frozen=True, tag="held"):
    """Of which classes a subject has keys, what holds them, and which wait to be destroyed. -> HeldList"""

    subject: str
    by: Authority


class Prove(Request, frozen=True, tag="prove"):
    """One line of the log with its path to a signed head: a worker's of a look at them, an auditor's or owner's of any.
    -> Bytes, a JSON file (docs/specs/keeper.md)"""

    place: int
    ticket: str


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
    written_as: Literal["csv", "xlsx"] = "csv"  # of a table; a bank has its own format
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


class Entrust(Request, frozen=True, tag="entrust"):
    """Let workers read the names and requests of their people, each from date to date, as their manager or as the
    delegate of one: by an owner's or HR's ticket, never by the server alone. Replaces all that was entrusted at this
    site, by manager. -> Done"""

    site: str
    teams: dict[str, list[Trust]]
    by: Authority


class Invite(Request, frozen=True, tag="invite"):
    """A one-time sign-in code for an operator, for a worker (role worker, subject: the person) or for a contractor
    (role contractor, subject: the company). By an owner's ticket (HR's for workers); a local shell of the keeper's own
    user needs none for the first owner. -> Text"""

    actor: str
    role: Role
    sites: tuple[str, ...] = ()
    subject: str | None = None
    by: Authority = Authority()


class SignIn(Request, frozen=True, tag="sign_in"):
    """-> Entered, or Refused bad_code / locked."""

    code: str
    source: str = ""  # opaque: the server's keyed hash of the asking address


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


class AskBulk(Request, frozen=True, tag="ask_bulk"):
    """More people of one class of data than the caps allow, until a moment of the next week, for a reason of at most
    200 characters. Nothing is shown by it yet. -> Text with the wish's id"""

    budget: Budget
    people: int
    until: datetime
    reason: str
    by: Authority


class AnswerBulk(Request, frozen=True, tag="answer_bulk"):
    """A second person's word on such a wish, by an owner's or HR's ticket that reaches as far; a no also by who asked.
    -> Done; Refused own_grant, not_granted"""

    id: str
    allow: bool
    by: Authority


class EndBulk(Request, frozen=True, tag="end_bulk"):
    """What was allowed ends now, by who asked or by whoever may answer. -> Done; Refused not_granted"""

    id: str
    by: Authority


class Bulks(Request, frozen=True, tag="bulks"):
    """One's own wishes; an owner, HR and an auditor see everybody's whom they reach. -> BulkList"""

    ticket: str


class LayHoneys(Request, frozen=True, tag="lay_honeys"):
    """Make up what is missing of the twenty honey records, spread over these sites, by the job `honeys`.
    -> HoneyList, of all of them"""

    sites: list[str]
    by: Authority


class HoneyCells(Request, frozen=True, tag="honey_cells"):
    """The cells of these honey records, sealed anew, by the job `honeys`. -> HoneyList"""

    ids: list[str]
    by: Authority


class AskIncidents(Request, frozen=True, tag="incidents"):
    """What the log holds from this place on that somebody should hear of, by the job `incidents`, and the proof that
    the
    log still begins with the `size` lines that the asker knows. -> IncidentList"""

    after: int
    size: int
    by: Authority


class AskKeys(Request, frozen=True, tag="keys"):
    """How it stands with the keys above the data keys, and who could recover them. -> KeyState"""


class Roll(Request, frozen=True, tag="roll"):
    """A new key-encryption key, by an owner's ticket or the shell; with "root" a new root key besides, by the shell
    alone. -> Text: how many keys were wrapped anew; Refused not_rolled"""

    what: Literal["kek", "root"]
    by: Authority = Authority()


class KeepRecovery(Request, frozen=True, tag="keep_recovery"):
    """The public half of a new recovery key, to which key snapshots are sealed from now on: by the shell alone.
    -> Done, or Refused not_written"""

    recipient: str
    by: Authority = Authority()


class TakeSnapshot(Request, frozen=True, tag="snapshot"):
    """A key snapshot now. -> Text: its path; Refused no_recovery_key, not_written"""

    by: Authority = Authority()


class Rehearsed(Request, frozen=True, tag="rehearsed"):
    """The recovery key was tried on a snapshot, and opened it: by the shell alone. -> Done"""

    by: Authority = Authority()


AnyRequest = (
    Hello | Secret | Mint | Seal | Admit | Tokens | Who | Locate | Retoken | Resemble | Claim | SecondPlate
    | Find | Index | Reveal | Reseal | Sign | Forget
    | ForgetDays | Grant | Fill | EnrolRecipient | Recipients
    | ForgetBooks | Hold | LiftHold | Held | Prove
    | Entrust | Invite | SignIn | WhoAmI | SignOut | EnrolEdge | Note | Checkpoint | Looks | Usage
    | AskBulk | AnswerBulk | EndBulk | Bulks | LayHoneys | HoneyCells | AskIncidents
    | AskKeys | Roll | KeepRecovery | TakeSnapshot | Rehearsed
    | entrance.Certify | entrance.BeginPasskey | entrance.AddPasskey | entrance.PasskeySignIn | entrance.BeginPassword
    | entrance.SetPassword | entrance.PasswordSignIn | entrance.Ways | entrance.RemoveWay | entrance.SignOutEverywhere
    | entrance.CloseAccount
)  # fmt: skip
