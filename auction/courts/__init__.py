"""Courts on this installation, each with its own data, money and settings."""
