"""Stripe, as far as we use it: Checkout sessions, intents, refunds, lists, and signed events."""

import hashlib
import hmac
import json
from datetime import datetime
from typing import Any
from urllib.parse import parse_qsl, urlsplit
from uuid import UUID, uuid4

from tests.server.providers.standin import ZONE, Answer, Asked, Back, Sold, StandIn, Told

SECRET, WEBHOOK = "sk_test_standin", "whsec_standin"


class StripeStandIn(StandIn):
    name = "stripe"
    auto_pay = True

    def __init__(self, now: Any) -> None:
        super().__init__(now)
        self.sessions: dict[str, dict[str, Any]] = {}
        self.idempotent: dict[str, tuple[str, Answer]] = {}
        self.declines_charges = False
        self.detached: list[str] = []

    def key(self, ours: UUID) -> str:
        return str(ours)

    def keys(self) -> dict[str, str]:
        return {"secret_key": SECRET, "webhook_secret": WEBHOOK, "base_url": self.url}

    def wrong_keys(self) -> dict[str, str]:
        return self.keys() | {"secret_key": "sk_test_other"}

    def forget_idempotency(self) -> None:
        """A day later."""
        self.idempotent.clear()

    # --- telling ---

    def notice(self, payment: UUID, **odd: Any) -> Told:
        order = self.orders[self.key(payment)]
        session = self._session(next(one for one in self.sessions.values() if one["order"] == order.id))
        session |= {"client_reference_id": str(odd.get("id", payment)), "amount_total": odd.get("minor", order.minor)}
        session |= {"currency": str(odd.get("currency", order.currency)).lower()}
        return self._event("checkout.session.completed", session, **odd)

    def _event(self, kind: str, held: dict[str, Any], **odd: Any) -> Told:
        event = {"id": f"evt_{uuid4().hex}", "object": "event", "type": kind, "data": {"object": held}}
        body = json.dumps(event).encode()
        at = int(odd.get("signed_at", self.now()).timestamp())
        secret = odd.get("key", WEBHOOK)
        mac = hmac.new(secret.encode(), f"{at}.".encode() + body, hashlib.sha256).hexdigest()
        return Told(self.notify_url, {"Stripe-Signature": f"t={at},v1={mac}"}, body)

    def refund_notice(self, refund: UUID) -> Told:
        return self._event("refund.updated", self._refund(self.backs[str(refund)]))

    # --- answering ---

    def answer(self, asked: Asked) -> Answer:
        if asked.headers.get("authorization") != f"Bearer {SECRET}":
            return _error(401, "invalid_request_error", "api_key_invalid")
        path, query = urlsplit(asked.path).path, dict(parse_qsl(urlsplit(asked.path).query))
        form = dict(parse_qsl(asked.body.decode()))
        key = asked.headers.get("idempotency-key", "")
        if asked.method == "POST" and key:
            before = self.idempotent.get(key)
            if before is not None:
                same = before[0] == asked.body.decode()
                return before[1] if same else _error(400, "idempotency_error", "idempotency_key_in_use")
        answer = self._answer(asked.method, path.removeprefix("/v1/"), query, form)
        if asked.method == "POST" and key and answer.status < 500:
            self.idempotent[key] = (asked.body.decode(), answer)
        return answer

    def _answer(self, method: str, path: str, query: dict[str, str], form: dict[str, str]) -> Answer:
        match (method, path.split("/")):
            case ("POST", ["checkout", "sessions"]):
                return self._open(form)
            case ("GET", ["checkout", "sessions", name]):
                session = self.sessions.get(name)
                return _json(self._session(session)) if session else _error(404, "invalid_request_error", "missing")
            case ("POST", ["payment_intents"]):
                return self._charge(form)
            case ("GET", ["payment_intents", "search"]):
                wanted = query["query"].split("'")[3]
                found = [self._intent(o) for o in self.orders.values() if o.id == wanted and o.paid_at]
                return _json({"object": "search_result", "data": found, "has_more": False})
            case ("GET", ["payment_intents", name]):
                found = [self._intent(o) for o in self.orders.values() if f"pi_{o.ref}" == name]
                return _json(found[0]) if found else _error(404, "invalid_request_error", "missing")
            case ("GET", ["refunds"]):
                return self._listed([self._refund(b) for b in self._backs(query)], query)
            case ("POST", ["refunds"]):
                return self._pay_back(form)
            case ("GET", ["charges"]):
                return self._listed(list(self._charges(query)), query)
            case ("GET", ["balance"]):
                return _json({"object": "balance", "available": []})
            case ("POST", ["payment_methods", name, "detach"]):
                self.detached.append(name)
                return _json({"id": name, "object": "payment_method"})
        return _error(404, "invalid_request_error", "no_such_path")

    def _open(self, form: dict[str, str]) -> Answer:
        ref = form["client_reference_id"]
        name = f"cs_test_{uuid4().hex}"
        self.sessions[name] = {"id": name, "order": ref, "mode": form["mode"], "agreed": False}
        if form["mode"] == "payment":
            item = "line_items[0][price_data]"
            assert form[f"payment_intent_data[metadata][payment]"] == ref  # noqa: F541
            minor, currency = int(form[f"{item}[unit_amount]"]), form[f"{item}[currency]"].upper()
            self.orders.setdefault(ref, Sold(ref, minor, currency))
        return _json(self._session(self.sessions[name]))

    def _session(self, session: dict[str, Any]) -> dict[str, Any]:
        facts: dict[str, Any] = {"id": session["id"], "object": "checkout.session", "mode": session["mode"]}
        facts |= {"client_reference_id": session["order"], "url": f"{self.url}/pay/{session['id']}"}
        if session["mode"] == "setup":
            done = session["agreed"]
            facts |= {"status": "complete" if done else "open", "customer": "cus_1" if done else None}
            return facts | {"setup_intent": {"id": "seti_1", "payment_method": "pm_1"} if done else None}
        order = self.orders[session["order"]]
        status = "complete" if order.paid_at else "expired" if order.closed else "open"
        facts |= {"status": status, "payment_status": "paid" if order.paid_at else "unpaid"}
        facts |= {"amount_total": order.minor, "currency": order.currency.lower()}
        return facts | {"payment_intent": f"pi_{order.ref}" if order.paid_at else None}

    def agree(self, mandate: UUID) -> None:
        next(one for one in self.sessions.values() if one["order"] == str(mandate))["agreed"] = True

    def _intent(self, order: Sold) -> dict[str, Any]:
        facts = {"id": f"pi_{order.ref}", "object": "payment_intent", "metadata": {"payment": order.id}}
        facts |= {"status": "succeeded" if order.paid_at else "requires_payment_method"}
        return facts | {"currency": order.currency.lower(), "amount_received": order.minor if order.paid_at else 0}

    def _charge(self, form: dict[str, str]) -> Answer:
        ref = form["metadata[payment]"]
        if self.declines_charges:
            return _error(402, "card_error", "card_declined")
        assert (form["customer"], form["payment_method"], form["off_session"]) == ("cus_1", "pm_1", "true")
        order = Sold(ref, int(form["amount"]), form["currency"].upper(), paid_at=self.now())
        self.orders.setdefault(ref, order)
        return _json(self._intent(self.orders[ref]))

    def _pay_back(self, form: dict[str, str]) -> Answer:
        order = next(o for o in self.orders.values() if f"pi_{o.ref}" == form["payment_intent"])
        minor, name = int(form["amount"]), form["metadata[refund]"]
        if self.refuse_refunds:
            return _error(400, "invalid_request_error", self.refuse_refunds)
        if minor + sum(b.minor for b in self.backs.values() if b.order == order.id) > order.minor:
            return _error(400, "invalid_request_error", "charge_already_refunded")
        # No look at `name`: only the idempotency key, and our own looking, keep it from going back twice.
        place = name if name not in self.backs else f"{name} again"
        self.backs[place] = Back(name, order.id, minor, self.now(), self.slow_refunds)
        return _json(self._refund(self.backs[place]))

    def _refund(self, back: Back) -> dict[str, Any]:
        facts = {"id": f"re_{back.ref}", "object": "refund", "amount": back.minor, "metadata": {"refund": back.id}}
        order = self.orders.get(back.order)
        facts |= {"currency": (order.currency if order else self.currency).lower()}
        facts |= {"payment_intent": f"pi_{order.ref}" if order else None}
        return facts | {"status": "pending" if back.pending else "succeeded"}

    def _backs(self, query: dict[str, str]) -> list[Back]:
        if "payment_intent" in query:
            return [b for b in self.backs.values() if f"pi_{self.orders[b.order].ref}" == query["payment_intent"]]
        return [Back(name, order, minor, at, ref=f"{ref}{number}")
                for number, (kind, name, order, ref, minor, at) in enumerate(self._span(query))
                if kind == "refund"]  # fmt: skip

    def _charges(self, query: dict[str, str]) -> Any:
        for number, (kind, name, _order, ref, minor, _at) in enumerate(self._span(query)):
            if kind == "payment":
                ours = {"payment": name} if name in self.orders else {}
                currency = self.orders[name].currency if ours else self.currency
                yield {"id": f"ch_{name}{number}", "object": "charge", "amount": minor, "currency": currency.lower(),
                       "status": "succeeded", "metadata": ours, "payment_intent": f"pi_{ref}"}  # fmt: skip

    def _span(self, query: dict[str, str]) -> Any:
        since, until = int(query["created[gte]"]), int(query["created[lt]"])
        day = datetime.fromtimestamp(since, ZONE).date()
        return [line for line in self.lines(day) if since <= line[5].timestamp() < until]

    def _listed(self, rows: list[dict[str, Any]], query: dict[str, str]) -> Answer:
        """Two to a page, so that whoever reads only the first page is caught."""
        start = next((i + 1 for i, row in enumerate(rows) if row["id"] == query.get("starting_after")), 0)
        shown = rows[start : start + 2] if "created[gte]" in query else rows
        return _json({"object": "list", "data": shown, "has_more": len(rows) > start + len(shown)})


def _json(facts: dict[str, Any]) -> Answer:
    return Answer(200, json.dumps(facts).encode(), {"Content-Type": "application/json"})


def _error(status: int, kind: str, code: str) -> Answer:
    body = json.dumps({"error": {"type": kind, "code": code, "message": "no"}}).encode()
    return Answer(status, body, {"Content-Type": "application/json"})
