"""Django's own has_perm(perm, obj), made aware of place."""

from django.contrib.auth.backends import ModelBackend


class PlaceBackend(ModelBackend):
    """A right is held through a role at a division; for an object it counts only inside that division's subtree."""

    def has_perm(self, user_obj, perm, obj=None):
        paths = user_obj.paths(perm) if user_obj.is_authenticated else []
        if obj is None:
            return bool(paths)
        return any(path_of(obj).startswith(path) for path in paths)

    def get_all_permissions(self, user_obj, obj=None):
        if not user_obj.is_active or user_obj.is_anonymous:
            return set()
        return set().union(*(perms for path, perms in user_obj.grants if obj is None or path_of(obj).startswith(path)))

    def has_module_perms(self, user_obj, app_label):
        return any(perm.startswith(f"{app_label}.") for perm in self.get_all_permissions(user_obj))


def path_of(obj):
    """The division path an object lives at: its own, its denormalised one, or its division's."""
    for name in ("division_path", "path"):
        if hasattr(obj, name):
            return getattr(obj, name) or ""
    return obj.division.path
