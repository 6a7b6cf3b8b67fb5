"""Commands other than `run`, a folder for each with its report and plot."""
