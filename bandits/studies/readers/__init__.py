"""One reader for each kind of source: what it returns is a `Study`."""
