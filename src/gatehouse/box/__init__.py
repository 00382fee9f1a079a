"""One installation on one box: its processes started in order, tended and stopped; what its local shell may do."""
