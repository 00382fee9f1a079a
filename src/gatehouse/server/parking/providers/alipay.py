"""Alipay on the mainland: payment on a phone's browser (alipay.trade.wap.pay), RSA2; CNY only.

Sources: opendocs.alipay.com/open/203/105286 (asynchronous notices: form fields, signed without `sign` and `sign_type`,
answered by the word success; check app_id, out_trade_no, total_amount), /open/028sm9 (trade.query; a trade does not
exist until the payer has opened the cashier), /open/028sma (trade.refund: `out_request_no` is paid back once,
`fund_change` Y when money moved), /open/028smn (fastpay.refund.query),
open.alitrip.com/docs/doc.htm?articleId=104674 (dataservice.bill.downloadurl.query: the address holds for 30 seconds; no
bill, BILL_NOT_EXIST) and its bill: a ZIP of GBK CSV with # lines around the header.

Signing is the library python-alipay-sdk's; its gateway is a fixed address, so the requests are ours. Never tried
against the real service.
"""

import csv
import io
import zipfile
from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from urllib.parse import parse_qsl
from uuid import UUID
from zoneinfo import ZoneInfo

import msgspec
from alipay import AliPay

from gatehouse.domain.money import Money, decimal_text
from gatehouse.server.parking.providers.protocol import (
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
    Redirect,
    Refunded,
    Refunding,
    Row,
    Unpaid,
    is_ref,
    our_id,
)
from gatehouse.server.parking.providers.web import STATEMENT_TIMEOUT_S, call, is_of
from gatehouse.server.parking.providers.wechat_pay import BEIJING, yuan_to_money

MOST_MINOR = 100_000_000_00  # total_amount is at most 100,000,000 yuan
NOTICE_FRESH_S = 26 * 3600  # `notify_time` is that of each sending, and sendings go on for 25 hours
_PAID = frozenset({"TRADE_SUCCESS", "TRADE_FINISHED"})
_UNSURE = frozenset({"ACQ.SYSTEM_ERROR", "aop.ACQ.SYSTEM_ERROR", "isp.unknow-error", "aop.unknow-error"})
_AGAIN = frozenset({"ACQ.SELLER_BALANCE_NOT_ENOUGH", "ACQ.REFUND_FEE_NOT_ENOUGH"})
BILL_LIMIT = 20_000_000
BILL_HOSTS = (".alipay.com", ".alipaydev.com")  # dwbillcenter.alipay.com, over http in its documents


class AlipayKeys(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`alipay_public_key` is Alipay's, not the one that belongs to `private_key`. Keys are PEM text."""

    app_id: str
    private_key: str
    alipay_public_key: str
    gateway: str = "https://openapi.alipay.com/gateway.do"


class Alipay:
    """One application. Raises ValueError for keys that are none."""

    def __init__(self, keys: AlipayKeys) -> None:
        self._keys = keys
        self._signer = AliPay(
            appid=keys.app_id,
            app_private_key_string=keys.private_key,
            alipay_public_key_string=keys.alipay_public_key,
            sign_type="RSA2",
        )

    def begin(self, order: Order, *, return_url: str, notify_url: str, at: datetime) -> Begun:
        if order.amount.currency != "CNY" or not 0 < order.amount.minor <= MOST_MINOR:
            return Declined("amount")
        asked = {
            "subject": order.about[:120],
            "out_trade_no": order.payment.hex,
            "total_amount": decimal_text(order.amount),
            "product_code": "QUICK_WAP_WAY",
            "quit_url": return_url,
            "timeout_express": "30m",
        }
        more = {"return_url": return_url, "notify_url": notify_url}
        return Redirect(f"{self._keys.gateway}?{self._signed('alipay.trade.wap.pay', asked, at, **more)}")

    def read_notice(self, headers: Mapping[str, str], body: bytes, at: datetime) -> Notice | None:
        try:
            pairs = parse_qsl(body.decode(), keep_blank_values=True, strict_parsing=True, max_num_fields=100)
        except ValueError:
            return None
        facts = dict(pairs)
        signature = facts.pop("sign", "")
        if len(facts) + 1 != len(pairs) or facts.get("sign_type") != "RSA2" or not signature.isascii():
            return None
        try:
            genuine = self._signer.verify(dict(facts), signature)
        except (ValueError, TypeError):
            genuine = False
        if not genuine or facts.get("app_id") != self._keys.app_id or not _sent_lately(facts.get("notify_time"), at):
            return None
        payment = our_id(facts.get("out_trade_no"))
        try:
            asked = _trade(facts)
        except ProviderFault:
            return None
        # A part that went back is told by the same notice as the payment, with `out_biz_no`: it pays nothing.
        if facts.get("gmt_refund") or payment is None or not isinstance(asked, Paid):
            return Ignored()
        return PaidNotice(payment, asked)

    def ask(self, order: Order, at: datetime) -> Asked:
        answer = self._ask("alipay.trade.query", {"out_trade_no": order.payment.hex}, at)
        return Unpaid() if isinstance(answer, Declined) else _trade(answer)

    def refund(self, order: Order, refund: UUID, amount: Money, at: datetime) -> Refunding:
        asked = {"out_trade_no": order.payment.hex, "out_request_no": refund.hex}
        answer = self._ask("alipay.trade.refund", asked | {"refund_amount": decimal_text(amount)}, at)
        if isinstance(answer, Declined):
            return Pending(answer.code) if answer.code in _AGAIN else answer
        if answer.get("fund_change") == "Y":
            return Refunded(refund.hex)
        found = self._ask("alipay.trade.fastpay.refund.query", asked, at)
        done = not isinstance(found, Declined) and found.get("refund_status") == "REFUND_SUCCESS"
        return Refunded(refund.hex) if done else Pending()

    def statement(self, day: date, zone: ZoneInfo, at: datetime) -> list[Row]:
        asked = {"bill_type": "trade", "bill_date": day.isoformat()}
        answer = self._ask("alipay.data.dataservice.bill.downloadurl.query", asked, at)
        if isinstance(answer, Declined):
            if answer.code in ("isp.bill_not_exist", "BILL_NOT_EXIST") and at.astimezone(BEIJING).hour >= 10:
                return []  # a date without any money has no bill
            raise ProviderFault("not_ready", answer.code)
        url = str(answer.get("bill_download_url"))
        if not is_of(url, BILL_HOSTS, ("http", "https")):
            raise ProviderFault("odd_answer", "bill_download_url")
        fetched = call("GET", url, timeout_s=STATEMENT_TIMEOUT_S)
        if fetched.status_code != 200:
            raise ProviderFault("not_ready")
        return read_bill(fetched.content)

    def check(self, at: datetime) -> None:
        self._ask("alipay.trade.query", {"out_trade_no": UUID(int=0).hex}, at)

    def ask_mandate(self, mandate: UUID, *, return_url: str, at: datetime) -> MandateAsked:
        raise ProviderFault("not_supported")

    def mandate_token(self, ref: str, at: datetime) -> str | None:
        return None

    def charge(self, order: Order, token: str, at: datetime) -> Charged:
        raise ProviderFault("not_supported")

    def drop_mandate(self, token: str, at: datetime) -> None:
        """There is none."""

    # --- the line ---

    def _signed(self, method: str, asked: dict[str, Any], at: datetime, **more: str) -> str:
        stamp = at.astimezone(BEIJING).strftime("%Y-%m-%d %H:%M:%S")
        return str(self._signer.sign_data(self._signer.build_body(method, asked, timestamp=stamp, **more)))

    def _ask(self, method: str, asked: dict[str, Any], at: datetime) -> dict[str, Any] | Declined:
        body = self._signed(method, dict(asked), at).encode()
        headers = {"Content-Type": "application/x-www-form-urlencoded;charset=utf-8"}
        answer = call("POST", self._keys.gateway, content=body, headers=headers)
        if answer.status_code != 200:
            raise ProviderFault("away", str(answer.status_code))
        name = method.replace(".", "_") + "_response"
        try:
            whole = msgspec.json.decode(answer.content, type=dict[str, Any])
        except msgspec.MsgspecError as fault:
            raise ProviderFault("odd_answer") from fault
        found = whole.get(name) or whole.get("error_response")
        if not isinstance(found, dict):
            raise ProviderFault("odd_answer")
        code, sub_code = str(found.get("code")), str(found.get("sub_code") or "")[:64]
        if code in ("40001", "40002", "20001", "40006") and sub_code.startswith("isv."):
            raise ProviderFault("bad_keys", sub_code)
        if not self._verified(answer.text, name, str(whole.get("sign", ""))):
            raise ProviderFault("odd_answer", "signature")
        if code == "20000" or sub_code in _UNSURE:
            raise ProviderFault("away", sub_code)
        return found if code == "10000" else Declined(sub_code or code)

    def _verified(self, text: str, name: str, signature: str) -> bool:
        signed = self._signer._get_string_to_be_signed(text, name)
        try:
            return bool(self._signer._verify(signed, signature))
        except (ValueError, TypeError):
            return False


def _sent_lately(stamp: str | None, at: datetime) -> bool:
    try:
        sent = datetime.strptime(stamp or "", "%Y-%m-%d %H:%M:%S").replace(tzinfo=BEIJING)
    except ValueError:
        return False
    return abs((at - sent).total_seconds()) <= NOTICE_FRESH_S


def _trade(trade: Mapping[str, Any]) -> Asked:
    status, ref = trade.get("trade_status"), trade.get("trade_no")
    if status in _PAID and is_ref(ref):
        return Paid(str(ref), yuan_to_money(str(trade.get("total_amount"))))
    # A trade that was paid and went back whole is TRADE_CLOSED too; only one that was paid has this time.
    if status == "TRADE_CLOSED" and trade.get("send_pay_date") and is_ref(ref):
        return Paid(str(ref), yuan_to_money(str(trade.get("total_amount"))))
    return Closed() if status == "TRADE_CLOSED" else Unpaid()


def read_bill(packed: bytes) -> list[Row]:
    """The rows of a trade bill by the names of its columns. Raises ProviderFault."""
    try:
        with zipfile.ZipFile(io.BytesIO(packed)) as archive:
            wanted = [one for one in archive.infolist() if _is_detail(one)]
            texts = [archive.read(one).decode("gb18030") for one in wanted if one.file_size <= BILL_LIMIT]
    except (zipfile.BadZipFile, UnicodeDecodeError) as fault:
        raise ProviderFault("odd_answer", "bill") from fault
    return [row for text in texts for row in _rows(text)]


def _is_detail(one: zipfile.ZipInfo) -> bool:
    """The ZIP holds a list of trades and a summary; the names are GBK that the format has no mark for."""
    name = one.filename
    if not one.flag_bits & 0x800:
        name = name.encode("cp437", "replace").decode("gb18030", "replace")
    return name.endswith(".csv") and "汇总" not in name


def _rows(text: str) -> list[Row]:
    lines = [line for line in text.splitlines() if line and not line.startswith("#")]
    found = []
    for line in csv.DictReader(lines):
        facts = {(name or "").strip(): (value or "").strip() for name, value in line.items() if isinstance(value, str)}
        kind, yuan = facts.get("业务类型"), facts.get("订单金额（元）", "")
        ref = facts.get("支付宝交易号", "")
        if kind == "交易":
            ours = facts.get("商户订单号", "")
            found.append(Row("payment", str(our_id(ours) or ours or ref), ref, yuan_to_money(yuan)))
        elif kind == "退款":
            ours = facts.get("退款批次号/请求号", "")
            found.append(Row("refund", str(our_id(ours) or ours or ref), ours, yuan_to_money(_size(yuan))))
    return found


def _size(yuan: str) -> str:
    """Refunds are written below zero."""
    return yuan.removeprefix("-") if yuan else str(Decimal(0))
