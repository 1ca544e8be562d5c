"""Commands in plain words between what reads them, what runs them, and those who are told. No Jupyter, no pandas."""
