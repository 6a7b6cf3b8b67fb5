"""Training of neural networks with PyTorch: nets, tasks, the engine that trains them, checkpoints and devices.

Nothing of it is loaded with this package: name the module you need (`bandits.training.engine`).
"""
