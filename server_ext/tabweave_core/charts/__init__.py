"""Charts of tables: what is drawn, the one query that finds it, and the picture as Plotly JSON. No Plotly, no Jupyter."""
