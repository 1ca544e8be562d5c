import time
from ui.grid import Grid, until


def paste(grid, text, html=None):
    grid.page.evaluate(
        """([text, html]) => { const d = new DataTransfer(); d.setData('text/plain', text); if (html) d.setData('text/html', html);
      document.activeElement.dispatchEvent(new ClipboardEvent('paste', {clipboardData: d, bubbles: true, cancelable: true})); }""",
        [text, html],
    )


def test_paste_1000x10(notebook):
    notebook.execute("df = pd.DataFrame(np.zeros((2000, 10)), columns=list('abcdefghij'))")
    g = Grid.show(notebook, "df")
    g.at(1, "a")
    t = time.time()
    paste(g, "\n".join("\t".join(str(r * 10 + c) for c in range(10)) for r in range(1000)))
    g.wait_frame("df.iloc[1:1001].to_numpy().sum()", sum(range(10000)))
    print("paste", time.time() - t)
    g.press("Control+z")
    g.wait_frame("float(df.to_numpy().sum())", 0.0)
    g.press("Control+y")
    g.wait_frame("float(df.to_numpy().sum())", float(sum(range(10000))))


def test_paste_more_rows(notebook):
    notebook.execute("df = pd.DataFrame({'a': [1.0, 2.0], 'b': ['x', 'y']})")
    g = Grid.show(notebook, "df")
    g.at(1, "a")
    paste(g, "7\tp\n8\tq\n9\t")
    until("asks", lambda: "Add 2 rows" in g.said())
    g.press("Enter")
    g.wait_frame("df['a'].tolist()", [1.0, 7.0, 8.0, 9.0])
    assert g.frame("df['b'].isna().tolist()") == [False, False, False, True]


def test_fill(notebook):
    notebook.execute("df = pd.DataFrame({'a': range(20), 'b': range(20)})")
    notebook.execute("df['a'] = [10, 20] + [0]*18")
    g = Grid.show(notebook, "df")
    g.at(0, "a")
    g.press("Shift+ArrowDown")
    g.page.wait_for_timeout(200)
    box = g.canvas.bounding_box()
    w = 112
    x = box["x"] + 44 + w - 3
    y = box["y"] + 62 + 56 - 2
    m = g.page.mouse
    m.move(x, y)
    m.down()
    m.move(x - 20, y + 40, steps=4)
    m.move(x - 20, y + 28 * 3 - 10, steps=6)
    g.page.wait_for_timeout(80)
    m.up()
    g.wait_frame("df['a'].tolist()[:6]", [10, 20, 30, 40, 50, 0])
    g.page.screenshot(path="/tmp/w/grid-dev/lab1.png")


def test_copy_all(notebook, orders):
    orders.focus()
    orders.press("Control+a")
    got = orders.page.evaluate(
        """() => { const d = new DataTransfer(); document.activeElement.dispatchEvent(new ClipboardEvent('copy', {clipboardData: d, bubbles: true, cancelable: true})); return d.getData('text/plain') }"""
    )
    want = orders.frame("df.to_csv(sep='\\t', index=False, header=False)")
    print(repr(got))
    print(repr(want))


def test_menu_and_types(notebook, orders):
    orders.at(0, "paid")
    orders.press(" ")
    orders.wait_frame("bool(df['paid'].iloc[0])", False)
    orders.at(0, "day")
    orders.press("F2")
    orders.page.keyboard.press("Alt+ArrowDown")
    orders.page.wait_for_timeout(200)
    orders.page.screenshot(path="/tmp/w/grid-dev/lab2.png")
    orders.press("ArrowRight")
    orders.press("Enter")
    orders.page.wait_for_timeout(100)
    orders.press("Enter")
    orders.wait_frame("str(df['day'].iloc[0])", "2027-01-02 00:00:00")
    orders.at(0, "kind")
    orders.type("b")
    orders.page.wait_for_timeout(200)
    orders.page.screenshot(path="/tmp/w/grid-dev/lab3.png")
    orders.press("Enter")
    orders.wait_frame("df['kind'].iloc[0]", "b")
    orders.at(0, "qty")
    orders.press("Delete")
    until("offer", lambda: "Allow missing" in orders.said())
    orders.page.screenshot(path="/tmp/w/grid-dev/lab4.png")
    orders.root.get_by_role("button", name="Allow missing").click()
    orders.wait_frame("str(df['qty'].dtype)", "Int64")
    orders.wait_frame("bool(df['qty'].isna().iloc[0])", True)


def test_leave(notebook, orders):
    orders.focus()
    orders.press("Escape", "Escape")
    a = orders.page.evaluate("document.activeElement.className")
    print(a)
    orders.press("Tab")
    print(orders.page.evaluate("document.activeElement.className"))
    assert notebook.js("return panel.content.mode") is not None
    n = notebook.js("return panel.content.model.cells.length")
    orders.focus()
    orders.type("aaabbb")
    orders.press("Enter")
    assert notebook.js("return panel.content.model.cells.length") == n


def test_code_change_while_editing(notebook, orders):
    orders.at(1, "qty")
    orders.type("12")
    c = notebook.append("df.loc[3,'qty'] = 777")
    notebook.page.evaluate("0")
    notebook.js("panel.sessionContext.session.kernel.requestExecute({code: \"df.loc[3,'qty'] = 777\"})")
    orders.page.wait_for_timeout(400)
    orders.type("34")
    orders.press("Enter")
    orders.wait_frame("df['qty'].tolist()[1]", 1234)
