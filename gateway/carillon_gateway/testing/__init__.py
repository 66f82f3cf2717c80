"""Stand-ins for the five services, for tests and measurements of the edge alone; never used by the gateway."""
