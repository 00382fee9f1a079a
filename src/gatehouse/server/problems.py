"""problem+json (RFC 9457): how every error of an API is answered."""

from django.http import JsonResponse


def problem(status: int, code: str, title: str, **facts: str | int) -> JsonResponse:
    """An error for programs: `type` is a stable code, `title` is for people, `facts` never hold personal data."""
    body = {"type": f"urn:gatehouse:{code}", "title": title, "status": status, **facts}
    return JsonResponse(body, status=status, content_type="application/problem+json")
