"""The one JSON shape of a refusal over HTTP: `{"error": {"code", "message", "hint", "where"}}`."""

from __future__ import annotations

from http import HTTPStatus
from http.client import responses
from typing import Any

from tabweave_core.errors import TabweaveError
from tornado import web

from .record import line

_STATUS = {
    HTTPStatus.BAD_REQUEST: ("BAD_MESSAGE",),
    HTTPStatus.FORBIDDEN: ("FORBIDDEN", "NOT_EDITABLE"),
    HTTPStatus.NOT_FOUND: ("NO_TABLE", "NO_COLUMN", "NO_ROW"),
    HTTPStatus.CONFLICT: ("CONFLICT", "SCHEMA", "BAD_SEQ", "UNDO_EXPIRED", "HELD", "ALL_HELD", "HOLD_CONFLICT"),
    HTTPStatus.GONE: ("TOO_FAR",),
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: ("TOO_LARGE",),
    HTTPStatus.UNPROCESSABLE_ENTITY: (
        "TYPE",
        "SCALE",
        "RANGE",
        "CHECK",
        "BAD_FILE",
        "EMPTY_GROUP",
        "INFEASIBLE",
        "NEAR_ZERO_BASE",
    ),
    HTTPStatus.SERVICE_UNAVAILABLE: ("BUSY", "OFFLINE", "CANCELLED"),
}
STATUS = {code: status for status, codes in _STATUS.items() for code in codes}
"""The HTTP status of each code that a `TabweaveError` can have."""
_RETRY_AFTER = 1
_NO_METHOD = web.RequestHandler.get
_CODES = {401: "FORBIDDEN", 403: "FORBIDDEN", 404: "NOT_FOUND", 405: "BAD_MESSAGE", 413: "TOO_LARGE", 503: "BUSY"}
_HINTS = {
    401: "Log in to the server.",
    403: "Log in to the server, or ask its owner for access.",
    404: "See /tabweave/api/v1/health for the version that runs here.",
    500: "The server's log has the details.",
}


class Envelope(web.RequestHandler):
    """Handlers whose errors are JSON, and whose log lines leave out the query: it may hold a token."""

    def write_error(self, status_code: int, **kwargs: Any) -> None:
        """Answers with the envelope."""
        if status_code == HTTPStatus.METHOD_NOT_ALLOWED:
            self.set_header("Allow", ", ".join(_methods(type(self))))
        cause = kwargs.get("exc_info", (None, None, None))[1]
        if isinstance(cause, TabweaveError):
            self.set_status(STATUS[cause.code])
            if cause.code == "BUSY":
                self.set_header("Retry-After", _RETRY_AFTER)
            body = cause.envelope()
        else:
            code = _CODES.get(status_code, "INTERNAL" if status_code >= HTTPStatus.INTERNAL_SERVER_ERROR else "BAD_MESSAGE")
            message = f"{responses.get(status_code, 'Error')}: {self.request.method} {self.request.path}"
            body = {"error": {"code": code, "message": message, "hint": _HINTS.get(status_code, ""), "where": ""}}
        self.set_header("Content-Type", "application/json")
        self.finish(body)

    def get_login_url(self) -> str:
        """Refuses who is not logged in; a program has no use for a login page."""
        raise web.HTTPError(HTTPStatus.FORBIDDEN)

    def log_exception(self, typ: Any, value: BaseException | None, tb: Any) -> None:
        """A refusal is no accident: it is one line without a traceback."""
        if isinstance(value, TabweaveError):
            self.application.settings["tabweave_server"].log.warning(
                line("refused", path=self.request.path, code=value.code, where=value.where)
            )
        else:
            super().log_exception(typ, value, tb)

    def _request_summary(self) -> str:
        return f"{self.request.method} {self.request.path} ({self.request.remote_ip})"


def _methods(handler: type[web.RequestHandler]) -> list[str]:
    """The methods that a handler has."""
    return [name for name in handler.SUPPORTED_METHODS if getattr(handler, name.lower()) is not _NO_METHOD]
