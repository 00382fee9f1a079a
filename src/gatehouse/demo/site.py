"""The demo's site, set up through the API as an owner would: gates, rules, people, a garage with a tariff."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, timedelta

from gatehouse.demo.console import Operator
from gatehouse.demo.stage import Stage
from gatehouse.vision.packs import asset_path

ZONE = "Asia/Shanghai"
CURRENCY = "CNY"
PERMIT_PLATE = "川A5K286"
VISITOR_PLATE = "京N8P367"
NIGHT_PLATE = "沪C2T918"
# Fictional people; the two faces are public-domain portraits from installed packages.
MARA, TEODORA, RUOXI = "Mara Lindqvist", "Teodora Vance", "周若溪"

# 4.00 a started half hour, at most 40.00 a calendar day. No grace: once the story is told cars come and go within
# minutes, and are to be seen paying.
TARIFF = {
    "name": "demo",
    "zone": ZONE,
    "currency": CURRENCY,
    "versions": [
        {
            "blocks": {
                "length_min": 30,
                "rules": [{"code": "day", "price": 400}],
                "cap": {"amount": 4000, "per": "calendar_day"},
            },
            "tax_percent": "6",
        }
    ],
}
# 09:00 to 18:00 with an hour's break, five minutes of grace on both sides.
SHIFT = {
    "start": "09:00:00",
    "end": "18:00:00",
    "opens_before_min": 120,
    "closes_after_min": 300,
    "one_missing": "to_schedule",
    "break_min": 60,
    "break_over_min": 360,
    "grace_in_min": 5,
    "grace_out_min": 5,
    "overtime_from_min": 15,
}


@dataclass
class Site:
    """Ids of what was set up."""

    id: str
    garage: str = ""
    pay_code: str = ""
    staff: str = ""  # the group whose members a rule lets in
    people: dict[str, str] = field(default_factory=dict)


def create(owner: Operator, stage: Stage) -> Site:
    """Gates with their devices, a rule for staff, a garage, a shift pattern. Nobody is enrolled yet."""
    made = owner.post("sites", code="demo", name="Riverside Works", type="workplace", zone=ZONE, currency=CURRENCY)
    site = Site(made["id"])
    path = f"sites/{site.id}"
    parking = owner.post(f"{path}/zones", code="garage", name="Garage")["id"]
    site.staff = owner.post(f"{path}/groups", name="Staff")["id"]
    doors = [
        _gate(owner, site, stage, "office", "Office door", "door", "both", ["face", "pass"]),
        _gate(owner, site, stage, "turnstile-in", "Turnstile in", "turnstile", "in", ["face", "pass"], punch=True),
        _gate(owner, site, stage, "turnstile-out", "Turnstile out", "turnstile", "out", ["face", "pass"], punch=True),
    ]
    lanes = {"zone": parking, "has_sensor": True}
    _gate(owner, site, stage, "entry", "Garage entry", "lane", "in", ["plate"], admits_unknown=True, **lanes)
    _gate(owner, site, stage, "exit", "Garage exit", "lane", "out", ["plate"], collects=True, **lanes)
    owner.post(f"{path}/rules", groups=[site.staff], gates=doors)
    tariff = owner.post(f"{path}/tariffs", code="demo", versions=TARIFF)["id"]
    garage = owner.post(f"{path}/garages", code="garage", name="Riverside garage", zone=parking, tariff=tariff)
    site.garage, site.pay_code = garage["id"], garage["pay_code"]
    owner.post(f"{path}/patterns", code="day", name="Day shift", rules=SHIFT)
    return site


def _gate(
    owner: Operator,
    site: Site,
    stage: Stage,
    code: str,
    name: str,
    kind: str,
    direction: str,
    means: list[str],
    *,
    punch: bool = False,
    **more: object,
) -> str:
    made = owner.post(
        f"sites/{site.id}/gates",
        code=code,
        name=name,
        kind=kind,
        direction=direction,
        means=means,
        counts_attendance=punch,
        **more,
    )
    spot = stage[code]
    owner.post(f"gates/{made['id']}/devices", kind="camera", driver="stream", address=spot.stream)
    relay = f"{spot.relay.address}?inputs=0"
    owner.post(f"gates/{made['id']}/devices", kind="relay", driver="shelly", address=relay, secret=spot.password)
    return str(made["id"])


def enrol(owner: Operator, site: Site, today: date) -> None:
    """Two people who agree to be known by face, one who prefers a pass, one car with a permit."""
    for number, name in ((1001, MARA), (1002, TEODORA), (1003, RUOXI)):
        person = owner.post(
            f"sites/{site.id}/people",
            number=str(number),
            name=name,
            groups=[site.staff],
            contact={"phone": f"+86 10 5550 {number}", "mail": f"person{number}@riverside.example"},
            identity={"number": f"DEMO-{number}-77{number}", "tax_number": f"TAX-{number}-31"},
            bank={"account": f"DE00 5550 {number} 0000 {number}", "holder": name, "bank": "Demo Bank"},
        )
        site.people[name] = person["id"]
    for name, picture in ((MARA, "grace_hopper.jpg"), (TEODORA, "astronaut.png")):
        path = f"people/{site.people[name]}"
        owner.post(f"{path}/consents", purpose="face", wording="demo/1")
        owner.upload(f"{path}/face", picture, asset_path(picture).read_bytes())
    owner.post(f"people/{site.people[TEODORA]}/cards", number="0093716258")
    vehicle = owner.post(f"sites/{site.id}/vehicles", plate=PERMIT_PLATE, owner=site.people[TEODORA])["id"]
    owner.post(f"vehicles/{vehicle}/permits", garage=site.garage, starts=today.isoformat())


def new_pass(owner: Operator, site: Site, name: str, today: date) -> str:
    """The text of a QR pass for today, as a phone would fetch it."""
    span = {"starts": today.isoformat(), "ends": (today + timedelta(days=1)).isoformat()}
    return str(owner.post(f"people/{site.people[name]}/passes", **span)["text"])


def employ(owner: Operator, site: Site, days: list[date]) -> None:
    """Shifts on `days` and a monthly wage for the two who punch."""
    for name, wage_minor in ((MARA, 1_200_000), (RUOXI, 980_000)):
        path = f"people/{site.people[name]}"
        owner.post(f"{path}/shifts", pattern="day", dates=[day.isoformat() for day in days])
        first = days[0].replace(day=1).isoformat()
        owner.post(f"{path}/contracts", kind="monthly", wage_minor=wage_minor, currency=CURRENCY, starts=first)
