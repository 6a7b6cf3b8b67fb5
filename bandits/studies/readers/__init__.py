"""One reader for each kind of source; each returns a `Study`."""
