from ui.grid import Grid
def test_dbg(notebook):
    notebook.execute("df = pd.DataFrame({'n': np.arange(10_000_000) * 3})")
    grid = Grid.show(notebook, "df")
    print(grid.canvas.bounding_box())
    print(grid.root.evaluate("g => { const s = g.querySelector('.dvn-scroller'); const r = s.getBoundingClientRect(); return [r.x, r.y, r.width, r.height, s.clientWidth, s.offsetWidth, s.scrollHeight, document.elementFromPoint(r.right-5, r.y+10).className] }"))
    grid.page.screenshot(path='/tmp/w/uidev/scroll.png')
