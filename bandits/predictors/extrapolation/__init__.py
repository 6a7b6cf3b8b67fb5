"""Each curve alone: families of curves, how they are fitted, and the posterior that `LCE` samples."""
