"""Pages about keeping, erasing and what people ask about their data."""
