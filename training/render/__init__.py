"""Plates, what cameras do to them, and scenes with what is no plate. Everything follows from a seed."""
