"""Bodies of forms: small, text only, read the same however they were encoded."""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus
from urllib.parse import parse_qs

from starlette.exceptions import HTTPException
from starlette.requests import Request

_FORMS = ("application/x-www-form-urlencoded", "multipart/form-data")


async def read_fields(request: Request, *, most: int) -> Mapping[str, str]:
    """Text fields of the body, whether urlencoded or multipart; senders that forget the content type are read as urlencoded.

    most: fields that the form has; a body with more of them is not ours. Raises HTTPException 400 for a body that cannot be
    parsed, 413 for one that is too large.
    """
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind in _FORMS:
        async with request.form(max_files=0, max_fields=most) as form:
            return {name: value for name, value in form.items() if isinstance(value, str)}
    body = await request.body()
    try:
        return {name: values[0] for name, values in parse_qs(body.decode("ascii"), max_num_fields=most).items()}
    except ValueError as fault:
        raise HTTPException(HTTPStatus.BAD_REQUEST) from fault
