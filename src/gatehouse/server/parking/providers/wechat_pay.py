"""WeChat Pay, API v3, a merchant's own account; CNY only.

Sources: pay.weixin.qq.com/doc/v3/merchant/4012791877 (Native order: `out_trade_no` of 6 to 32 letters and digits,
unique per merchant, `code_url`), /4012791833 (H5 order), /4012791879 (query), /4013071041 (refund and its query: repeat
with the same `out_refund_no`, never with another), wiki/doc/apiv3_partner/apis/chapter5_1_19 (bills: signed request,
unsigned answer, CSV with a backtick before each value, yuan, ready from 10 o'clock the next day), wiki/doc/apiv3
"签名生成" and "签名验证" (the strings that are signed, with a newline after each part).

Signing and decrypting are the library `wechatpayv3`'s; its client speaks to one fixed host and writes certificates to
disk, so the requests are ours. Answers are verified by the platform's public key (公钥模式). Never tried against the
real service.
"""

import csv
import io
from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import httpx
import msgspec
from wechatpayv3.utils import aes_decrypt, build_authorization, load_private_key, load_public_key, rsa_verify

from gatehouse.domain.money import Money, MoneyError
from gatehouse.server.parking.providers.protocol import (
    ORDER_HOLDS,
    Asked,
    Begun,
    Charged,
    Closed,
    Declined,
    Ignored,
    MandateAsked,
    Notice,
    Order,
    Paid,
    PaidNotice,
    Pending,
    ProviderFault,
    QrCode,
    Redirect,
    Refunded,
    Refunding,
    RefundNotice,
    Row,
    Unpaid,
    is_fresh,
    is_ref,
    our_id,
)
from gatehouse.server.parking.providers.web import STATEMENT_TIMEOUT_S, call

BEIJING = ZoneInfo("Asia/Shanghai")
MOST_MINOR = 100_000_000_00  # a guard against slips; WeChat's own limits depend on the payer
_AGAIN = frozenset({"NOT_ENOUGH", "FREQUENCY_LIMITED", "FREQUENCY_LIMIT_EXCEED", "USER_ACCOUNT_ABNORMAL"})


class WechatKeys(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`way` is `h5` (a phone's browser) or `native` (a QR code). Keys are PEM text; `apiv3_key` has 32 characters."""

    appid: str
    mchid: str
    serial_no: str
    private_key: str
    apiv3_key: str
    public_key_id: str
    public_key: str
    way: str = "h5"
    base_url: str = "https://api.mch.weixin.qq.com"


class WechatPay:
    """One merchant. Raises ValueError for keys that are none."""

    def __init__(self, keys: WechatKeys) -> None:
        self._keys = keys
        if len(keys.apiv3_key.encode()) != 32:
            raise ValueError("apiv3_key")
        try:
            self._private_key = load_private_key(keys.private_key)
            self._public_key = load_public_key(keys.public_key)
        except Exception as fault:
            raise ValueError("private_key or public_key") from fault

    # --- paying ---

    def begin(self, order: Order, *, return_url: str, notify_url: str, at: datetime) -> Begun:
        if order.amount.currency != "CNY" or not 0 < order.amount.minor <= MOST_MINOR:
            return Declined("amount")
        asked: dict[str, Any] = {
            "appid": self._keys.appid,
            "mchid": self._keys.mchid,
            "description": order.about[:120],
            "out_trade_no": order.payment.hex,
            "time_expire": (at + ORDER_HOLDS).astimezone(BEIJING).isoformat(timespec="seconds"),
            "notify_url": notify_url,
            "amount": {"total": order.amount.minor, "currency": "CNY"},
        }
        if self._keys.way == "h5":
            asked["scene_info"] = {"payer_client_ip": order.payer_address, "h5_info": {"type": "Wap"}}
        answer = self._ask("POST", f"/v3/pay/transactions/{self._keys.way}", asked)
        if isinstance(answer, Declined):
            return answer
        if self._keys.way == "h5" and isinstance(answer.get("h5_url"), str):
            joined = httpx.URL(answer["h5_url"]).copy_merge_params({"redirect_url": return_url})
            return Redirect(str(joined))
        if isinstance(answer.get("code_url"), str):
            return QrCode(answer["code_url"])
        raise ProviderFault("odd_answer")

    def read_notice(self, headers: Mapping[str, str], body: bytes, at: datetime) -> Notice | None:
        try:
            text = body.decode()
            if not self._signed(headers, text) or not is_fresh(headers.get("wechatpay-timestamp"), at):
                return None
            event = msgspec.json.decode(body, type=dict[str, Any])
            held = event["resource"]
            if held["algorithm"] != "AEAD_AES_256_GCM":
                return None
            opened = aes_decrypt(
                held["nonce"], held["ciphertext"], held.get("associated_data") or "", self._keys.apiv3_key
            )
            found = msgspec.json.decode(opened or b"", type=dict[str, Any])
        except (KeyError, TypeError, AttributeError, ValueError, msgspec.MsgspecError):
            return None
        if found.get("mchid") != self._keys.mchid:
            return None
        kind = str(event.get("event_type"))
        if kind.startswith("REFUND."):
            refund = our_id(found.get("out_refund_no"))
            return RefundNotice(refund, _refund(found, "refund_status")) if refund else Ignored()
        try:
            payment, asked = our_id(found.get("out_trade_no")), _trade(found)
        except ProviderFault:
            return None
        if found.get("appid") != self._keys.appid:
            return None
        return PaidNotice(payment, asked) if payment and isinstance(asked, Paid) else Ignored()

    def ask(self, order: Order, at: datetime) -> Asked:
        path = f"/v3/pay/transactions/out-trade-no/{order.payment.hex}?mchid={self._keys.mchid}"
        answer = self._ask("GET", path)
        if isinstance(answer, Declined):
            return Unpaid()  # ORDER_NOT_EXIST: whoever began it did not come to its end
        return _trade(answer)

    # --- paying back ---

    def refund(self, order: Order, refund: UUID, amount: Money, at: datetime) -> Refunding:
        asked = {
            "out_trade_no": order.payment.hex,
            "out_refund_no": refund.hex,
            "amount": {"refund": amount.minor, "total": order.amount.minor, "currency": "CNY"},
        }
        answer = self._ask("POST", "/v3/refund/domestic/refunds", asked)
        if isinstance(answer, Declined):
            return Pending(answer.code) if answer.code in _AGAIN else answer
        return _refund(answer, "status")

    def statement(self, day: date, zone: ZoneInfo, at: datetime) -> list[Row]:
        answer = self._ask("GET", f"/v3/bill/tradebill?bill_date={day.isoformat()}&bill_type=ALL")
        if isinstance(answer, Declined):
            if answer.code in ("NO_STATEMENT_EXIST", "BILL_NOT_EXIST"):  # a date without any money has no bill
                return []
            raise ProviderFault("not_ready" if answer.code == "STATEMENT_CREATING" else "odd_answer", answer.code)
        url = httpx.URL(str(answer.get("download_url")))
        if url.host != httpx.URL(self._keys.base_url).host:
            raise ProviderFault("odd_answer", "download_url")
        path = url.raw_path.decode()
        fetched = call("GET", str(url), headers=self._headers("GET", path, ""), timeout_s=STATEMENT_TIMEOUT_S)
        if fetched.status_code != 200:
            raise ProviderFault("not_ready")
        return read_bill(fetched.text)

    def check(self, at: datetime) -> None:
        # A query of an order that nobody has: only whoever is known and whose answer verifies gets this far.
        self._ask("GET", f"/v3/pay/transactions/out-trade-no/{UUID(int=0).hex}?mchid={self._keys.mchid}")

    # --- nothing of the kind with a plain merchant account ---

    def ask_mandate(self, mandate: UUID, *, return_url: str, at: datetime) -> MandateAsked:
        raise ProviderFault("not_supported")

    def mandate_token(self, ref: str, at: datetime) -> str | None:
        return None

    def charge(self, order: Order, token: str, at: datetime) -> Charged:
        raise ProviderFault("not_supported")

    def drop_mandate(self, token: str, at: datetime) -> None:
        """There is none."""

    # --- the line ---

    def _ask(self, method: str, path: str, body: dict[str, Any] | None = None) -> dict[str, Any] | Declined:
        text = msgspec.json.encode(body).decode() if body is not None else ""
        url = self._keys.base_url.rstrip("/") + path
        answer = call(method, url, content=text.encode() or None, headers=self._headers(method, path, text))
        if answer.status_code == 401:
            raise ProviderFault("bad_keys", _code(answer))
        if answer.status_code == 429 or answer.status_code >= 500:
            raise ProviderFault("away", _code(answer))
        if not self._signed(answer.headers, answer.text):
            raise ProviderFault("odd_answer", "signature")
        if answer.status_code == 204:
            return {}
        if answer.status_code != 200:
            return Declined(_code(answer))
        try:
            return msgspec.json.decode(answer.content, type=dict[str, Any])
        except msgspec.MsgspecError as fault:
            raise ProviderFault("odd_answer") from fault

    def _headers(self, method: str, path: str, text: str) -> dict[str, str]:
        keys = self._keys
        signed = build_authorization(path, method, keys.mchid, keys.serial_no, self._private_key, data=text)
        return {
            "Accept": "application/json",
            "Content-Type": "application/json",
            "User-Agent": "gatehouse",
            "Wechatpay-Serial": keys.public_key_id,
            "Authorization": signed,
        }

    def _signed(self, headers: Mapping[str, str], text: str) -> bool:
        """Whether the platform signed it. Headers as httpx and Django give them: any case, or lower case."""
        parts = [headers.get(f"wechatpay-{name}") or "" for name in ("timestamp", "nonce", "signature", "serial")]
        timestamp, nonce, signature, serial = parts
        if serial != self._keys.public_key_id or not signature.isascii():
            return False
        return bool(rsa_verify(timestamp, nonce, text, signature, self._public_key))


def _code(answer: httpx.Response) -> str:
    try:
        return str(msgspec.json.decode(answer.content, type=dict[str, Any]).get("code", ""))[:64]
    except msgspec.MsgspecError:
        return str(answer.status_code)


def _trade(trade: Mapping[str, Any]) -> Asked:
    """A trade once refunded is still one that was paid."""
    state, ref, amount = trade.get("trade_state"), trade.get("transaction_id"), trade.get("amount")
    if state in ("SUCCESS", "REFUND") and is_ref(ref) and isinstance(amount, dict):
        try:
            return Paid(str(ref), Money(amount["total"], amount["currency"]))
        except (KeyError, MoneyError) as fault:
            raise ProviderFault("odd_answer", "amount") from fault
    return Closed() if state in ("CLOSED", "REVOKED", "PAYERROR") else Unpaid()


def _refund(refund: Mapping[str, Any], field: str) -> Refunding:
    """ABNORMAL stays open: WeChat holds the money until somebody names another account of the payer's there."""
    status, ref = refund.get(field), refund.get("refund_id")
    if status == "SUCCESS" and is_ref(ref):
        return Refunded(str(ref))
    return Declined("CLOSED") if status == "CLOSED" else Pending(str(status or "")[:64])


def read_bill(text: str) -> list[Row]:
    """The rows of a trade bill by the names of its columns, whose order is not promised."""
    rows: list[Row] = []
    names: list[str] = []
    for values in csv.reader(io.StringIO(text.lstrip("\ufeff"))):
        if not names:
            names = [value.strip() for value in values]
            continue
        if not values or not values[0].startswith("`"):
            break  # the totals begin
        line = dict(zip(names, (value.strip().removeprefix("`") for value in values), strict=False))
        rows += _bill_row(line)
    return rows


def _bill_row(line: Mapping[str, str]) -> list[Row]:
    """Money that came, or that went back."""
    if line.get("交易状态") == "SUCCESS":
        return [_row("payment", line, "商户订单号", "微信订单号", line.get("订单金额") or line.get("总金额", ""))]
    if line.get("交易状态") == "REFUND" and line.get("退款状态") not in ("CHANGE", "CLOSED"):
        return [
            _row("refund", line, "商户退款单号", "微信退款单号", line.get("申请退款金额") or line.get("退款金额", ""))
        ]
    return []


def _row(kind: str, line: Mapping[str, str], id_name: str, ref_name: str, yuan: str) -> Row:
    ref = line.get(ref_name, "")
    return Row(kind, str(our_id(line.get(id_name)) or line.get(id_name) or ref), ref, yuan_to_money(yuan))


def yuan_to_money(yuan: str) -> Money:
    """ "12.50" as whole fen. Raises ProviderFault for anything finer or else."""
    try:
        fen = Decimal(yuan) * 100
    except InvalidOperation as fault:
        raise ProviderFault("odd_answer", "amount") from fault
    if not fen.is_finite() or fen != fen.to_integral_value():
        raise ProviderFault("odd_answer", "amount")
    return Money(int(fen), "CNY")
