"""A story on real photographs that installed packages carry."""
