from ui.grid import Grid
def test_dbg(notebook):
    notebook.execute("df = pd.DataFrame({'a': [1, 2, 3, 4], 'b': [5, 6, 7, 8]})")
    grid = Grid.show(notebook, "df")
    last = grid.cell_box(3, "a")
    grid.at(0, "a")
    grid.press("Shift+ArrowRight")
    mouse = grid.page.mouse
    grid.keyboard.down("Control")
    mouse.move(last["x"] + 20, last["y"] + 14)
    mouse.down()
    mouse.move(last["x"] + 60, last["y"] + 14, steps=4); grid.page.wait_for_timeout(200); mouse.move(last["x"] + 20 + last["width"], last["y"] + 14, steps=4); grid.page.wait_for_timeout(300)
    mouse.up()
    grid.keyboard.up("Control")
    grid.page.wait_for_timeout(300)
    print("nix")
    grid.press("Control+c")
    grid.page.wait_for_timeout(1000)
    print(grid.said(), grid.spoken(), grid.root.inner_text())
    grid.page.screenshot(path='/tmp/w/uidev/a.png')
    print(grid.page.evaluate("navigator.clipboard.readText()"))
    assert 0
