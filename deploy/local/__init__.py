"""The embedded stack: PostgreSQL, Kafka, the services and the demo world as child processes of one supervisor."""
