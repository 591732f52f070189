"""Administration pages of organizations, divisions, figures, needs, projects, imports and code lists."""

from registry.admin import divisions, imports, lists, organizations, people, trail, works

__all__ = ["divisions", "imports", "lists", "organizations", "people", "trail", "works"]
