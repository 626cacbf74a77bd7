"""What leaves: messages rendered from the words of a campaign, the notices of the law and the fields of one person."""
