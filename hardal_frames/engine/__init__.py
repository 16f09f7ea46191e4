"""More events than memory holds, and more than one process or machine to count them."""
