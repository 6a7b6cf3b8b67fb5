"""LC-Net, the network behind `BNN`: its layer of learning curves, its posterior, and how that is sampled."""
