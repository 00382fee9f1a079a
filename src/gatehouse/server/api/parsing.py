"""Reading bodies: a size for each kind, UTF-8 JSON, no name twice, no NaN."""

import json
from typing import Any, NoReturn, cast

from django.conf import settings
from django.http import HttpRequest
from ninja.parser import Parser

from gatehouse.server.api.errors import Problem

JSON_LIMIT = 256 * 1024  # bytes; a tariff with all its rules is far below


def check_size(request: HttpRequest) -> None:
    """Refuse what says that it is too large before any of it is read. Raises Problem."""
    upload = (request.content_type or "").startswith("multipart/")
    said = request.META.get("CONTENT_LENGTH") or "0"
    length = int(said) if said.isascii() and said.isdigit() else 0
    if length > (settings.UPLOAD_LIMIT if upload else JSON_LIMIT):
        raise Problem(413, "too_large", "The request is too large.")


class StrictParser(Parser):
    """JSON as RFC 8259 writes it and nothing else."""

    def parse_body(self, request: HttpRequest) -> dict[str, Any]:
        if request.content_type != "application/json":
            raise Problem(415, "not_json", "Send application/json.")
        if len(request.body) > JSON_LIMIT:
            raise Problem(413, "too_large", "The request is too large.")
        parsed = json.loads(request.body.decode("utf-8"), object_pairs_hook=_no_name_twice, parse_constant=_no_constant)
        json.dumps(parsed, ensure_ascii=False).encode()  # raises ValueError for half a surrogate pair
        return cast(dict[str, Any], parsed)


def _no_name_twice(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a name stands twice")
    return found


def _no_constant(_: str) -> NoReturn:
    raise ValueError("no number")
