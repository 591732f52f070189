"""Reading dashboard pages in tests."""

import re

from django.urls import reverse


def page(client, name, *args, **query):
    answer = client.get(reverse(f"reporting:{name}", args=args), query)
    assert answer.status_code == 200
    return answer


def text_of(answer):
    return re.sub(r"\s+", " ", re.sub(r"<script.*?</script>|<[^>]+>", " ", answer.content.decode(), flags=re.DOTALL))
