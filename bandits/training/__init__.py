"""Training of neural networks with PyTorch: nets, tasks, the engine that trains them, checkpoints and devices.

Importing this package loads none of its modules: import the one you need (`bandits.training.engine`).
"""
