"""Memory. SQLAlchemy Core on SQLite and PostgreSQL: one module per noun, one named set-based statement per question."""
