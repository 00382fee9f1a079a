"""The operator of all four garages: one queue, one click each, over the pages that people use."""

import re
import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta

import httpx
from tests.garage_day.plan import Odd, Visit
from tests.garage_day.town import Town

from gatehouse.keeper.client import KeeperAway
from gatehouse.keeper.local import invite_operator
from gatehouse.keeper.protocol import Role

CSRF = re.compile(r'name="csrfmiddlewaretoken" value="(\w+)"')
STAY = re.compile(r'name="stay" value="([0-9a-f-]{36})".*?<time datetime="([^"]+)"', re.DOTALL)
SHIFT = 40  # exceptions that one operator answers before a colleague takes over
SAME = timedelta(seconds=2)
# What is answered to whatever else waits.
OTHERWISE = {
    "tailgate": "false_alarm",
    "exit_without_stay": "no_stay",
    "reversed": "still_inside",
    "entered_twice": "had_left",
    "overstayed": "pays_rest",
    "late_payment": "paid_back",
    "excess_payment": "paid_back",
    "unpriced_payment": "paid_back",
    "stay_unreadable": "looked_after",
    "unread": "come_again",
    "help": "helped",
}
CAR_STANDS = ("held_without_stay", "two_alike")


class NobodyThere(Exception):
    """The pages did not answer."""


@dataclass(frozen=True, slots=True)
class Waiting:
    id: str
    kind: str
    fact: str


class Desk:
    def __init__(self, town: Town) -> None:
        self._town = town
        self._browser: httpx.Client | None = None
        self._answered = 0

    def close(self) -> None:
        if self._browser is not None:
            self._browser.close()
        self._browser = None

    def waiting(self, garage: str = "", gate: str = "") -> list[Waiting]:
        """The queue, oldest first; of one lane where that is told."""
        query = "SELECT id, kind, fact FROM parking_laneexception WHERE NOT done"
        narrowed = (uuid.UUID(garage).hex, gate) if garage else ()
        query += " AND garage_id = ? AND gate = ?" if garage else ""
        rows = self._town.rows(query + " ORDER BY at, id", *narrowed)
        return [Waiting(str(uuid.UUID(own)), kind, str(uuid.UUID(fact or own))) for own, kind, fact in rows]

    def likely(self, one: Waiting, entered_at: datetime | None) -> str | None:
        """The stay, of those that the page proposes, that began when the driver says."""
        return _began(self._ask("GET", f"/lanes/{one.id}/"), entered_at)

    def named(self, one: Waiting, plate: str, entered_at: datetime | None) -> str | None:
        """The stay of the plate that is told over the intercom."""
        return _began(self._ask("POST", f"/lanes/{one.id}/stay", plate=plate), entered_at)

    def answer(self, one: Waiting, answer: str, why: str = "misread", stay: str | None = None) -> bool:
        """One click; whether that settled it."""
        fields = {"answer": answer, "why": why} | ({"stay": stay} if stay else {})
        self._ask("POST", f"/lanes/{one.id}/answer", **fields)
        rows = self._town.rows("SELECT done FROM parking_laneexception WHERE id = ?", uuid.UUID(one.id).hex)
        self._answered += 1
        if self._answered % SHIFT == 0:
            self.close()
        return bool(rows[0][0])

    def settles(self, one: Waiting, visit: Visit | None) -> bool:
        """Answer what no car stands and waits for; `visit` is what the pictures of that moment show."""
        match one.kind:
            case "tailgate" if visit is not None and visit.odd is Odd.LOST_OUT:
                stay = self.named(one, visit.plate, visit.entered_at)
                return stay is not None and self.answer(one, "left_unseen", "tailgated", stay)
            case "exit_without_stay" if visit is not None:
                stay = self.likely(one, visit.entered_at)
                return self.answer(one, "close" if stay else "no_stay", stay=stay)
            case _:
                return self.answer(one, OTHERWISE[one.kind], "other")

    def _ask(self, method: str, path: str, **fields: str) -> str:
        try:
            answer = self._sent(method, path, fields)
            if answer.status_code in (302, 403):  # the ticket has run out
                self.close()
                answer = self._sent(method, path, fields)
        except (httpx.HTTPError, KeeperAway, AssertionError) as fault:
            self.close()
            raise NobodyThere(type(fault).__name__) from fault
        if answer.status_code >= 500:
            raise NobodyThere(str(answer.status_code))
        return answer.text

    def _sent(self, method: str, path: str, fields: dict[str, str]) -> httpx.Response:
        if self._browser is None:
            self._browser = self._signed_in()
        if method == "POST":
            fields = fields | {"csrfmiddlewaretoken": self._browser.cookies.get("csrftoken", "")}
        return self._browser.request(method, path, data=fields or None)

    def _signed_in(self) -> httpx.Client:
        code = invite_operator(self._town.box.home, str(uuid.uuid4()), Role.PARKING)
        browser = httpx.Client(base_url=self._town.url, timeout=30, follow_redirects=False)
        found = CSRF.search(browser.get(f"/enter/{code}").text)
        assert found
        assert browser.post("/enter/", data={"csrfmiddlewaretoken": found[1], "code": code}).status_code == 302
        return browser


def _began(page: str, entered_at: datetime | None) -> str | None:
    if entered_at is None:
        return None
    for stay, began in STAY.findall(page):
        if abs(datetime.fromisoformat(began) - entered_at) < SAME:
            return str(stay)
    return None
