"""Tieline keeps a product plan and Jira in step, both ways, and says exactly why when it cannot."""

__version__ = "0.1.0"
