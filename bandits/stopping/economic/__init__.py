"""Weighing an arm against fresh ones, within a budget."""
