"""Own plate models: glyphs, a renderer of plates and scenes, and the training of a detector and a reader.

Not part of the package: nothing under src/ imports this. See training/README.md.
"""
