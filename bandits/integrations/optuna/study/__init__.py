"""What is known of one Optuna study: who teaches now, when forecasts could prune, and the bar."""
