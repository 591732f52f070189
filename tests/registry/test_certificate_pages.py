import re
from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from casework.models import AuditEvent
from casework.short_codes import spelled
from registry.models import Certificate
from registry.papers import certificate_data, check_address
from tests import builders

pytestmark = pytest.mark.django_db
RIGHTS = {"registry.view_organization", "registry.change_organization", "registry.issue_certificate"}


@pytest.fixture
def leader(world, sign_in):
    return sign_in(world.street, RIGHTS)


@pytest.fixture
def team(stored):
    return stored("六联舞蹈队", filing_no="440310001-T-2026-0001", fields=["文体活动"])


def address(name, team, *args):
    return reverse(f"registry:{name}", args=[team.uid, *args])


def record_of(client, team):
    return re.sub(r"\s+", " ", client.get(address("organization", team)).content.decode())


def test_an_officer_issues_a_certificate_and_the_record_shows_it_with_its_qr(client, team, leader):
    assert "No certificate is out" in record_of(client, team)
    response = client.post(address("certificate_issue", team), {"kind": "filing", "on": "2026-11-20"})
    assert response.status_code == 302
    paper = Certificate.objects.get()
    text = record_of(client, team)
    assert spelled(paper.code) in text
    assert f'href="http://testserver/c/{paper.code}/"' in text
    assert '<svg viewBox="0 0' in text
    assert "Certificate issued" in text
    assert "style=" not in text


def test_a_refusal_is_told_on_the_form(client, team, leader):
    builders.make_certificate(team)
    response = client.post(address("certificate_issue", team), {"kind": "filing", "on": "2026-11-20"})
    assert "out already" in response.content.decode()


def test_a_lost_one_is_replaced_and_a_returned_one_ends(client, team, leader):
    paper = builders.make_certificate(team)
    day = paper.issued_on.isoformat()
    client.post(address("certificate_replace", team, paper.uid), {"lost": "yes", "reason": "搬家遗失", "on": day})
    copy = Certificate.objects.valid().get()
    assert copy.copy_no == 1
    client.post(address("certificate_lost", team, copy.uid), {"reason": "又遗失", "on": day})
    client.post(address("certificate_return", team, copy.uid), {"reason": "找到交回", "on": day})
    assert sorted(Certificate.objects.values_list("state", flat=True)) == ["lost", "returned"]
    text = record_of(client, team)
    assert "(copy 1)" in text
    assert "Certificate reported lost" in text


def test_the_printed_paper_carries_what_the_register_knows(client, team, leader, settings):
    paper = builders.make_certificate(team)
    settings.PUBLIC_ADDRESS = "https://portal.example.gov.cn/"
    assert check_address(paper, "http://inside") == f"https://portal.example.gov.cn/c/{paper.code}/"
    data = certificate_data(paper)
    assert data["leader"] == "王小明"
    assert data["scope"] == "六联社区范围内：文体活动"
    assert (data["body_type"], data["filing_number"]) == ("备案", team.filing_no)
    response = client.get(address("certificate_print", team, paper.uid))
    assert response.content.startswith(b"%PDF")
    assert AuditEvent.objects.about(team).filter(action="print_certificate", actor=leader.username).count() == 1


def test_without_any_address_there_is_no_qr_code(team):
    assert check_address(builders.make_certificate(team)) == ""
    assert "url" not in certificate_data(Certificate.objects.get())


def test_a_paper_that_no_longer_counts_is_not_printed(client, team, leader):
    paper = builders.make_certificate(team)
    day = paper.issued_on.isoformat()
    client.post(address("certificate_return", team, paper.uid), {"reason": "交回", "on": day})
    response = client.get(address("certificate_print", team, paper.uid), follow=True)
    assert "no longer out" in response.content.decode()


def test_without_the_right_the_record_shows_papers_and_no_verbs(client, world, team, sign_in):
    paper = builders.make_certificate(team)
    sign_in(world.street, {"registry.view_organization", "registry.change_organization"})
    text = record_of(client, team)
    assert spelled(paper.code) in text
    assert address("certificate_replace", team, paper.uid) not in text
    assert client.get(address("certificate_issue", team)).status_code == 403
    assert client.get(address("certificate_print", team, paper.uid)).status_code == 403


def test_a_paper_is_found_under_its_own_organization_only(client, team, stored, leader):
    other = stored("太极拳社", leader=None)
    paper = builders.make_certificate(other)
    assert client.get(address("certificate_return", team, paper.uid)).status_code == 404
    assert client.get(address("certificate_return", other, paper.uid)).status_code == 200


def test_the_record_takes_the_same_queries_with_one_paper_and_with_three(
    client, team, leader, django_assert_max_num_queries
):
    first = builders.make_certificate(team)
    record_of(client, team)
    with django_assert_max_num_queries(40) as asked:
        record_of(client, team)
    one = len(asked)
    day = first.issued_on.isoformat()
    client.post(address("certificate_replace", team, first.uid), {"lost": "yes", "reason": "遗失", "on": day})
    builders.make_certificate(team, kind="plaque")
    with django_assert_max_num_queries(40) as asked:
        record_of(client, team)
    assert len(asked) == one


def test_what_runs_out_is_listed_and_renewed_from_the_record(client, world, team, sign_in):
    sign_in(world.street, RIGHTS | {"casework.view_case"})
    today, listed = timezone.localdate(), reverse("registry:certificates")
    builders.make_certificate(team, valid_to=today + timedelta(days=30))
    assert [row.organization for row, _where, _over in client.get(listed).context["rows"]] == [team]
    link = f"{address('certificate_issue', team)}?kind=filing"
    assert link in record_of(client, team)
    assert client.post(link, {"kind": "filing", "on": today.isoformat()}).status_code == 302
    assert client.get(listed).context["rows"] == []
    assert link not in record_of(client, team)
