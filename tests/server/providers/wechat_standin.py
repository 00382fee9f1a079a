"""WeChat Pay v3, as far as we use it: orders, queries, refunds, bills, and sealed, signed notices."""

import base64
import json
import re
from typing import Any
from urllib.parse import parse_qsl, urlsplit
from uuid import UUID, uuid4

from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from tests.server.providers import rsa
from tests.server.providers.standin import ZONE, Answer, Asked, Back, Sold, StandIn, Told

MCHID, APPID, SERIAL, PUBLIC_ID = "1900000001", "wx0000000000000001", "ABCDEF01", "PUB_KEY_ID_0001"
V3_KEY = "0123456789abcdef0123456789abcdef"
_NAMES = (
    "交易时间,公众账号ID,商户号,特约商户号,设备号,微信订单号,商户订单号,用户标识,交易类型,交易状态,付款"
    "银行,货币种类,应结订单金额,代金券金额,微信退款单号,商户退款单号,退款金额,充值券退款金额,退款类型,退款"
    "状态,商品名称,商户数据包,手续费,费率,订单金额,申请退款金额,费率备注"
)
COLUMNS = _NAMES.split(",")


class WechatStandIn(StandIn):
    name = "wechat"
    way = "native"

    def keys(self) -> dict[str, str]:
        return {
            "appid": APPID,
            "mchid": MCHID,
            "serial_no": SERIAL,
            "private_key": rsa.private_pem("wechat-merchant"),
            "apiv3_key": V3_KEY,
            "public_key_id": PUBLIC_ID,
            "public_key": rsa.public_pem("wechat-platform"),
            "way": self.way,
            "base_url": self.url,
        }

    def wrong_keys(self) -> dict[str, str]:
        return self.keys() | {"private_key": rsa.private_pem("somebody")}

    # --- telling ---

    def notice(self, payment: UUID, **odd: Any) -> Told:
        order = self.orders[payment.hex]
        named = odd.get("id", payment)
        held = self._trade(order) | {"out_trade_no": named.hex if isinstance(named, UUID) else str(named)}
        held["amount"] = {"total": odd.get("minor", order.minor), "currency": odd.get("currency", order.currency)}
        return self._sealed("TRANSACTION.SUCCESS", held, **odd)

    def refund_notice(self, refund: UUID) -> Told:
        back = self.backs[refund.hex]
        held = {"mchid": MCHID, "out_trade_no": back.order, "out_refund_no": back.id, "refund_id": back.ref,
                "refund_status": "PROCESSING" if back.pending else "SUCCESS"}  # fmt: skip
        return self._sealed("REFUND.SUCCESS", held)

    def _sealed(self, kind: str, held: dict[str, Any], **odd: Any) -> Told:
        nonce, aad = uuid4().hex[:12], "transaction"
        sealed = AESGCM(V3_KEY.encode()).encrypt(nonce.encode(), json.dumps(held).encode(), aad.encode())
        resource = {"algorithm": "AEAD_AES_256_GCM", "nonce": nonce, "associated_data": aad}
        resource |= {"ciphertext": base64.b64encode(sealed).decode(), "original_type": "transaction"}
        event = {"id": uuid4().hex, "event_type": kind, "resource_type": "encrypt-resource", "resource": resource}
        body = json.dumps(event)
        headers = self._signature(body, odd.get("key", "wechat-platform"), odd.get("signed_at"))
        return Told(self.notify_url, headers | {"Content-Type": "application/json"}, body.encode())

    def _signature(self, body: str, key: str = "wechat-platform", at: Any = None) -> dict[str, str]:
        stamp, nonce = str(int((at or self.now()).timestamp())), uuid4().hex
        return {
            "Wechatpay-Timestamp": stamp,
            "Wechatpay-Nonce": nonce,
            "Wechatpay-Signature": rsa.sign(key, f"{stamp}\n{nonce}\n{body}\n"),
            "Wechatpay-Serial": PUBLIC_ID,
            "Wechatpay-Signature-Type": "WECHATPAY2-SHA256-RSA2048",
        }

    # --- answering ---

    def answer(self, asked: Asked) -> Answer:
        parts = dict(re.findall(r'(\w+)="([^"]*)"', asked.headers.get("authorization", "")))
        text = f"{asked.method}\n{asked.path}\n{parts.get('timestamp')}\n{parts.get('nonce_str')}\n"
        text += f"{asked.body.decode()}\n"
        known = parts.get("mchid") == MCHID and parts.get("serial_no") == SERIAL
        if not known or not rsa.verifies("wechat-merchant", text, parts.get("signature", "")):
            return self._said(401, {"code": "SIGN_ERROR", "message": "no"})
        path, query = urlsplit(asked.path).path, dict(parse_qsl(urlsplit(asked.path).query))
        facts = json.loads(asked.body) if asked.body else {}
        if path in ("/v3/pay/transactions/native", "/v3/pay/transactions/h5"):
            return self._open(path, facts)
        if path.startswith("/v3/pay/transactions/out-trade-no/"):
            assert query == {"mchid": MCHID}
            order = self.orders.get(path.rsplit("/", 1)[1])
            return self._said(200, self._trade(order)) if order else self._no(404, "ORDER_NOT_EXIST")
        if path == "/v3/refund/domestic/refunds":
            return self._pay_back(facts)
        if path == "/v3/bill/tradebill":
            if self.no_statement:
                return self._no(400, "STATEMENT_CREATING")
            url = f"{self.url}/v3/billdownload/file?token={query['bill_date']}"
            return self._said(200, {"hash_type": "SHA1", "hash_value": "", "download_url": url})
        if path == "/v3/billdownload/file":
            return Answer(200, self._bill(query["token"]).encode())  # unsigned, as documented
        return self._no(404, "RESOURCE_NOT_EXISTS")

    def _open(self, path: str, facts: dict[str, Any]) -> Answer:
        assert (facts["mchid"], facts["appid"]) == (MCHID, APPID)
        ref = facts["out_trade_no"]
        assert re.fullmatch(r"[0-9A-Za-z_\-|*]{6,32}", ref)
        minor, currency = facts["amount"]["total"], facts["amount"]["currency"]
        order = self.orders.setdefault(ref, Sold(ref, minor, currency, facts["notify_url"]))
        if order.minor != minor:
            return self._no(400, "INVALID_REQUEST")
        if path.endswith("h5"):
            assert facts["scene_info"]["payer_client_ip"]
            return self._said(200, {"h5_url": f"{self.url}/mweb?prepay_id={order.ref}"})
        return self._said(200, {"code_url": f"weixin://wxpay/bizpayurl?pr={order.ref}"})

    def _trade(self, order: Sold) -> dict[str, Any]:
        facts: dict[str, Any] = {"appid": APPID, "mchid": MCHID, "out_trade_no": order.id}
        back = any(one.order == order.id for one in self.backs.values())
        state = "REFUND" if back else "SUCCESS" if order.paid_at else "CLOSED" if order.closed else "NOTPAY"
        facts |= {"trade_state": state, "amount": {"total": order.minor, "currency": order.currency}}
        return facts | ({"transaction_id": order.ref} if order.paid_at else {})

    def _pay_back(self, facts: dict[str, Any]) -> Answer:
        order, name, minor = self.orders[facts["out_trade_no"]], facts["out_refund_no"], facts["amount"]["refund"]
        assert facts["amount"]["total"] == order.minor
        if name not in self.backs:
            if self.refuse_refunds:
                return self._no(400, self.refuse_refunds)
            if minor + sum(b.minor for b in self.backs.values() if b.order == order.id) > order.minor:
                return self._no(400, "INVALID_REQUEST")
            self.backs[name] = Back(name, order.id, minor, self.now(), self.slow_refunds)
        back = self.backs[name]
        status = "PROCESSING" if back.pending else "SUCCESS"
        return self._said(200, {"refund_id": back.ref, "out_refund_no": name, "status": status})

    def _bill(self, day: str) -> str:
        from datetime import date

        rows = [",".join(COLUMNS)]
        for kind, name, order, ref, minor, at in self.lines(date.fromisoformat(day)):
            back = kind == "refund"
            facts = dict.fromkeys(COLUMNS, "") | {"交易时间": at.astimezone(ZONE).strftime("%Y-%m-%d %H:%M:%S")}
            facts |= {"商户订单号": order, "微信订单号": ref, "货币种类": "CNY", "商品名称": "Garage"}
            facts |= {"交易状态": "REFUND" if back else "SUCCESS", "订单金额": "0.00" if back else _yuan(minor)}
            facts |= {"商户退款单号": name if back else "0", "微信退款单号": ref if back else "0"}
            facts |= {"申请退款金额": _yuan(minor) if back else "0.00", "退款状态": "SUCCESS" if back else ""}
            rows.append(",".join(f"`{value}" for value in facts.values()))
        return "\r\n".join([*rows, "总交易单数,应结订单总金额", "`9,`99.00"]) + "\r\n"

    def _said(self, status: int, facts: dict[str, Any]) -> Answer:
        body = json.dumps(facts)
        return Answer(status, body.encode(), self._signature(body) | {"Content-Type": "application/json"})

    def _no(self, status: int, code: str) -> Answer:
        return self._said(status, {"code": code, "message": "no"})

    def garble(self, answer: Answer) -> Answer:
        return Answer(answer.status, answer.body, answer.headers | self._signature(answer.body.decode(), "somebody"))


def _yuan(minor: int) -> str:
    return f"{minor // 100}.{minor % 100:02}"
