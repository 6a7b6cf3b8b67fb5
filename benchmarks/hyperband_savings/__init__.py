"""What a predictor saves inside Hyperband; see README.md."""
