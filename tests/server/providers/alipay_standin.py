"""Alipay, as far as we use it: the cashier's page, queries, refunds, bills, and signed notices."""

import io
import json
import zipfile
from datetime import date
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit
from uuid import UUID, uuid4

from tests.server.providers import rsa
from tests.server.providers.standin import ZONE, Answer, Asked, Back, Sold, StandIn, Told

APP_ID = "2021000000000001"
_NAMES = (
    "支付宝交易号,商户订单号,业务类型,商品名称,创建时间,完成时间,门店编号,门店名称,操作员,终端号,对方账户"
    ",订单金额（元）,商家实收（元）,支付宝红包（元）,集分宝（元）,支付宝优惠（元）,商家优惠（元）,券核销金额"
    "（元）,券名称,商家红包消费金额（元）,卡消费金额（元）,退款批次号/请求号,服务费（元）,分润（元）,备注"
)
COLUMNS = _NAMES.split(",")


class AlipayStandIn(StandIn):
    name = "alipay"

    def keys(self) -> dict[str, str]:
        return {
            "app_id": APP_ID,
            "private_key": rsa.private_pem("alipay-app"),
            "alipay_public_key": rsa.public_pem("alipay-platform"),
            "gateway": f"{self.url}/gateway.do",
        }

    def wrong_keys(self) -> dict[str, str]:
        return self.keys() | {"private_key": rsa.private_pem("somebody")}

    def notice(self, payment: UUID, **odd: Any) -> Told:
        order = self.orders[payment.hex]
        sent = odd.get("signed_at", self.now()).astimezone(ZONE).strftime("%Y-%m-%d %H:%M:%S")
        named = odd.get("id", payment)
        facts = {
            "notify_time": sent,
            "notify_type": "trade_status_sync",
            "notify_id": uuid4().hex,
            "app_id": APP_ID if odd.get("currency", "CNY") == "CNY" else "2021000000000099",
            "charset": "utf-8",
            "version": "1.0",
            "trade_no": order.ref,
            "out_trade_no": named.hex if isinstance(named, UUID) else str(named),
            "trade_status": "TRADE_SUCCESS",
            "total_amount": _yuan(odd.get("minor", order.minor)),
            "subject": "停车 Garage & Co",
        }
        text = "&".join(f"{name}={value}" for name, value in sorted(facts.items()))
        facts |= {"sign_type": "RSA2", "sign": rsa.sign(odd.get("key", "alipay-platform"), text)}
        return Told(self.notify_url, {"Content-Type": "application/x-www-form-urlencoded"}, urlencode(facts).encode())

    # --- answering ---

    def answer(self, asked: Asked) -> Answer:
        if asked.path.startswith("/bill"):
            return Answer(200, self._bill(dict(parse_qsl(urlsplit(asked.path).query))["day"]))
        sent = asked.body.decode() if asked.method == "POST" else urlsplit(asked.path).query
        facts = dict(parse_qsl(sent, keep_blank_values=True))
        signature = facts.pop("sign", "")
        text = "&".join(f"{name}={value}" for name, value in sorted(facts.items()))
        method = facts["method"]
        if facts["app_id"] != APP_ID or not rsa.verifies("alipay-app", text, signature):
            return self._said(method, {"code": "40002", "sub_code": "isv.invalid-signature", "msg": "no"})
        content = json.loads(facts["biz_content"])
        match method:
            case "alipay.trade.wap.pay":
                return self._open(facts, content)
            case "alipay.trade.query":
                return self._query(method, content)
            case "alipay.trade.refund":
                return self._pay_back(method, content)
            case "alipay.trade.fastpay.refund.query":
                back = self.backs.get(content["out_request_no"])
                status = {"refund_status": "REFUND_SUCCESS"} if back and not back.pending else {}
                return self._said(method, {"code": "10000", "msg": "Success"} | status)
            case "alipay.data.dataservice.bill.downloadurl.query":
                if self.no_statement:
                    return self._no(method, "isp.bill_not_ready")
                url = f"{self.url}/bill?day={content['bill_date']}"
                return self._said(method, {"code": "10000", "msg": "Success", "bill_download_url": url})
        return self._no(method, "isv.invalid-method")

    def _open(self, facts: dict[str, str], content: dict[str, str]) -> Answer:
        ref = content["out_trade_no"]
        assert content["product_code"] == "QUICK_WAP_WAY"
        minor = round(float(content["total_amount"]) * 100)
        self.orders.setdefault(ref, Sold(ref, minor, "CNY", facts["notify_url"]))
        return Answer(200, "收银台".encode(), {"Content-Type": "text/html; charset=utf-8"})

    def _query(self, method: str, content: dict[str, str]) -> Answer:
        order = self.orders.get(content["out_trade_no"])
        if order is None:
            return self._no(method, "ACQ.TRADE_NOT_EXIST")
        back = sum(one.minor for one in self.backs.values() if one.order == order.id)
        over = order.closed and not order.paid_at
        status = (
            "TRADE_CLOSED" if over or back == order.minor else "TRADE_SUCCESS" if order.paid_at else "WAIT_BUYER_PAY"
        )
        facts = {"code": "10000", "msg": "Success", "out_trade_no": order.id, "trade_no": order.ref}
        facts |= {"trade_status": status, "total_amount": _yuan(order.minor)}
        if order.paid_at:
            facts["send_pay_date"] = order.paid_at.astimezone(ZONE).strftime("%Y-%m-%d %H:%M:%S")
        return self._said(method, facts)

    def _pay_back(self, method: str, content: dict[str, str]) -> Answer:
        order, name = self.orders[content["out_trade_no"]], content["out_request_no"]
        minor = round(float(content["refund_amount"]) * 100)
        fresh = name not in self.backs
        if fresh:
            if self.refuse_refunds:
                return self._no(method, self.refuse_refunds)
            if minor + sum(b.minor for b in self.backs.values() if b.order == order.id) > order.minor:
                return self._no(method, "ACQ.REFUND_AMT_NOT_EQUAL_TOTAL")
            self.backs[name] = Back(name, order.id, minor, self.now(), self.slow_refunds)
        moved = fresh and not self.slow_refunds
        facts = {"code": "10000", "msg": "Success", "trade_no": order.ref, "fund_change": "Y" if moved else "N"}
        return self._said(method, facts)

    def _bill(self, day: str) -> bytes:
        lines = ["#支付宝业务明细查询", "#账号：[20880000000000010156]", ",".join(COLUMNS)]
        for kind, name, order, ref, minor, at in self.lines(date.fromisoformat(day)):
            back = kind == "refund"
            facts = dict.fromkeys(COLUMNS, "") | {"支付宝交易号": f"{ref}\t", "商户订单号": f"{order}\t"}
            facts |= {"业务类型": "退款" if back else "交易", "订单金额（元）": ("-" if back else "") + _yuan(minor)}
            facts |= {"完成时间": at.astimezone(ZONE).strftime("%Y-%m-%d %H:%M:%S")}
            facts |= {"退款批次号/请求号": name if back else ""}
            lines.append(",".join(facts.values()))
        lines.append("#----业务明细列表结束----")
        out = io.BytesIO()
        with zipfile.ZipFile(out, "w") as archive:
            archive.writestr("20880000000000010156_业务明细.csv", "\r\n".join(lines).encode("gb18030"))
            archive.writestr("20880000000000010156_业务明细(汇总).csv", "#汇总\r\n1,2".encode("gb18030"))
        return out.getvalue()

    def _said(self, method: str, facts: dict[str, str]) -> Answer:
        text = json.dumps(facts, separators=(",", ":"))
        sign = rsa.sign("alipay-platform", text)
        body = f'{{"{method.replace(".", "_")}_response":{text},"sign":"{sign}"}}'
        return Answer(200, body.encode(), {"Content-Type": "application/json;charset=utf-8"})

    def _no(self, method: str, code: str) -> Answer:
        return self._said(method, {"code": "40004", "msg": "Business Failed", "sub_code": code, "sub_msg": "no"})

    def garble(self, answer: Answer) -> Answer:
        return Answer(answer.status, answer.body.replace(b'"sign":"', b'"sign":"AA'), answer.headers)


def _yuan(minor: int) -> str:
    return f"{minor // 100}.{minor % 100:02}"
