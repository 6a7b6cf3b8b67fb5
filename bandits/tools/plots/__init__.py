"""What the plots of all commands share."""
