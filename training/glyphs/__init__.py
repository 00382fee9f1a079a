"""Plate glyphs as strokes of our own, in the proportions that the standards publish. No font file is used."""
