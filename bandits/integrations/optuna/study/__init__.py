"""What is known of one Optuna study: which trials teach, when forecasts could prune, and the bar."""
