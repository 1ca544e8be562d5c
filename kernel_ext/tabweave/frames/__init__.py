"""The engine over a user's DataFrame: columns, cells, rows, views, operations and their log. It must not know Jupyter."""
