"""Matrix products: from three Python loops to the machine's peak."""
