"""Samplers that learn, with early stopping; see README.md."""
