"""How a funnel finds the attempt that it reports, and counts attempts into its table."""
