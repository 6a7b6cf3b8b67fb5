"""MetaQNN with early stopping; see README.md."""
