"""Cameras and relays at set-up: added, looked at, tried. What is asked of the gate computer is asked in
`server.asking`; here is who may ask, what it says in words, and what is kept of it: whether somebody saw that it works.
"""

from urllib.parse import urlsplit
from uuid import UUID

from django.contrib import messages
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST, require_safe

from gatehouse import wire
from gatehouse.domain.camera_brands import BY_CODE, brand_of
from gatehouse.keeper.protocol import Refused
from gatehouse.server import asking
from gatehouse.server.asking import Asking
from gatehouse.server.audit.actions import record
from gatehouse.server.console import words, words_setup
from gatehouse.server.console.access import reader
from gatehouse.server.console.setup.facts import answers
from gatehouse.server.console.setup.forms import CameraForm, RegionForm, RelayForm
from gatehouse.server.console.setup.gates import gate_of
from gatehouse.server.gates import devices as standing
from gatehouse.server.gates import queries
from gatehouse.server.gates.actions import add_device, order_opening, sealed_reason
from gatehouse.server.gates.models import Device, DeviceKind, Gate
from gatehouse.server.moment import now
from gatehouse.server.people.queries import sites_visible_to

REASON = "Set-up: trying the relay"
CONTACT_WIRED = "inputs=0"


def _device(request: HttpRequest, device_id: UUID, kind: DeviceKind) -> Device:
    """Raises Http404."""
    found = Device.objects.select_related("gate", "gate__site").filter(pk=device_id, kind=kind).first()
    if found is None or queries.gate(found.gate_id, sites_visible_to(reader(request))) is None:
        raise Http404
    return found


# --- cameras -----------------------------------------------------------------------------------------------------


def camera(request: HttpRequest, gate_id: UUID, device_id: UUID | None = None) -> HttpResponse:
    """GET shows a camera's form, for a new one or to change where it answers; POST writes it and leads to its
    picture."""
    gate, who = gate_of(request, gate_id), reader(request)
    held = _device(request, device_id, DeviceKind.CAMERA) if device_id else None
    if held is not None and held.gate_id != gate.pk:
        raise Http404
    form = CameraForm(request.POST) if request.method == "POST" else CameraForm(initial=_initial(request, gate, held))
    if request.method == "POST" and form.is_valid():
        address, secret = form.cleaned_data["address"], form.secret()
        if held is None:
            held = add_device(gate, DeviceKind.CAMERA, "stream", address, secret=secret, by=who.by, at=now())
        else:
            standing.change_address(held, address, secret or None, by=who.by, at=now())
        return HttpResponseRedirect(reverse("setup-picture", args=[held.pk]))
    context = {"gate": gate, "site": gate.site, "form": form, "held": held, "edge_answers": answers(gate.site)}
    return render(request, "setup/camera.html", context, status=422 if form.is_bound else 200)


def _initial(request: HttpRequest, gate: Gate, held: Device | None) -> dict[str, str]:
    """What was found on the network, else the camera as it is, else the address of the site's last camera: of the next
    one mostly one number differs."""
    host, make = request.GET.get("host", "")[:120], request.GET.get("make", "")
    if host:
        return {"host": host, "make": make if make in BY_CODE else ""}
    if held is not None:
        return {"address": held.address}
    others = queries.devices(gate.site).filter(kind=DeviceKind.CAMERA).exclude(gate=gate)
    last = others.last()
    return {"address": last.address} if last is not None else {}


@require_safe
def picture(request: HttpRequest, device_id: UUID) -> HttpResponse:
    """The page on which a camera's picture is asked for and looked at."""
    device = _device(request, device_id, DeviceKind.CAMERA)
    context = {"device": device, "gate": device.gate, "site": device.gate.site}
    return render(request, "setup/picture.html", context | {"edge_answers": answers(device.gate.site)})


@require_POST
def look(request: HttpRequest, device_id: UUID) -> HttpResponse:
    """Ask the gate computer for the camera's picture. That it was asked for is in both logs."""
    device = _device(request, device_id, DeviceKind.CAMERA)
    return _ask(request, device.gate, wire.ASK_LOOK, str(device.pk), "device.looked_through", "device", device.pk)


@require_POST
def find(request: HttpRequest, gate_id: UUID) -> HttpResponse:
    """Ask the gate computer which cameras there are on its network."""
    gate = gate_of(request, gate_id)
    return _ask(request, gate, wire.ASK_FIND, "", "cameras.sought", "gate", gate.pk)


def _ask(
    request: HttpRequest, gate: Gate, what: str, device: str, verb: str, object_type: str, object_id: object
) -> HttpResponse:
    who = reader(request)
    if not answers(gate.site):
        return _silent(request)
    with transaction.atomic():
        record(verb, object_type, object_id, by=who.by, at=now())
    asked = asking.ask(Asking(gate.site_id, what, who.by.actor, device), who.by.authority, now())
    return _asked(request, asked, gate)


def _asked(request: HttpRequest, asked: UUID | Refused, gate: Gate) -> HttpResponse:
    if isinstance(asked, Refused):
        return _part(request, {"problem": words.refused(asked.code)}, status=403)
    where = reverse("setup-asked", args=[gate.pk, asked])
    if request.headers.get("HX-Request") != "true":
        return HttpResponseRedirect(where)
    return _part(request, {"waits": True, "poll": where, "gate": gate})


def _silent(request: HttpRequest) -> HttpResponse:
    return _part(request, {"problem": words_setup.EDGE_SILENT}, status=409)


def _part(request: HttpRequest, context: dict[str, object], status: int = 200) -> HttpResponse:
    """The answer as a part of the page that asked, or as a page of its own where no script runs."""
    whole = request.headers.get("HX-Request") != "true"
    template = "setup/asked_alone.html" if whole else "setup/asked.html"
    return render(request, template, context, status=status)


@require_safe
def asked(request: HttpRequest, gate_id: UUID, question_id: UUID) -> HttpResponse:
    """How a question stands: waited for, answered, or over. Only for whoever asked it."""
    gate, actor = gate_of(request, gate_id), reader(request).by.actor
    heard = asking.heard(question_id, actor)
    context: dict[str, object] = {"gate": gate, "poll": reverse("setup-asked", args=[gate.pk, question_id])}
    if heard is None or heard.over:
        return _part(request, context | {"problem": words_setup.NOT_ANSWERED})
    if heard.answer is None:
        return _part(request, context | {"waits": True})
    match heard.answer:
        case wire.Picture():
            device = _device(request, UUID(heard.device), DeviceKind.CAMERA)
            context |= {"picture": reverse("setup-shown", args=[question_id]), "device": device}
            context["form"] = RegionForm(initial=_percent(device.region))
        case wire.NoPicture(why=why):
            context |= {"problem": words_setup.NO_PICTURE.get(why, words_setup.NO_PICTURE["unreachable"])}
            context["device"] = _device(request, UUID(heard.device), DeviceKind.CAMERA)
        case wire.FoundCameras(cameras=cameras):
            context |= {"found": [_found(one) for one in cameras], "count": len(cameras), "sought": True}
        case wire.Moved() as moved:
            context |= _moved(moved) | {"relay": _device(request, UUID(heard.device), DeviceKind.RELAY)}
    return _part(request, context)


def _percent(corners: list[int]) -> dict[str, int]:
    return dict(zip(("left", "top", "right", "bottom"), (one // 10 for one in corners), strict=True)) if corners else {}


def _found(camera: wire.FoundCamera) -> dict[str, str]:
    make = brand_of(f"{camera.name} {camera.model}")
    return {"host": camera.host, "name": camera.name, "model": camera.model, "make": make.code if make else ""}


@require_safe
def shown(request: HttpRequest, question_id: UUID) -> HttpResponseBase:
    """The picture itself, once: it is nowhere afterwards."""
    jpeg = asking.take_picture(question_id, reader(request).by.actor)
    if jpeg is None:
        raise Http404
    return HttpResponse(jpeg, content_type="image/jpeg", headers={"Cache-Control": "no-store"})


@require_POST
def seen(request: HttpRequest, device_id: UUID) -> HttpResponse:
    """Somebody looked at the picture: it is the right one, with the part that counts, or it is not."""
    device, who = _device(request, device_id, DeviceKind.CAMERA), reader(request)
    if request.POST.get("answer") != "yes":
        standing.note_tried(device, works=False, by=who.by, at=now())
        messages.success(request, _("Then change where the camera answers, or turn the camera."), "info")
        return HttpResponseRedirect(reverse("setup-camera-change", args=[device.gate_id, device.pk]))
    form = RegionForm(request.POST)
    if not form.is_valid():
        messages.error(request, _("The marked part is too small or lies outside of the picture. Mark it anew."), "warn")
        return HttpResponseRedirect(reverse("setup-picture", args=[device.pk]))
    standing.set_region(device, form.region, by=who.by, at=now())
    standing.note_tried(device, works=True, by=who.by, at=now())
    messages.success(request, _("The gate looks at this from now on."), "yes")
    return HttpResponseRedirect(reverse("setup-gate", args=[device.gate_id]))


# --- relays ------------------------------------------------------------------------------------------------------


def relay(request: HttpRequest, gate_id: UUID) -> HttpResponse:
    """The relay that opens a gate: there is one, and a second time its address is changed."""
    gate, who = gate_of(request, gate_id), reader(request)
    held = queries.devices(gate.site).filter(gate=gate, kind=DeviceKind.RELAY).first()
    form = RelayForm(request.POST) if request.method == "POST" else RelayForm(initial=_relay_initial(gate, held))
    if request.method == "POST" and form.is_valid():
        before = urlsplit(held.address).query if held is not None else ""
        query = before or (CONTACT_WIRED if gate.has_sensor else "")
        address = form.cleaned_data["host"] + (f"?{query}" if query else "")
        secret = form.cleaned_data["password"]
        if held is None:
            add_device(gate, DeviceKind.RELAY, "shelly", address, secret=secret, by=who.by, at=now())
        else:
            standing.change_address(held, address, secret or None, by=who.by, at=now())
        messages.success(request, _("The relay is there. Now try it: stand beside the gate."), "yes")
        return HttpResponseRedirect(reverse("setup-gate", args=[gate.pk]))
    context = {"gate": gate, "site": gate.site, "form": form, "held": held}
    return render(request, "setup/relay.html", context, status=422 if form.is_bound else 200)


def _relay_initial(gate: Gate, held: Device | None) -> dict[str, str]:
    last = held or queries.devices(gate.site).filter(kind=DeviceKind.RELAY).exclude(gate=gate).last()
    return {"host": urlsplit(last.address).netloc} if last is not None else {}


@require_POST
def test(request: HttpRequest, device_id: UUID) -> HttpResponse:
    """Open the gate once, as by hand, and have the gate computer watch the relay meanwhile."""
    device, who = _device(request, device_id, DeviceKind.RELAY), reader(request)
    gate, at = device.gate, now()
    if not answers(gate.site):
        return _silent(request)
    new_id, reason = sealed_reason(gate, REASON)
    question = Asking(gate.site_id, wire.ASK_PULSE, who.by.actor, str(device.pk))
    asked = asking.ask(question, who.by.authority, at, own=new_id)
    if not isinstance(asked, Refused):
        order_opening(gate, new_id, reason, by=who.by, at=at)
    return _asked(request, asked, gate)


def _moved(moved: wire.Moved) -> dict[str, object]:
    """What was seen, in words, and whether to ask if the gate opened."""
    if moved.why:
        return {"problem": words_setup.NOT_MOVED.get(moved.why, words_setup.NOT_MOVED["lost"])}
    lines = [_("The relay answers.")]
    lines.append(_("It switched on.") if moved.went_on else _("It said yes, but was never seen switched on."))
    if moved.changed:
        count = len(moved.changed)
        lines.append(ngettext("A contact felt it.", "%(count)d contacts felt it.", count) % {"count": count})
    elif moved.inputs:
        lines.append(_("No contact felt it. If the gate moved, the contact is not wired, or at another input."))
    return {"moved": True, "lines": lines, "went_on": moved.went_on}


@require_POST
def opened(request: HttpRequest, device_id: UUID) -> HttpResponse:
    """What somebody who stood beside the gate saw."""
    device, who = _device(request, device_id, DeviceKind.RELAY), reader(request)
    works = request.POST.get("answer") == "yes"
    standing.note_tried(device, works=works, by=who.by, at=now())
    if works:
        messages.success(request, _("The relay opens the gate."), "yes")
    else:
        said = _("Then check the wires between relay and lock, and that the lock has its own power. Then try again.")
        messages.error(request, said, "warn")
    return HttpResponseRedirect(reverse("setup-gate", args=[device.gate_id]))


@require_POST
def remove(request: HttpRequest, device_id: UUID) -> HttpResponse:
    """Take a camera or relay away. A terminal goes under Watch, Terminals."""
    found = Device.objects.select_related("gate").filter(pk=device_id).exclude(kind=DeviceKind.TERMINAL).first()
    if found is None or queries.gate(found.gate_id, sites_visible_to(reader(request))) is None:
        raise Http404
    standing.remove_device(found, by=reader(request).by, at=now())
    messages.success(request, _("Taken away."), "yes")
    return HttpResponseRedirect(reverse("setup-gate", args=[found.gate_id]))
