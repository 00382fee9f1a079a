"""The API as the keeper's own user calls it from a shell of this machine: a ticket of minutes, given back at the end.

Every such caller is one and the same operator, `SHELL_ACTOR`, so that the log says "somebody at the machine".
"""

from pathlib import Path
from types import TracebackType
from typing import Any

import httpx

from gatehouse.keeper.client import KeeperAway, KeeperRefused
from gatehouse.keeper.local import invite_operator
from gatehouse.keeper.protocol import Role

SHELL_ACTOR = "5e11ac70-0000-4000-8000-000000000001"
TIMEOUT_S = 30.0


class ApiProblem(RuntimeError):
    """Why the API would not, or could not be asked; `code` is stable, the text is for people."""

    def __init__(self, code: str, title: str, status: int = 0) -> None:
        super().__init__(title)
        self.code = code
        self.status = status


class LocalApi:
    """Signs in when first asked, anew when the ticket has run out, and out at the end of the block."""

    def __init__(self, home: Path, port: int) -> None:
        self._home = home
        self._port = port
        self._client = httpx.Client(base_url=f"http://127.0.0.1:{port}/api/", timeout=TIMEOUT_S)

    def __enter__(self) -> "LocalApi":
        return self

    def __exit__(self, kind: type[BaseException] | None, fault: BaseException | None, _: TracebackType | None) -> None:
        try:
            if "Authorization" in self._client.headers:
                self._client.post("sign-out")
        except httpx.HTTPError:
            pass  # a server that is gone has no ticket to end; the keeper's own ends by itself
        finally:
            self._client.close()

    def get(self, path: str) -> Any:
        """Raises ApiProblem, as do the others."""
        return self._ask("GET", path)

    def post(self, path: str, **body: object) -> Any:
        return self._ask("POST", path, json=body)

    def delete(self, path: str) -> Any:
        return self._ask("DELETE", path)

    def upload(self, path: str, name: str, data: bytes) -> Any:
        return self._ask("POST", path, files={"image": (name, data)})

    def _ask(self, method: str, path: str, **parts: Any) -> Any:
        if "Authorization" not in self._client.headers:
            self._sign_in()
        answer = self._send(method, path, **parts)
        if answer.status_code == httpx.codes.UNAUTHORIZED:
            self._sign_in()
            answer = self._send(method, path, **parts)
        return _checked(answer)

    def _sign_in(self) -> None:
        self._client.headers.pop("Authorization", None)
        try:
            code = invite_operator(self._home, SHELL_ACTOR, Role.OWNER)
        except KeeperAway as fault:
            raise ApiProblem(
                "keeper_away", f"no keeper answers for {self._home}; is `gatehouse up` running?"
            ) from fault
        except KeeperRefused as fault:
            raise ApiProblem(fault.code, f"the keeper refused: {fault.code}") from fault
        except PermissionError as fault:
            raise ApiProblem("not_allowed", f"only the user that owns {self._home / 'keeper'} may do this") from fault
        entered = _checked(self._send("POST", "sign-in", json={"code": code}))
        self._client.headers["Authorization"] = f"Bearer {entered['token']}"

    def _send(self, method: str, path: str, **parts: Any) -> httpx.Response:
        try:
            return self._client.request(method, path, **parts)
        except httpx.HTTPError as fault:
            told = f"no server answers on port {self._port}; start it with `gatehouse up`, or say its --port"
            raise ApiProblem("server_away", told) from fault


def _checked(answer: httpx.Response) -> Any:
    try:
        said = answer.json() if answer.content else None
    except ValueError as fault:
        raise ApiProblem("no_gatehouse", f"what answers at {answer.url} is no Gatehouse") from fault
    if answer.is_success:
        return said
    if not isinstance(said, dict):
        raise ApiProblem("no_gatehouse", f"what answers at {answer.url} is no Gatehouse", answer.status_code)
    faults = ", ".join(f"{fault['field']}: {fault['code']}" for fault in said.get("errors", []))
    title = str(said.get("title", answer.reason_phrase))
    code = str(said.get("type", "")).rpartition(":")[2]
    raise ApiProblem(code, f"{title} ({faults})" if faults else title, answer.status_code)
