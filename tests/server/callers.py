"""Programs that call the API: a stranger, and one with a ticket for each role."""

import json
from dataclasses import dataclass
from typing import Any

from django.test import Client
from tests.server.world import World

from gatehouse.keeper.protocol import Role


@dataclass
class Caller:
    """One program. `call` answers the status and the parsed body."""

    token: str | None = None

    def call(self, method: str, path: str, body: Any = None, **more: Any) -> tuple[int, Any]:
        answer = self.ask(method, path, body, **more)
        return answer.status_code, json.loads(answer.content) if answer.content else None

    def ask(self, method: str, path: str, body: Any = None, **more: Any):
        headers = {"Authorization": f"Bearer {self.token}"} if self.token else {}
        if body is not None:
            more |= {"data": body if isinstance(body, bytes) else json.dumps(body), "content_type": "application/json"}
        return Client(enforce_csrf_checks=True, headers=headers).generic(method, f"/api/{path}", **more)

    def made(self, path: str, **body: Any) -> Any:
        status, answer = self.call("POST", path, body)
        assert status in (201, 202), (path, status, answer)
        return answer

    def got(self, path: str) -> Any:
        status, answer = self.call("GET", path)
        assert status == 200, (path, status, answer)
        return answer

    def upload(self, path: str, data: bytes) -> tuple[int, Any]:
        headers = {"Authorization": f"Bearer {self.token}"}
        from django.core.files.uploadedfile import SimpleUploadedFile

        image = SimpleUploadedFile("portrait.jpg", data)
        answer = Client(enforce_csrf_checks=True, headers=headers).post(f"/api/{path}", {"image": image})
        return answer.status_code, json.loads(answer.content)


def caller(world: World, role: Role, *, sites: tuple[str, ...] = (), subject: str | None = None) -> Caller:
    """A program that has signed in with a one-time code."""
    if role is Role.WORKER:
        assert subject is not None
        owner = world.operator(Role.OWNER).authority
        code = world.keeper.invite(subject, role, owner, sites=(str(world.site.pk),), subject=subject)
    else:
        from uuid import uuid4

        from gatehouse.keeper.local import shell_authority

        of = str(uuid4()) if role is Role.CONTRACTOR else None
        code = world.keeper.invite(str(uuid4()), role, shell_authority(world.home), sites=sites, subject=of)
    status, entered = Caller().call("POST", "sign-in", {"code": code})
    assert status == 200, entered
    return Caller(entered["token"])
