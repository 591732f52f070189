"""How the administration looks: the portal's blue and greys; texts and navigation come from config.admin."""

GREYS = {
    "50": "#f5f7fa",
    "100": "#edf1f5",
    "200": "#d9e2ec",
    "300": "#bcccdc",
    "400": "#829ab1",
    "500": "#52606d",
    "600": "#3e4c59",
    "700": "#323f4b",
    "800": "#27323d",
    "900": "#1f2933",
    "950": "#141b22",
}
BLUES = {
    "50": "#eef3fa",
    "100": "#d8e4f3",
    "200": "#b3c9e6",
    "300": "#85a7d4",
    "400": "#4f7fbd",
    "500": "#2f66a8",
    "600": "#1d4f91",
    "700": "#184277",
    "800": "#13355f",
    "900": "#0e2747",
    "950": "#091a30",
}


def unfold(*, product, bureau):
    """The settings of django-unfold."""
    return {
        "SITE_TITLE": product,
        "SITE_HEADER": bureau,
        "SITE_SUBHEADER": product,
        "SITE_SYMBOL": "account_balance",
        "SITE_URL": "/",
        "THEME": "light",
        "BORDER_RADIUS": "6px",
        "SHOW_LANGUAGES": True,
        "SHOW_VIEW_ON_SITE": False,
        "SHOW_BACK_BUTTON": True,
        "SITE_FAVICONS": [{"rel": "icon", "type": "image/svg+xml", "href": "config.admin.mark"}],
        "STYLES": ["config.admin.style_sheet"],
        "COMMAND": {"search_models": False},
        "SIDEBAR": {"show_search": False, "command_search": False, "show_all_applications": False},
        "COLORS": {"base": GREYS, "primary": BLUES},
    }
