"""Talk to Hardal: the client, and what one polite request is made of."""
