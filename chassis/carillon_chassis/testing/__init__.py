"""What the tests of every service share: a real PostgreSQL and a real gRPC server; never used by a service."""
