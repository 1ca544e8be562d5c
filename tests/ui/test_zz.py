import json, pytest
from ui.grid import Grid
from ui.lab import Lab
from ui.conftest import ORDERS
@pytest.mark.parametrize("ours", [True, False])
def test_re(browser, server, ours):
    if not ours:
        f = server.base / "config" / "labconfig" / "page_config.json"
        f.parent.mkdir(exist_ok=True); f.write_text(json.dumps({"disabledExtensions": {"tabweave": True}}))
    lab = Lab(browser, server.url, server.token)
    nb = lab.fresh_notebook()
    nb.execute(ORDERS)
    nb.execute("import ipywidgets; s = ipywidgets.IntSlider(value=37); s")
    grid = Grid.show(nb, "df")
    nb.save()
    second = Lab(browser, server.url, server.token)
    nb2 = second.open_notebook(nb.path)
    second.page.wait_for_timeout(3000)
    print("SECOND PAGE", ours, repr(nb2.cell(2).inner_text()[-100:]), nb2.cell(3).locator(".tw-Grid").count())
    nb.leave()
    nb3 = lab.open_notebook(nb.path)
    lab.page.wait_for_timeout(3000)
    print("SAME PAGE", ours, repr(nb3.cell(2).inner_text()[-100:]), nb3.cell(3).locator(".tw-Grid").count())
    second.close(); lab.close()
