"""Families of nets, each with the way in which its paper trains it."""
