"""Tablets and phones as terminals of a gate: the edge serves their page itself, on the site's own network.

pairing     which browser is which terminal: a code once, then a token of which the hash is kept
session     one page at a time, requests in order, no frame twice
asking      a frame, card or PIN becomes a read, the gatekeeper's answer what the screen may show
web         the requests
serving     the thread that listens, with the edge's own certificate

No frame leaves the edge's memory, and the server hears of a terminal what it hears of a camera: letters.
"""
