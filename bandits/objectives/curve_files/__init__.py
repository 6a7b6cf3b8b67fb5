"""Files of learning curves: which columns are the curves, what the others mean, and what was guessed."""
