"""The migrations: there are none to run."""

print("the database is up to date")
