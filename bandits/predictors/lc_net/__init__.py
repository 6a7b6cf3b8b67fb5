"""LC-Net, the network behind `BNN`: its learning-curve layer, its posterior, and the sampler."""
