"""Tables that Tabweave generates for notebooks, tests and first tries. The same seed gives the same table."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd

CATALOGUE: dict[str, dict[str, list[str]]] = {
    "Alba": {
        "Coffee": ["Alba Espresso 250 g", "Alba Filter 500 g", "Alba Decaf 250 g", "Alba Pods 10"],
        "Tea": ["Alba Earl Grey 20", "Alba Green 20", "Alba Rooibos 20"],
    },
    "Northwind": {
        "Biscuits": ["Northwind Oat", "Northwind Butter", "Northwind Ginger", "Northwind Cocoa"],
        "Crackers": ["Northwind Rye", "Northwind Sesame", "Northwind Sea Salt"],
    },
    "Verde": {
        "Juice": ["Verde Apple 1 l", "Verde Orange 1 l", "Verde Carrot 0.75 l"],
        "Smoothie": ["Verde Berry 0.25 l", "Verde Mango 0.25 l", "Verde Spinach 0.25 l"],
        "Water": ["Verde Still 1.5 l", "Verde Sparkling 1.5 l"],
    },
}
REGIONS = ["North", "South", "East", "West"]
_SEASON = [0.86, 0.84, 0.95, 0.98, 1.03, 1.08, 1.12, 1.05, 1.0, 1.01, 1.06, 1.32]


def sales_plan(year: int = 2027, *, seed: int = 7) -> pd.DataFrame:
    """A year's sales plan: brand > family > product by region and month, 1,056 rows.

    Columns: brand, family, product, region (categories), month (first day), qty (int64), price and amount (float64, amount =
    qty · price rounded to cents), launched (boolean, some missing), note (text, mostly missing).
    """
    import numpy as np
    import pandas as pd

    rng = np.random.default_rng(seed)
    products = [
        (brand, family, product)
        for brand, families in CATALOGUE.items()
        for family, names in families.items()
        for product in names
    ]
    months = pd.date_range(f"{year}-01-01", periods=12, freq="MS", unit="s")
    index = pd.MultiIndex.from_product([range(len(products)), REGIONS, months], names=["product", "region", "month"])
    which = index.get_level_values("product").to_numpy()
    region = index.get_level_values("region")
    season = np.asarray(_SEASON)[pd.DatetimeIndex(index.get_level_values("month")).month - 1]

    strength = rng.lognormal(6.0, 0.6, len(products))[which]
    share = pd.Series({"North": 1.0, "South": 0.8, "East": 0.55, "West": 1.25}).reindex(region).to_numpy()
    qty = np.round(strength * share * season * rng.normal(1.0, 0.06, len(index))).astype("int64")
    list_price = np.round(rng.uniform(1.2, 9.5, len(products)) * 20) / 20
    price = list_price[which]

    brands, families, names = (pd.Categorical([p[level] for p in products]) for level in range(3))
    frame = pd.DataFrame(
        {
            "brand": brands[which],
            "family": families[which],
            "product": names[which],
            "region": pd.Categorical(region, categories=REGIONS),
            "month": index.get_level_values("month"),
            "qty": qty,
            "price": price,
            "amount": np.round(qty * price, 2),
            "launched": pd.array(rng.choice([True, True, True, False], len(products)), dtype="boolean")[which],
            "note": pd.Series(pd.NA, index=range(len(index)), dtype="str"),
        }
    )
    frame.loc[frame["product"].isin(["Verde Mango 0.25 l", "Alba Pods 10"]) & (frame["region"] == "East"), "launched"] = pd.NA
    frame.loc[(frame["product"] == "Northwind Rye") & (frame["month"].dt.month == 9), "note"] = "new pack from September"
    return frame


def messy_sales(rows: int = 400, *, seed: int = 11) -> pd.DataFrame:
    """Sales as they come: spellings that differ, missing prices, days as text, orders that are there twice.

    Columns: order, day (text, ISO), region, product (texts), qty (int64), price and amount (float64, some missing).
    """
    import numpy as np
    import pandas as pd

    rng = np.random.default_rng(seed)
    regions = np.array(["North", "north ", "South", "SOUTH", "East", "West", "West"], dtype=object)
    products = np.array([name for families in CATALOGUE.values() for names in families.values() for name in names], dtype=object)
    day = pd.Timestamp("2026-01-01") + pd.to_timedelta(rng.integers(0, 270, rows), unit="D")
    qty = rng.integers(1, 40, rows)
    price = np.round(rng.uniform(1, 10, rows), 2)
    price[rng.random(rows) < 0.08] = np.nan
    frame = pd.DataFrame(
        {
            "order": [f"A-{1000 + number}" for number in range(rows)],
            "day": day.strftime("%Y-%m-%d"),
            "region": pd.array(regions[rng.integers(0, len(regions), rows)], dtype="str"),
            "product": pd.array(products[rng.integers(0, len(products), rows)], dtype="str"),
            "qty": qty,
            "price": price,
            "amount": np.round(qty * price, 2),
        }
    )
    twice = frame.sample(rows // 20, random_state=seed)
    return pd.concat([frame, twice], ignore_index=True)
