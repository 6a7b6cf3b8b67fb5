"""The library inside other people's loops."""
