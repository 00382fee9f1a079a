"""Webhooks: which other programs are told of what, how their messages fare, and once more."""

from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from gatehouse.crypto.webhooks import written
from gatehouse.keeper.protocol import Refused
from gatehouse.server import keeping
from gatehouse.server.console import words
from gatehouse.server.console import words_interchange as said
from gatehouse.server.console.access import reader
from gatehouse.server.console.paging import paged
from gatehouse.server.console.work.tabs import tabs
from gatehouse.server.hooks import actions, queries
from gatehouse.server.hooks.models import Delivery, DeliveryState, EventKind, Hook
from gatehouse.server.interchange.addresses import NoAddress, resolved
from gatehouse.server.moment import now
from gatehouse.server.people.queries import sites_visible_to

PAGE = 25
PURPOSE = "hooks.page"


@require_safe
def hooks(request: HttpRequest) -> HttpResponse:
    return _list(request)


def _list(request: HttpRequest, error: str = "") -> HttpResponse:
    sites = sites_visible_to(reader(request))
    context = tabs(request, "hooks") | {
        "rows": [_row(hook) for hook in queries.hooks(sites)],
        "sites": sites,
        "events": [(code, name, meaning) for code, (name, meaning) in said.EVENTS.items()],
        "url": request.POST.get("url", "")[:500],
        "chosen": request.POST.getlist("kind"),
        "error": error,
    }
    return render(request, "interchange/hooks.html", context, status=422 if error else 200)


def _row(hook: Hook) -> dict[str, object]:
    counts = queries.counts(hook)
    return {
        "id": hook.pk,
        "url": hook.url,
        "site": hook.site.name,
        "active": hook.active,
        "kinds": [said.EVENTS[kind][0] for kind in hook.kinds if kind in said.EVENTS],
        "waiting": counts.get(DeliveryState.WAITING, 0),
        "delivered": counts.get(DeliveryState.DELIVERED, 0),
        "dead": counts.get(DeliveryState.DEAD, 0),
    }


@require_POST
def add(request: HttpRequest) -> HttpResponse:
    who, url = reader(request), request.POST.get("url", "").strip()
    site = next((one for one in sites_visible_to(who) if str(one.pk) == request.POST.get("site", "")), None)
    kinds = _kinds(request)
    if site is None or not kinds:
        return _list(request, _("Choose a site, and at least one thing to be told of."))
    place = resolved(url)
    if isinstance(place, NoAddress):
        return _list(request, str(said.ADDRESSES[place.code]))
    if queries.hooks([site]).count() >= actions.HOOKS_A_SITE:
        return _list(request, _("A site tells at most %(count)d addresses.") % {"count": actions.HOOKS_A_SITE})
    made = actions.add_hook(site, url, kinds, by=who.by, at=now())
    if isinstance(made, Refused):
        return _list(request, str(words.refused(made.code).what))
    messages.success(request, _("It is told from now on. Show the secret and type it into the other program."), "yes")
    return HttpResponseRedirect(reverse("hooks-one", args=[made.pk]))


def _kinds(request: HttpRequest) -> list[EventKind]:
    return [EventKind(kind) for kind in dict.fromkeys(request.POST.getlist("kind")) if kind in EventKind.values]


def _hook(request: HttpRequest, hook_id: UUID) -> Hook:
    """Raises Http404."""
    found = queries.hook(hook_id, sites_visible_to(reader(request)))
    if found is None:
        raise Http404
    return found


@require_safe
def one(request: HttpRequest, hook_id: UUID, number: int = 1) -> HttpResponse:
    return _page(request, _hook(request, hook_id), number)


def _page(request: HttpRequest, hook: Hook, number: int = 1, **more: object) -> HttpResponse:
    shown, pager = paged(
        queries.deliveries(hook), number, PAGE, lambda page: reverse("hooks-page", args=[hook.pk, page])
    )
    context = tabs(request, "hooks") | {
        "hook": _row(hook),
        "events": [(code, name, meaning, code in hook.kinds) for code, (name, meaning) in said.EVENTS.items()],
        "deliveries": [_delivery(delivery) for delivery in shown],
        "pager": pager,
    }
    return render(request, "interchange/hook.html", context | more)


def _delivery(row: Delivery) -> dict[str, object]:
    state, tone, mark = said.DELIVERIES[row.state]
    answer = said.SAID.get(row.said)
    return {
        "id": row.pk,
        "name": said.EVENTS[row.event.kind][0],
        "since": row.since,
        "due_at": row.due_at if row.state == DeliveryState.WAITING and row.tries else None,
        "state": state,
        "tone": tone,
        "mark": mark,
        "tries": row.tries,
        "said": answer if answer is not None else _("answer %(status)s") % {"status": row.said},
    }


@require_POST
def secret(request: HttpRequest, hook_id: UUID) -> HttpResponse:
    """Shown on a click, and written into the log as a look."""
    hook = _hook(request, hook_id)
    cell = keeping.cell("hook.secret/1", hook.pk, hook.secret_cell)
    data = keeping.reveal([cell], reader(request).by.authority, PURPOSE)
    if isinstance(data, Refused):
        return _page(request, hook, refused=words.refused(data.code))
    return _page(request, hook, secret=written(data[0]) if data[0] else "")


@require_POST
def change(request: HttpRequest, hook_id: UUID) -> HttpResponse:
    """Other events; on, off, away."""
    hook, by, here = _hook(request, hook_id), reader(request).by, reverse("hooks-one", args=[hook_id])
    match request.POST.get("do", ""):
        case "stop":
            actions.stop_hook(hook, by=by, at=now())
        case "start":
            actions.start_hook(hook, by=by, at=now())
        case "drop":
            actions.drop_hook(hook, by=by, at=now())
            here = reverse("hooks")
        case "events" if kinds := _kinds(request):
            actions.change_hook(hook, kinds, by=by, at=now())
        case _:
            messages.error(request, _("Choose at least one thing to be told of."), "warn")
    return HttpResponseRedirect(here)


@require_POST
def again(request: HttpRequest, delivery_id: UUID) -> HttpResponse:
    found = queries.delivery(delivery_id, sites_visible_to(reader(request)))
    if found is None:
        raise Http404
    actions.send_again(found, by=reader(request).by, at=now())
    messages.success(request, _("It is sent once more, under the same message id."), "yes")
    return HttpResponseRedirect(reverse("hooks-one", args=[found.hook_id]))
