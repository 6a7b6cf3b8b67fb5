"""Language models: LSTMs that learn to tell the next character or word of a text.

Nothing of torch is loaded with this package, nor with its `recipe`.
"""
