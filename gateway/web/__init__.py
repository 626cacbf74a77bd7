"""Face towards the public: pages that work without script, cookie or login. Reads and acts through flows only."""
