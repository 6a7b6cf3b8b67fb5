"""Families of nets, each with the training of its paper."""
