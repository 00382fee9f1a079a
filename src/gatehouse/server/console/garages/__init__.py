"""The pages of parking: one tab each, all under /parking/."""
