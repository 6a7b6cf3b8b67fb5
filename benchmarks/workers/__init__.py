"""Many arms at once, in worker processes; see README.md."""
