import pytest
from django.urls import reverse
from django.utils import translation

from casework.models import Notice
from casework.notices import tell
from casework.services import links
from casework.wording import WORDS, spoken
from tests import cases, worlds

pytestmark = pytest.mark.django_db


def filed():
    people = worlds.with_people()
    people.filing = cases.make_filing(people, "committee_check")
    return people


made_world, world = worlds.shared(filed)


@pytest.fixture
def filing(world):
    return world.filing


def page(client, name, *args, **query):
    return client.get(reverse(f"casework:{name}", args=args), query)


def test_the_list_tells_what_happened_and_the_bar_counts_it(client, world, filing):
    tell(world.applicant.pk, "returned", case=filing.case, params={"note": "请补身份证复印件", "due": "2026-12-01"})
    client.force_login(world.applicant)
    text = page(client, "notices").content.decode()
    assert filing.case.title in text
    assert "请补身份证复印件" in text
    assert '<span class="bar-count">1</span>' in text


def test_an_address_of_the_portal_is_a_link_and_nothing_else_is(client, world, filing, settings):
    settings.PUBLIC_ADDRESS = "https://portal.example.gov.cn"
    home, foreign = "https://portal.example.gov.cn", "https://evil.example/still-active/x/"
    away = f"{home}//evil.example/cases/ {home}/\\\\evil.example/ {home}/no-such-page/"
    words = f"<b>{foreign}</b> {away} javascript:alert(1) /cases/"
    link = links.address("public:still_active", "a:b-c:d_e")
    tell(world.applicant.pk, "ordered", case=filing.case, params={"note": words})
    tell(world.applicant.pk, "still_active", case=filing.case, params={"link": link})
    client.force_login(world.applicant)
    response = page(client, "notices")
    paths = [path for row in response.context["rows"] for _words, path in row["parts"] if path]
    assert paths == ["/still-active/a:b-c:d_e/"]
    text = response.content.decode()
    assert 'href="/still-active/a:b-c:d_e/"' in text
    assert link not in text
    assert "&lt;b&gt;https://evil.example" in text
    assert 'href="//evil' not in text
    assert link in spoken("still_active", case=filing.case, params={"link": link})[1]


def test_opening_a_notice_reads_it_and_leads_to_the_case(client, world, filing):
    notice = tell(world.clerk.pk, "urged", case=filing.case)
    client.force_login(world.clerk)
    response = page(client, "notice", notice.pk)
    assert response.url == reverse("casework:case", args=[filing.case.uid])
    notice.refresh_from_db()
    first = notice.read_at
    assert first is not None
    page(client, "notice", notice.pk)
    notice.refresh_from_db()
    assert notice.read_at == first
    assert filing.case.title not in page(client, "notices").content.decode()
    assert filing.case.title in page(client, "notices", show="all").content.decode()


def test_a_notice_of_a_case_out_of_sight_leads_back_to_the_list(client, world, filing):
    notice = tell(world.outsider.pk, "assigned", case=filing.case)
    client.force_login(world.outsider)
    assert page(client, "notice", notice.pk).url == f"{reverse('casework:notices')}?show=all"


def test_somebody_elses_notice_is_not_there(client, world, filing):
    notice = tell(world.clerk.pk, "urged", case=filing.case)
    client.force_login(world.officer)
    assert page(client, "notice", notice.pk).status_code == 404
    client.post(reverse("casework:notices_read"))
    assert Notice.objects.get(pk=notice.pk).read_at is None


def test_all_are_read_with_one_button(client, world, filing):
    for code in ("urged", "overdue"):
        tell(world.clerk.pk, code, case=filing.case)
    client.force_login(world.clerk)
    client.post(reverse("casework:notices_read"))
    assert not Notice.objects.filter(user=world.clerk, read_at=None).exists()
    assert "bar-count" not in page(client, "notices").content.decode().split("</header>")[0]


def test_the_list_asks_as_often_for_three_as_for_one(client, world, filing, django_assert_max_num_queries):
    client.force_login(world.clerk)
    page(client, "notices")
    counts = []
    for _number in range(2):
        tell(world.clerk.pk, "urged", case=filing.case)
        tell(world.clerk.pk, "overdue", case=filing.case)
        with django_assert_max_num_queries(30) as asked:
            page(client, "notices")
        counts.append(len(asked))
    assert counts[0] == counts[1]


def test_the_choice_is_shown_kept_and_the_number_masked(client, world):
    client.force_login(world.clerk)
    address = reverse("casework:notice_settings")
    assert client.post(address, {"email": "on", "daily": "on", "phone": "13912345678"}).status_code == 302
    response = client.get(address)
    assert "139****5678" in response.content.decode()
    assert response.context["form"].initial == {"email": True, "sms": False, "daily": True}
    client.post(address, {"email": "on", "forget": "on"})
    assert "139****5678" not in client.get(address).content.decode()


@pytest.mark.parametrize("phone", ["12345", "1" * 40])
def test_a_wrong_number_is_said_beside_what_was_typed(client, world, phone):
    client.force_login(world.clerk)
    response = client.post(reverse("casework:notice_settings"), {"sms": "on", "phone": phone})
    assert response.status_code == 422
    assert response.context["form"].errors


@pytest.mark.parametrize("code", sorted(WORDS))
@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_every_notice_speaks_both_languages(code, language, filing):
    with translation.override(language):
        title, text = spoken(code, case=filing.case, params={"state": filing.case.state})
    assert "%" not in title + text
    assert title
