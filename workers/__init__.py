"""Workers: the doorbell and who answers it, and the ticker. The outbox is the truth; losing a ring loses nothing."""
