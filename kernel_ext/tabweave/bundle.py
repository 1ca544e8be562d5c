"""The grid's built front end, for pages that do not have it: read once, sent as one binary buffer on request."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from tabweave_core.errors import Unavailable

PATH = Path(__file__).parent / "static" / "widget.js"

STUB = """const P=Symbol.for("tabweave"),B=Symbol.for("tabweave.bundle"),G=globalThis;
const ask=m=>G[B]??=new Promise((ok,no)=>{
const end=e=>{clearTimeout(t);m.off("msg:custom",got);if(e){G[B]=undefined;no(Error(e))}},t=setTimeout(()=>end("no kernel"),9e3),
got=(c,b)=>{if(c?.type!="bundle")return;end(c.error);if(c.error)return;
const u=URL.createObjectURL(new Blob([b[0]],{type:"text/javascript"}));ok(import(u).finally(()=>URL.revokeObjectURL(u)))};
m.on("msg:custom",got);m.send({type:"bundle"})});
export default{async render({model,el}){const page=G[P],old=()=>el.innerHTML=model.get("preview");if(!page)old();
try{const g=await(page?page.grid():ask(model));el.textContent="";return g.render({model,el,page})}
catch(e){old();const p=document.createElement("p");
p.textContent="The grid cannot start here: "+e.message+". Run the cell again.";el.append(p)}}};
"""
"""The module that every widget carries. In JupyterLab the page has the grid; elsewhere the kernel is asked once per page."""


@cache
def _read(path: Path, _changed: float) -> bytes:
    return path.read_bytes()


def code() -> bytes:
    """The grid's JavaScript module; raises `OFFLINE` when it was not built."""
    try:
        return _read(PATH, PATH.stat().st_mtime)
    except FileNotFoundError:
        raise Unavailable("OFFLINE", "The grid's code is not built.", hint="Run `npm run build` in the checkout.") from None
