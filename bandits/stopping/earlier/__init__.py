"""Curves of earlier studies, which teach until new ones contradict them."""
