"""What a Bayesian network knows of learning curves; see README.md."""
