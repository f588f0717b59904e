from contract.catalogue import catalogue, catalogue_version

NAMED_IN_THE_CONTRACT = {
    "site": ("intrusion", "loitering"),
    "safety": ("overcrowding",),
    "ppe": ("no_helmet", "no_vest"),
    "traffic": ("illegal_parking", "wrong_way", "no_rider_helmet"),
    "fire": ("flame", "smoke"),
    "street": ("vendor", "out_of_store", "piled_material"),
    "env": ("exposed_trash",),
}


def test_every_type_of_the_contract_is_there_with_names_in_both_languages_and_a_city_code() -> None:
    assert set(catalogue()) == {f"{domain}.{name}" for domain, names in NAMED_IN_THE_CONTRACT.items() for name in names}
    for violation in catalogue().values():
        assert set(violation.names) == {"zh-CN", "en"}
        assert violation.codes


def test_a_finding_is_called_suspected_until_a_person_confirms_it() -> None:
    for violation in catalogue().values():
        assert "疑似" in violation.names["zh-CN"]
        assert "suspected" in violation.names["en"]


def test_overcrowding_is_off_unless_someone_turns_it_on() -> None:
    assert [violation.id for violation in catalogue().values() if not violation.enabled] == ["safety.overcrowding"]


def test_only_fire_takes_the_fast_path() -> None:
    assert {v.id for v in catalogue().values() if v.severity == "safety"} == {"fire.flame", "fire.smoke"}


def test_the_catalogue_has_a_version() -> None:
    assert len(catalogue_version()) == 12
