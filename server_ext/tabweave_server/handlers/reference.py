"""The interactive page about the API: four files of ours, nothing from anywhere else."""

from __future__ import annotations

from importlib.resources import files

from tabweave_core.errors import NotFound
from tornado import web
from tornado.escape import xhtml_escape

from .resource import Resource, call
from .rest import authorized

_FILES = {"page.js": "text/javascript", "schema.js": "text/javascript", "page.css": "text/css"}
_HTML = "text/html"
_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src data:; base-uri 'none'; "
    "form-action 'none'; frame-ancestors 'self'"
)


class ReferenceHandler(Resource):
    """The page and its files."""

    needs_store = False

    @property
    def content_security_policy(self) -> str:
        """Only what this server itself gives may run."""
        return _POLICY

    @web.authenticated
    @authorized
    @call("Open the reference", gives={_HTML: {"type": "string"}, **{media: {"type": "string"} for media in _FILES.values()}})
    async def get(self, file: str = "") -> None:
        """The page, with the token that its calls need, or one of its files."""
        folder = files("tabweave_server") / "reference"
        self.set_header("Cache-Control", "no-cache")
        if not file:
            page = (folder / "page.html").read_text(encoding="utf-8")
            xsrf = xhtml_escape(self.xsrf_token.decode())
            base = xhtml_escape(f"{self.base_url}tabweave/api/v1")
            self.finish(page.replace("{{xsrf}}", xsrf).replace("{{base}}", base), set_content_type=f"{_HTML}; charset=UTF-8")
        elif file in _FILES:
            content = (folder / file).read_text(encoding="utf-8")
            self.finish(content, set_content_type=f"{_FILES[file]}; charset=UTF-8")
        else:
            raise NotFound("NO_TABLE", f"The reference has no file {file[:60]!r}.")
