"""The reader: 48 x 192 pixels to characters, colour, kind and number of rows."""
