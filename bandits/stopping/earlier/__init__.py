"""Curves of earlier studies, from which predictors learn until new curves contradict them."""
