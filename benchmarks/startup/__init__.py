"""Cold starts and the price of advice; see README.md."""
