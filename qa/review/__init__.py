"""People's second look at the machine: how well they agree, and how often it is right."""
