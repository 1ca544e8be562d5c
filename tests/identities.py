"""Five people for a server under test: each shows their own name as the token. Only what Jupyter offers is used for it.

ann, bo and cy may do everything, vi may read shared tables but not write them, nix may use Jupyter but not Tabweave.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path
    from typing import Any

    from servers import Server

CONFIG = """
from jupyter_server.auth import Authorizer, IdentityProvider, User

class People(IdentityProvider):
    def get_user(self, handler):
        token = handler.request.headers.get("Authorization", "").removeprefix("token ") or handler.get_argument("token", "")
        name = token or handler.get_cookie("person", "")
        if name not in {"ann", "bo", "cy", "vi", "nix"}:
            return None
        handler._token_authenticated = bool(token)
        return User(name, display_name=name.title(), color="#123456")

class Rights(Authorizer):
    def is_authorized(self, handler, user, action, resource):
        if resource != "tabweave":
            return True
        return user.username in {"ann", "bo", "cy"} or (user.username == "vi" and action == "read")

c.ServerApp.identity_provider_class = People
c.ServerApp.authorizer_class = Rights
"""


def as_(name: str) -> dict[str, str]:
    """The headers of a request of this person."""
    return {"Authorization": f"token {name}"}


def server_of_people(base: Path, *, more_config: str = "", **more: Any) -> Server:
    """A server that knows them; what the test itself asks of it, it asks as ann."""
    from servers import Server

    return Server(base, token="ann", config=CONFIG + more_config, **more)
