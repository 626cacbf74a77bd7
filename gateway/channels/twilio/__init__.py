"""SMS and automated calls through Twilio, by its own SDK; what it tells us is read without."""
