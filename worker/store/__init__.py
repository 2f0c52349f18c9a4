"""The database: session, models, repositories, migrations."""
