"""Commands that are more than a run: a folder each, with its own report and plot."""
