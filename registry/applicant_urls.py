"""Addresses of those who file: starting a matter, its form, and one's own cases."""

from django.urls import path

from registry.views import confirm, filing, filing_start, filing_submit, mine, phone, team

CASE = "apply/<uuid:uid>/"
MINE = "my/<uuid:uid>/"
TEAM = "my/team/<uuid:uid>/"

app_name = "apply"
urlpatterns = [
    path("apply/", filing_start.Start.as_view(), name="start"),
    path("apply/sign-in/", phone.SignIn.as_view(), name="sign_in"),
    path("apply/sign-in/code/", phone.SignInCode.as_view(), name="sign_in_code"),
    path("apply/new/", filing_start.New.as_view(), name="new"),
    path(CASE, filing.Resume.as_view(), name="case"),
    path(f"{CASE}<int:page>/", filing.FormPage.as_view(), name="page"),
    path(f"{CASE}check/", filing_submit.CheckPage.as_view(), name="check"),
    path(f"{CASE}correct/", filing.CorrectPage.as_view(), name="correct"),
    path(f"{CASE}papers/<slug:slot>/", filing_submit.PaperUpload.as_view(), name="paper"),
    path(f"{CASE}files/<uuid:file>/remove/", filing_submit.PaperRemove.as_view(), name="paper_remove"),
    path(f"{CASE}ask/", confirm.AskAgain.as_view(), name="ask_again"),
    path(f"{CASE}typo/", confirm.PutRight.as_view(), name="put_right"),
    path("confirm/<str:token>/", confirm.Confirm.as_view(), name="confirm"),
    path("rate/<str:token>/", confirm.RateByLink.as_view(), name="rate_by_link"),
    path("my/", mine.MyCases.as_view(), name="my"),
    path(TEAM, team.Team.as_view(), name="team"),
    path(f"{TEAM}certificate/", team.TeamCertificate.as_view(), name="team_certificate"),
    path(MINE, mine.MyCase.as_view(), name="my_case"),
    path(f"{MINE}step/", mine.Step.as_view(), name="step"),
    path(f"{MINE}withdraw/", mine.Withdraw.as_view(), name="withdraw"),
    path(f"{MINE}rate/", mine.Rate.as_view(), name="rate"),
    path(f"{MINE}copy/", mine.Copy.as_view(), name="copy"),
]
