"""Stand-ins for providers, on this machine only: trial mode and the demo use the real channels against them."""
