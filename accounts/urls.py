from django.urls import path

from accounts import views

app_name = "accounts"
urlpatterns = [
    path("sign-in/", views.SignIn.as_view(), name="sign_in"),
    path("sign-out/", views.SignOut.as_view(), name="sign_out"),
    path("account/", views.Account.as_view(), name="account"),
    path("account/password/", views.PasswordChange.as_view(), name="password_change"),
    path("language/", views.language, name="language"),
    path("elder/", views.elder, name="elder"),
    path("place/", views.choose_place, name="place"),
    path("divisions/children/", views.division_children, name="division_children"),
]
