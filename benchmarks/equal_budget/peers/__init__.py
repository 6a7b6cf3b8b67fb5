"""Schedulers of other libraries, which run in environments of their own."""
