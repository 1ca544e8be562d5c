"""The browser's real clipboard, filled and read as other programs do. The keys that paste and copy are pressed elsewhere."""

from __future__ import annotations

from typing import Any

from playwright.sync_api import Page

from ui.grid import until

EXCEL = """<html xmlns:o="urn:schemas-microsoft-com:office:office" xmlns:x="urn:schemas-microsoft-com:office:excel">
<head><meta http-equiv=Content-Type content="text/html; charset=utf-8"><meta name=Generator content="Microsoft Excel 15">
<style>
<!--table {{mso-displayed-decimal-separator:"\\."; mso-displayed-thousand-separator:"\\,";}}
td {{padding:0px; color:black; font-size:11.0pt; font-family:Calibri, sans-serif; white-space:nowrap;}}
.xl65 {{mso-number-format:"\\#\\,\\#\\#0\\.00";}}
br {{mso-data-placement:same-cell;}}-->
</style></head>
<body link="#0563C1" vlink="#954F72">
<table border=0 cellpadding=0 cellspacing=0 width=192 style='border-collapse:collapse;width:144pt'>
<!--StartFragment-->
 <col width=64 span=2 style='width:48pt'>
{rows}
<!--EndFragment-->
</table></body></html>"""

SHEETS = """<meta charset='utf-8'><google-sheets-html-origin>
<style type="text/css"><!--td {{border: 1px solid #cccccc;}}--></style>
<table xmlns="http://www.w3.org/1999/xhtml" cellspacing="0" cellpadding="0"
dir="ltr" border="1" style="table-layout:fixed"
data-sheets-root="1"><colgroup><col width="100"/><col width="100"/></colgroup><tbody>{rows}</tbody></table>"""


def put(page: Page, text: str, html: str | None = None) -> None:
    """Fills the clipboard with text, and with HTML just as given."""
    page.evaluate(
        """([text, html]) => {
          const fill = event => {
            event.preventDefault();
            event.stopImmediatePropagation();
            event.clipboardData.setData('text/plain', text);
            if (html !== null) event.clipboardData.setData('text/html', html);
          };
          window.addEventListener('copy', fill, true);
          const done = document.execCommand('copy');
          window.removeEventListener('copy', fill, true);
          if (!done) throw new Error('the clipboard was not written');
        }""",
        [text, html],
    )


def get(page: Page) -> dict[str, Any]:
    """What the clipboard holds, by type; of an HTML table also its rows, as `table`. Nothing while it is being written."""
    found: dict[str, Any] = page.evaluate(
        """async () => {
          const held = {};
          try {
            for (const item of await navigator.clipboard.read())
              for (const type of item.types) held[type] = await (await item.getType(type)).text();
          } catch (error) {
            if (error.name !== 'InvalidStateError') throw error;
            return {};
          }
          const table = new DOMParser().parseFromString(held['text/html'] ?? '', 'text/html').querySelector('table');
          held.table = table && [...table.rows].map(row => [...row.cells].map(cell => cell.textContent));
          return held;
        }"""
    )
    return found


def wait_other(page: Page, text: str) -> dict[str, Any]:
    """What the clipboard holds as soon as it is not this text any more."""
    found: dict[str, Any] = until("the clipboard is filled", lambda: (held := get(page)).get("text/plain", text) != text and held)
    return found
