from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from kernel.shared.houses import Unsteady
from kernel.shared.others import Other
from shell import Notebook


@pytest.fixture
def sales(notebook: Notebook) -> Notebook:
    """A notebook whose `df` (name, price, n) follows the shared table `sales`."""
    notebook.run("import tabweave as tw")
    notebook.run("t = tw.share(df, 'sales')")
    return notebook


@pytest.fixture
def bo(sales: Notebook) -> Other:
    """Bo, who works on `sales` as well."""
    return Other(sales)


@pytest.fixture
def house(notebook: Notebook, tmp_path: Path) -> Iterator[Unsteady]:
    made = Unsteady(notebook, tmp_path / "store.duckdb")
    notebook.home.circle._house = made
    notebook.run("import tabweave as tw\nt = tw.share(df, 'sales')")
    yield made
    notebook.home.circle.close()
