"""Files that come in and go out, and what other programs are told."""
