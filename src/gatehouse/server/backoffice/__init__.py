"""The back office on Unfold: setting things up, scoped by site and role. It writes through actions only."""
