import pytest
from django.contrib import admin
from django.test import Client
from django.urls import reverse

from casework.admin.base import ScopedAdmin
from tests.adminapi.conftest import signed_in
from tests.builders import make_user

REGISTERED = sorted(admin.site._registry, key=lambda model: model._meta.label)


def changelist(model):
    return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist")


def test_only_scoped_pages_are_served():
    assert all(isinstance(admin.site._registry[model], ScopedAdmin) for model in REGISTERED)


@pytest.mark.parametrize("model", REGISTERED, ids=lambda model: model._meta.label)
def test_every_list_and_form_opens(model, world, organizations):
    client = signed_in(make_user("bureau_head", world.district, is_superuser=True))
    assert client.get(changelist(model)).status_code == 200
    assert client.get(changelist(model), {"q": "坪山"}).status_code == 200
    first = model.objects.first()
    if first is not None:
        page = reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_change", args=[first.pk])
        history = reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_history", args=[first.pk])
        assert client.get(page).status_code == 200
        assert client.get(history).status_code == 200
    add = reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_add")
    assert client.get(add).status_code in {200, 302, 403}


def test_home_links_what_the_role_may_open(page):
    text = page.get("/admin/").content.decode()
    assert "/admin/registry/organization/" in text
    assert "/admin/casework/auditevent/" not in text


def test_the_portal_signs_in_for_the_admin(world):
    answer = Client().get("/admin/registry/organization/")
    assert answer.status_code == 302
    assert answer["Location"].startswith(reverse("accounts:sign_in"))
    assert Client().get("/admin/login/")["Location"].startswith(reverse("accounts:sign_in"))


def test_a_role_without_the_admin_is_refused(world):
    client = signed_in(make_user("street_officer", world.street))
    assert client.get("/admin/").status_code == 403
    assert client.get("/admin/registry/organization/").status_code == 403


def test_policy_is_looser_under_the_admin_only(page):
    inside, outside = page.get("/admin/"), page.get("/accounts/account/")
    assert "script-src 'self' 'unsafe-eval'" in inside["Content-Security-Policy"]
    assert "default-src 'none'" in inside["Content-Security-Policy"]
    assert "unsafe" not in outside["Content-Security-Policy"]


def test_the_package_search_is_off(page):
    assert page.get("/admin/search/", {"s": "组织"}).status_code == 404


def test_password_page_is_the_portals(page):
    assert page.get("/admin/password_change/")["Location"] == reverse("accounts:password_change")
