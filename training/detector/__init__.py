"""The detector: where plates are in a frame, by their four corners."""
