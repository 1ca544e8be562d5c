"""Which model is asked, where, and how. The key is no setting: it stays in the environment, where nothing saves or shows it.

Settings come from IPython's configuration (`c.TabweaveModel.…`), from `%config TabweaveModel.… = …`, and from the environment.
"""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from traitlets import Float, Int, Unicode, default
from traitlets.config import Configurable

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell

OPENAI = "https://api.openai.com/v1"
_KEYS = re.compile(r"\b(?:sk|pk|key|hf|gsk)[-_][\w*.-]{6,}|(?<=Bearer )\S+", re.IGNORECASE)


class Secret:
    """A key. It shows itself to nobody who does not ask for it by name."""

    __slots__ = ("_value",)

    def __init__(self, value: str) -> None:
        self._value = value

    def reveal(self) -> str:
        """The key itself."""
        return self._value

    def scrub(self, text: str) -> str:
        """A text without the key, and without what looks like one."""
        return _KEYS.sub("…", text.replace(self._value, "…") if self._value else text)

    def __repr__(self) -> str:
        return "Secret(…)"

    def __reduce__(self) -> str:
        raise TypeError("A key is not saved.")


class TabweaveModel(Configurable):
    """The language model that is asked for what the built-in rules do not understand."""

    model = Unicode(help="Name of the model, as its server knows it; empty: none is asked. [TABWEAVE_MODEL]").tag(config=True)
    base_url = Unicode(help="Address of a server that speaks the chat completions API. [OPENAI_BASE_URL]").tag(config=True)
    key_variable = Unicode("OPENAI_API_KEY", help="The environment variable that holds the key.").tag(config=True)
    timeout = Float(60.0, help="Seconds of silence after which the server is given up.").tag(config=True)
    longest = Float(300.0, help="Seconds after which an answer is given up, however lively it is.").tag(config=True)
    max_tokens = Int(4096, help="The longest answer, in tokens.").tag(config=True)
    price_in = Float(0.0, help="What a million tokens sent cost; 0: no costs are shown.").tag(config=True)
    price_out = Float(0.0, help="What a million tokens received cost.").tag(config=True)
    currency = Unicode("$", help="What the prices are in.").tag(config=True)

    @default("model")
    def _model(self) -> str:
        return os.environ.get("TABWEAVE_MODEL", "")

    @default("base_url")
    def _base_url(self) -> str:
        return os.environ.get("OPENAI_BASE_URL") or OPENAI

    @property
    def configured(self) -> bool:
        """Whether a model was named. A key in the environment alone sends nothing anywhere."""
        return bool(self.model.strip())

    @property
    def key(self) -> Secret:
        """The key; an empty one where the variable is not set, which servers on one's own machine accept."""
        return Secret(os.environ.get(self.key_variable, "").strip())

    @property
    def host(self) -> str:
        """The server as it may be shown: without a password in its address."""
        parts = urlsplit(self.base_url)
        return f"{parts.hostname or self.base_url}{f':{parts.port}' if parts.port else ''}"

    @property
    def local(self) -> bool:
        """Whether the server is on this machine."""
        host = urlsplit(self.base_url).hostname or ""
        return host in ("localhost", "::1") or host.startswith("127.")

    def cost(self, tokens_in: int, tokens_out: int) -> str:
        """What so many tokens cost, or nothing where no prices are set."""
        if not (self.price_in or self.price_out):
            return ""
        cost = (tokens_in * self.price_in + tokens_out * self.price_out) / 1e6
        return f"{self.currency}{cost:.4f}" if cost < 1 else f"{self.currency}{cost:.2f}"


_alone: list[TabweaveModel] = []


def settings_of(shell: InteractiveShell | None) -> TabweaveModel:
    """The settings of a shell, which `%config` knows from then on; those of the environment without one."""
    known: list[Any] = _alone if shell is None else shell.configurables
    found = next((each for each in known if isinstance(each, TabweaveModel)), None)
    if found is not None:
        return found
    made = TabweaveModel() if shell is None else TabweaveModel(parent=shell)
    known.append(made)
    return made
