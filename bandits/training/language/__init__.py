"""Language models: LSTMs that learn to predict the next character or word of a text.

Neither this package nor its `recipe` loads torch.
"""
