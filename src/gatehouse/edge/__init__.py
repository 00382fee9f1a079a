"""The process at the gates of one site: cameras -> reads -> sighting -> decision -> spool -> relay -> uplink.

config       EDGEHOME/edge: edge.json and device.key
roster       the feed opened into memory: policy, gallery, look-ups
cache        the feed sealed on disk, for a start without a network
spool        letters on disk before anything moves
gatekeeper   one gate: what is seen becomes an answer, a pulse and a passage
looking      pixels to reads, by what a gate takes
watcher      one camera's thread
uplink       letters out, feed in; never in a gate's way
service      all of it together, until it is told to stop
"""
