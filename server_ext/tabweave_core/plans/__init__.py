"""Plans checked, compiled to DuckDB SQL, compared with the table before, and told as code. No Jupyter, no pandas, no network."""
