"""Whether training helped: measured on the sealed test, with an honest verdict."""
