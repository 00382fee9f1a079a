"""Payment providers behind one small protocol: `protocol.Provider`. `known.KINDS` lists them."""
