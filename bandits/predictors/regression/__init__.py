"""One regression per epoch: the machinery of `SRM` and its kin, and the regressions that it may use."""
