from base64 import urlsafe_b64encode

import pytest

from casework.models import AuditEvent
from casework.paging import CursorError, KeysetPage


@pytest.mark.parametrize("after", ["nonsense", '["1.", 1, 1]', '["1.", true]', '["1.", "one"]', '{"id": 1}'])
def test_a_cursor_of_another_list_is_refused(after):
    cursor = urlsafe_b64encode(after.encode()).decode()
    with pytest.raises(CursorError):
        KeysetPage(AuditEvent.objects.all(), ("division_path", "id"), 5, after=cursor)
