"""Joiner, mover, leaver: what one word of HR's changes in people, departments, plans, pay and parking."""
