"""A multipart form taken apart while it arrives: its fields in memory, its one file passed on. Knows nothing of tables."""

from __future__ import annotations

from email.message import Message

from tabweave_core.errors import BadMessage, Refused

_LONGEST_HEADERS = 16 << 10
_LONGEST_FIELD = 64 << 10
_MOST_FIELDS = 100


class Form:
    """What has arrived of a form: `fields` by name, and the name of its file once that has begun."""

    def __init__(self, content_type: str) -> None:
        told = Message()
        told["Content-Type"] = content_type
        boundary = told.get_boundary()
        if not boundary or len(boundary) > 200:
            raise _broken("it has no boundary")
        self._mark = b"\r\n--" + boundary.encode("latin-1", "replace")
        self._rest = b"\r\n"
        self._state = "content"
        self._field: str | None = None
        self._text = b""
        self._in_file = False
        self.fields: dict[str, str] = {}
        self.file_name: str | None = None
        self.media = ""

    def feed(self, data: bytes) -> bytes:
        """Takes the next bytes of the form and gives those that are the file's."""
        self._rest += data
        found: list[bytes] = []
        while self._state != "end" and self._step(found):
            pass
        if self._state == "end":
            self._rest = b""
        return b"".join(found)

    def close(self) -> None:
        """Raises if the form is not whole or has no file."""
        if self._state != "end":
            raise _broken("it ends too early")
        if self.file_name is None:
            raise BadMessage("BAD_MESSAGE", "The form has no file.", hint="Add one: curl -F file=@sales.csv", where="file")

    def _step(self, found: list[bytes]) -> bool:
        if self._state == "content":
            return self._content(found)
        if self._state == "mark":
            return self._after_mark()
        return self._headers()

    def _content(self, found: list[bytes]) -> bool:
        end = self._rest.find(self._mark)
        until = end if end >= 0 else max(0, len(self._rest) - len(self._mark) + 1)
        piece = self._rest[:until]
        if self._in_file:
            found.append(piece)
        elif self._field is not None:
            self._text += piece
            if len(self._text) > _LONGEST_FIELD:
                raise Refused("TOO_LARGE", f"The field {self._field!r} is too long.", where=self._field)
        if end < 0:
            self._rest = self._rest[until:]
            return False
        self._rest = self._rest[end + len(self._mark) :]
        self._keep_field()
        self._in_file = False
        self._state = "mark"
        return True

    def _keep_field(self) -> None:
        if self._field is not None:
            try:
                self.fields[self._field] = self._text.decode()
            except UnicodeDecodeError:
                raise _broken(f"the field {self._field!r} is not UTF-8") from None
        self._field, self._text = None, b""

    def _after_mark(self) -> bool:
        line = self._rest[:64].lstrip(b" \t")
        if len(line) < 2 and len(self._rest) < 64:
            return False
        if line.startswith(b"--"):
            self._state = "end"
        elif line.startswith(b"\r\n"):
            self._rest = self._rest[self._rest.index(b"\r\n") :]
            self._state = "headers"
        else:
            raise _broken("a boundary is not followed by a new line")
        return True

    def _headers(self) -> bool:
        end = self._rest.find(b"\r\n\r\n")
        if end < 0:
            if len(self._rest) > _LONGEST_HEADERS:
                raise _broken("the headers of a part are too long")
            return False
        part = Message()
        for line in self._rest[:end].decode("utf-8", "replace").split("\r\n"):
            name, _, value = line.partition(":")
            if name.strip().lower() in ("content-disposition", "content-type") and name.strip() not in part:
                part[name.strip()] = value.strip()
        self._rest = self._rest[end + 4 :]
        self._begin(part)
        self._state = "content"
        return True

    def _begin(self, part: Message) -> None:
        name = part.get_param("name", header="content-disposition")
        file_name = part.get_filename()
        if not isinstance(name, str) or not name:
            raise _broken("a part has no name")
        if file_name is not None:
            if self.file_name is not None:
                raise BadMessage("BAD_MESSAGE", "The form has several files.", hint="Send them one by one.", where=name)
            self.file_name, self.media, self._in_file = file_name, part.get_content_type(), True
        elif name in self.fields or len(self.fields) >= _MOST_FIELDS:
            raise BadMessage("BAD_MESSAGE", f"The field {name!r} is there twice.", where=name)
        else:
            self._field = name


def _broken(why: str) -> BadMessage:
    return BadMessage("BAD_MESSAGE", f"The multipart form is broken: {why}.", where="$")
