import base64
from uuid import UUID

import pytest

from casework import sealing

ROW = UUID(int=7)
OLD = "old:" + base64.b64encode(b"1" * 32).decode()
NEW = "new:" + base64.b64encode(b"2" * 32).decode()


@pytest.fixture(params=["aes-gcm", "sm4-gcm"])
def cipher(request, settings):
    settings.FIELD_CIPHER = request.param
    settings.FIELD_KEYS = [OLD]
    return request.param


def sealed_phone(text="13812345678", row=ROW):
    return sealing.seal(text, row_uid=row, field="phone")


def test_a_sealed_text_opens_again_and_names_its_algorithm_and_key(cipher):
    sealed = sealed_phone()
    assert sealed.startswith(f"{cipher}:old:")
    assert "138" not in sealed.split(":")[2]
    assert sealing.unseal(sealed, row_uid=ROW, field="phone") == "13812345678"


def test_the_same_text_never_looks_the_same_twice(cipher):
    assert sealed_phone() != sealed_phone()


@pytest.mark.parametrize(("row", "field"), [(UUID(int=8), "phone"), (ROW, "id")])
def test_it_opens_for_its_own_row_and_field_only(cipher, row, field):
    with pytest.raises(sealing.SealError):
        sealing.unseal(sealed_phone(), row_uid=row, field=field)


def test_a_damaged_text_does_not_open(cipher):
    algorithm, key_id, body = sealed_phone().split(":")
    raw = bytearray(base64.b64decode(body))
    raw[-1] ^= 1
    with pytest.raises(sealing.SealError, match="damaged"):
        sealing.unseal(f"{algorithm}:{key_id}:{base64.b64encode(raw).decode()}", row_uid=ROW, field="phone")


@pytest.mark.parametrize("text", ["rot13:old:AAAA", "aes-gcm:gone:AAAA", "aes-gcm:old:AAAA", "nonsense"])
def test_what_was_never_sealed_is_an_error_of_its_own(cipher, text):
    with pytest.raises(sealing.SealError):
        sealing.unseal(text, row_uid=ROW, field="phone")


def test_after_a_new_key_old_texts_still_open_and_are_known_as_old(cipher, settings):
    sealed = sealed_phone()
    settings.FIELD_KEYS = [NEW, OLD]
    assert sealing.unseal(sealed, row_uid=ROW, field="phone") == "13812345678"
    assert not sealing.is_newest(sealed)
    assert sealed_phone().split(":")[1] == "new"
    assert sealing.is_newest(sealed_phone())


def test_a_change_of_cipher_leaves_old_texts_readable(settings):
    settings.FIELD_CIPHER = "aes-gcm"
    sealed = sealed_phone()
    settings.FIELD_CIPHER = "sm4-gcm"
    assert sealing.unseal(sealed, row_uid=ROW, field="phone") == "13812345678"
    assert not sealing.is_newest(sealed)


def test_nothing_stays_nothing():
    assert sealing.seal("", row_uid=ROW, field="phone") == ""
    assert sealing.unseal("", row_uid=ROW, field="phone") == ""
    assert sealing.lookup_hash("", "phone") == ""
    assert sealing.is_newest("")


@pytest.mark.parametrize("text", ["138 1234 5678", "+86-138-1234-5678", "１３８１２３４５６７８", "008613812345678"])
def test_spellings_of_one_number_have_one_hash(text):
    assert sealing.lookup_hash(text, "phone") == sealing.lookup_hash("13812345678", "phone")


def test_the_hash_depends_on_key_field_and_number(settings):
    one = sealing.lookup_hash("13812345678", "phone")
    assert len(one) == 64
    assert sealing.lookup_hash("13812345678", "id") != one
    assert sealing.lookup_hash("13812345679", "phone") != one
    settings.LOOKUP_KEY = "another"
    assert sealing.lookup_hash("13812345678", "phone") != one


def test_an_id_number_ending_in_x_has_one_hash():
    assert sealing.lookup_hash("11010519491231002x", "id") == sealing.lookup_hash("11010519491231002X", "id")


@pytest.mark.parametrize(
    ("mask", "text", "shown"),
    [
        (sealing.mask_phone, "13812345678", "138****5678"),
        (sealing.mask_phone, "0755-84622222", "0755-****2222"),
        (sealing.mask_phone, "84622222", "****2222"),
        (sealing.mask_phone, "110", "***"),
        (sealing.mask_phone, "", ""),
        (sealing.mask_id, "310104199001011234", "310***********1234"),
        (sealing.mask_id, "310104900101123", "310********1123"),
        (sealing.mask_id, "1234", "****"),
        (sealing.mask_id, "", ""),
        (sealing.mask_name, "王小明", "王*"),
        (sealing.mask_name, "", ""),
    ],
)
def test_masks(mask, text, shown):
    assert mask(text) == shown
