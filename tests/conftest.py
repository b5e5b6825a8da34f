"""Fixtures that every test folder may use."""

pytest_plugins = ["live", "postgres", "mariadb", "serving", "script_share", "job_session"]
