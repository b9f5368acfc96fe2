"""The nightly run as a Prefect flow, its schedule and its progress."""
