"""One demo user per role; the password is public, so they exist beside demo data only."""

from django.contrib.auth.models import Group

from accounts.models import Assignment, Division, User

PASSWORD = "Demo-2026-portal"  # noqa: S105 - printed for everybody who tries the portal
PLACES = {
    "street_officer": "440310001",
    "street_leader": "440310001",
    "clerk": "440310001001",
    "viewer": "440310",
}
DISTRICT = "440310"
OTHER_DISTRICTS = {"pinghu": "330482", "shushan": "340104", "xuhui": "310104"}


def create():
    """Every role at Pingshan, and a bureau officer for each of the other three areas."""
    for role in Group.objects.order_by("name"):
        make(role.name, f"演示·{role.name}", role, PLACES.get(role.name, DISTRICT))
    officer = Group.objects.get(name="bureau_officer")
    for name, code in OTHER_DISTRICTS.items():
        make(name, f"演示·{name}", officer, code)


def make(username, name, role, code):
    user = User(username=username, name=name, must_change_password=False)
    user.set_password(PASSWORD)
    user.save()
    Assignment.objects.create(user=user, role=role, division=Division.objects.get(code=code, valid_to=None))
