"""Early stopping in training loops of other libraries."""
