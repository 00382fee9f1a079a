"""Pixels in, reads out: faces, plates and codes, with model packs that are checked by SHA-256.

No Django, no database, no key material. The only room that may import OpenCV or onnxruntime.
"""
