"""The frame of every page: policy header, switches, place of work, division cascade, clean input, no inline code."""

import re
from pathlib import Path

import pytest
from django import forms
from django.conf import settings
from django.template.loader import get_template
from django.urls import reverse

from accounts.forms import DivisionField
from accounts.models import Division
from tests.builders import make_division, make_division_tree, make_user

ACCOUNT = "/accounts/account/"
TEMPLATES = sorted(path for path in (settings.BASE_DIR / "templates").rglob("*.html") if "admin" not in path.parts)


def officer_of(division):
    return make_user("r", division, perms=["accounts.view_division"])


@pytest.mark.django_db
@pytest.mark.parametrize("path", ["/accounts/sign-in/", ACCOUNT, "/no-such-page/", "/accounts/sign-in/?q=%00"])
@pytest.mark.parametrize("signed_in", [False, True])
def test_every_answer_carries_a_policy_without_unsafe_words(client, path, signed_in):
    if signed_in:
        client.force_login(make_user())
    policy = client.get(path)["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: str(path.relative_to(settings.BASE_DIR)))
def test_no_template_holds_inline_code(path):
    text = path.read_text(encoding="utf-8")
    assert not re.search(r"<style|\sstyle\s*=|javascript:|\son[a-z]+\s*=\s*[\"']|hx-on", text)
    for script in re.findall(r"<script\b[^>]*>", text):
        assert "src=" in script or "application/json" in script
    assert "|safe" not in text.replace("field.help_text|safe", "")


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: str(path.relative_to(settings.BASE_DIR)))
def test_every_template_compiles(path):
    get_template(str(path.relative_to(settings.BASE_DIR / "templates")))


def test_every_icon_named_in_a_template_is_in_the_sprite():
    sprite = next((settings.BASE_DIR / "static/vendor").glob("bootstrap-icons-*/sprite.svg")).read_text()
    known = set(re.findall(r'id="([^"]+)"', sprite))
    used = {name for path in TEMPLATES for name in re.findall(r'{% icon "([^"]+)" %}', path.read_text())}
    assert used - known == set()


def test_vendored_files_name_their_version_and_licence():
    vendor = settings.BASE_DIR / "static/vendor"
    readme = (vendor / "README.md").read_text()
    for folder in (path for path in vendor.iterdir() if path.is_dir()):
        assert (folder / "LICENSE").exists()
        for file in (path for path in folder.iterdir() if path.suffix in {".js", ".css", ".svg"}):
            assert f"{folder.name}/{file.name}" in readme
            assert "sourceMappingURL" not in file.read_text()


@pytest.mark.django_db
def test_the_language_is_chosen_before_sign_in_and_stays(client):
    answer = client.post("/accounts/language/", {"language": "en", "next": "/accounts/sign-in/"})
    assert answer.url == "/accounts/sign-in/"
    page = client.get("/accounts/sign-in/").content.decode()
    assert '<html lang="en"' in page
    assert "Sign in" in page
    client.post("/accounts/language/", {"language": "zh-hans", "next": "/accounts/sign-in/"})
    assert '<html lang="zh-hans"' in client.get("/accounts/sign-in/").content.decode()


@pytest.mark.django_db
def test_the_portal_speaks_chinese_whatever_the_browser_was_sold_with(client):
    asked = {"Accept-Language": "en-GB,en;q=0.9"}
    assert client.get("/accounts/sign-in/", headers=asked)["Content-Language"] == "zh-hans"
    client.cookies[settings.LANGUAGE_COOKIE_NAME] = "xx"
    assert client.get("/accounts/sign-in/", headers=asked)["Content-Language"] == "zh-hans"
    assert client.get("/%00", headers=asked).status_code == 400


@pytest.mark.django_db
def test_elder_mode_is_one_click_on_and_one_click_off(client):
    page = "/accounts/sign-in/"
    assert client.post("/accounts/elder/", {"next": page}).url == page
    assert 'class="elder' in client.get(page).content.decode()
    client.post("/accounts/elder/", {"next": page})
    assert 'class="elder' not in client.get(page).content.decode()


@pytest.mark.django_db
@pytest.mark.parametrize("target", ["https://elsewhere.example/", "//elsewhere.example", "javascript:alert(1)", ""])
def test_a_switch_never_leads_to_another_site(client, target):
    assert client.post("/accounts/elder/", {"next": target}).url == "/"


@pytest.mark.django_db
def test_the_place_of_work_is_one_of_the_own_places(client):
    tree = make_division_tree()
    user = officer_of(tree.street)
    client.force_login(user)
    assert client.post("/accounts/place/", {"place": tree.street.pk}).status_code == 302
    assert client.session["place"] == tree.street.pk
    for other in (tree.other_street.pk, tree.community.pk, "9" * 30, "x", ""):
        assert client.post("/accounts/place/", {"place": other}).status_code == 404


@pytest.mark.django_db
def test_the_menu_shows_what_the_role_may_open(client):
    tree = make_division_tree()
    client.force_login(make_user("r", tree.street, perms=["reporting.view_rollup"]))
    page = client.get(ACCOUNT).content.decode()
    assert f'href="{reverse("reporting:dashboard", args=[tree.street.pk])}"' in page
    assert f'href="{reverse("registry:organizations")}"' not in page
    assert f'href="{reverse("admin:index")}"' not in page
    client.force_login(make_user())
    assert f'href="{reverse("reporting:home")}"' in client.get(ACCOUNT).content.decode()


@pytest.mark.django_db
def test_the_cascade_offers_only_own_divisions(client):
    tree = make_division_tree()
    gone = make_division("community", "旧社区", tree.street, valid_to="2022-01-01", kind="urban")
    client.force_login(officer_of(tree.street))
    answer = client.get("/accounts/divisions/children/", {"parent": tree.street.pk}).json()
    names = [row["name"] for row in answer["divisions"]]
    assert names == [str(tree.community), str(tree.second_community)]
    assert str(gone) not in names
    outside = client.get("/accounts/divisions/children/", {"parent": tree.other_street.pk}).json()
    assert outside == {"divisions": []}


@pytest.mark.django_db
@pytest.mark.parametrize("parent", ["", "x", "-1", "１２", "9" * 19, "1e3"])
def test_the_cascade_refuses_what_is_no_key(client, parent):
    client.force_login(make_user())
    assert client.get("/accounts/divisions/children/", {"parent": parent}).status_code == 404


class PlaceForm(forms.Form):
    division = DivisionField(Division.objects.none())

    def __init__(self, *args, user, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["division"].queryset = Division.objects.visible_to(user).in_force()


@pytest.mark.django_db
def test_the_cascade_field_starts_at_the_users_place_and_shows_the_chosen_chain():
    tree = make_division_tree()
    form = PlaceForm({"division": tree.community.pk}, user=officer_of(tree.district))
    assert form.is_valid()
    assert form.cleaned_data["division"] == tree.community
    html = str(form["division"])
    assert html.count("<select") == 3
    for chosen in (tree.district, tree.street, tree.community):
        assert f'<option value="{chosen.pk}" selected>' in html
    assert str(tree.far_street) not in html
    assert str(PlaceForm(user=officer_of(tree.street))["division"]).count("<select") == 2


@pytest.mark.django_db
def test_the_cascade_field_refuses_a_division_outside_the_own_area():
    tree = make_division_tree()
    for value in (tree.other_community.pk, "x", "９", "9" * 30):
        form = PlaceForm({"division": value}, user=officer_of(tree.street))
        assert not form.is_valid()
        assert "<select" in str(form["division"])


@pytest.mark.django_db
@pytest.mark.parametrize(
    "query", ["q=%00", "%00=1", "q=%ff%fe", "q=%ed%a0%80", "q=" + "x" * 2001, "&".join(f"a{i}=1" for i in range(3000))]
)
def test_unreadable_queries_get_a_400_page(client, query):
    answer = client.get(f"/accounts/sign-in/?{query}")
    assert answer.status_code == 400
    assert b"<h1>" in answer.content


@pytest.mark.django_db
def test_unreadable_paths_and_forms_get_a_400_page(client):
    assert client.get("/accounts/%00/").status_code == 400
    body = "username=a%00b&password=c"
    form = "application/x-www-form-urlencoded"
    assert client.post("/accounts/sign-in/", body, content_type=form).status_code == 400


@pytest.mark.django_db
def test_readable_chinese_queries_pass(client):
    assert client.get("/accounts/sign-in/", {"q": "坪山 𬱖 １２３"}).status_code == 200


def test_stylesheets_keep_text_readable():
    css = Path(settings.BASE_DIR / "static/css/portal.css").read_text()
    tokens = dict(re.findall(r"--([\w-]+): (#[0-9a-f]{3,6});", css[: css.index("}")]))
    grounds = {"ink": ["ground", "card"], "ink-2": ["ground", "card"], "blue": ["ground", "card", "blue-tint"]}
    grounds |= {f"{tone}-ink": [f"{tone}-tint", "card"] for tone in ("met", "near", "late", "none")}
    for ink, papers in grounds.items():
        for paper in papers:
            assert contrast(tokens[ink], tokens[paper]) >= 4.5, (ink, paper)


def contrast(one, other):
    lighter, darker = sorted((luminance(one), luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def luminance(colour):
    digits = colour[1:] if len(colour) == 7 else "".join(digit * 2 for digit in colour[1:])
    parts = [int(digits[at : at + 2], 16) / 255 for at in (0, 2, 4)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
