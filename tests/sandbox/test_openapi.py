"""schemathesis and the documentation at /openapi.json agree with what the sandbox does."""

from __future__ import annotations

from collections import Counter
from datetime import UTC
from zoneinfo import available_timezones

import pytest
import schemathesis
from hypothesis import strategies as st
from schemathesis.core.parameters import ParameterLocation

from hardal_frames.sandbox import simulate
from hardal_frames.sandbox.app import create_app
from hardal_frames.sandbox.parameters import DATE_FORMAT, ZONE_FORMAT

KEY = "sandbox-key"
SIGNAL = "shop"
RECORDING = simulate(sessions=30, seed=3)
APP = create_app(RECORDING, api_key=KEY, signal_id=SIGNAL, max_limit=40)
CONFIGURATION = schemathesis.Config.from_dict(
    {
        "seed": 1,
        "generation": {"max-examples": 60, "deterministic": True, "database": "none"},
        "headers": {"Authorization": f"Bearer {KEY}"},
    }
)
SCHEMA = schemathesis.openapi.from_asgi("/openapi.json", APP, config=CONFIGURATION)
DOCUMENT = APP.openapi()
ANSWERED = Counter[tuple[str, int]]()


def put_real_ids(_context, case):
    """Ask about what is there, unless an id that is not there is the point of the case."""
    path = case.meta and case.meta.components.get(ParameterLocation.PATH)
    if path and path.mode.is_positive and case.path_parameters:
        real = {"signalId": SIGNAL, "sessionId": RECORDING.sessions[0]["id"]}
        for name in case.path_parameters:
            case.path_parameters[name] = real[name]
    return case


SCHEMA.hook("map_case")(put_real_ids)


@pytest.fixture(scope="module", autouse=True)
def formats():
    """Teach schemathesis the two formats that have no name in the standard."""
    schemathesis.openapi.format(ZONE_FORMAT, st.sampled_from(sorted(available_timezones())))
    instants = st.datetimes(timezones=st.none() | st.just(UTC)).map(
        lambda moment: moment.isoformat()
    )
    dates = st.dates().map(str)
    schemathesis.openapi.format(DATE_FORMAT, instants | dates)


@SCHEMA.parametrize()
def test_schemathesis_finds_no_fault(case):
    """Every request, valid or not, gets an answer that the documentation promises."""
    response = case.call_and_validate()
    ANSWERED[case.path, response.status_code] += 1


def test_schemathesis_reached_every_answer():
    """Both endpoints answered with data, with refusals and with what they do not know."""
    if not ANSWERED:
        pytest.skip("test_schemathesis_finds_no_fault did not run")
    for path in DOCUMENT["paths"]:
        assert {status for asked, status in ANSWERED if asked == path} >= {200, 404, 405, 422}


def test_the_documentation_is_complete():
    """Every parameter, field and answer of the endpoints is described."""
    assert DOCUMENT["info"]["description"]
    for path in DOCUMENT["paths"].values():
        operation = path["get"]
        assert operation["summary"]
        assert operation["description"]
        assert operation["security"] == [{"API key": []}]
        assert all(parameter["description"] for parameter in operation["parameters"])
        assert set(operation["responses"]) == {"200", "401", "404", "405", "422", "429"}
        assert "WWW-Authenticate" in operation["responses"]["401"]["headers"]
        assert "Retry-After" in operation["responses"]["429"]["headers"]
    for shape in DOCUMENT["components"]["schemas"].values():
        assert shape["description"]
        for field in shape["properties"].values():
            assert "description" in field or "$ref" in field


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        (
            "/api/websites/{signalId}/sessions/{sessionId}/activity",
            {
                "signalId": None,
                "sessionId": None,
                "targetSignalId": None,
                "isHybrid": False,
                "orderBy": "timestamp",
                "order": "desc",
                "timezone": "Europe/Istanbul",
                "page": 1,
                "limit": 50,
            },
        ),
        (
            "/api/websites/{signalId}/sessions",
            {
                "signalId": None,
                "limit": 1000,
                "offset": 0,
                "timeframe": "custom",
                "startDate": None,
                "endDate": None,
                "targetSignalId": None,
                "timezone": "Europe/Istanbul",
                "isHybrid": False,
            },
        ),
    ],
)
def test_parameters_and_defaults_are_those_of_the_api(path, expected):
    """In the order in which the API's own documentation names them."""
    parameters = DOCUMENT["paths"][path]["get"]["parameters"]
    documented = {each["name"]: each["schema"].get("default") for each in parameters}
    assert documented == expected


def test_the_example_ids_are_answered(client):
    """Whoever tries the documentation out gets data at once."""
    document = client.get("/openapi.json").json()
    parameters = document["paths"]["/api/websites/{signalId}/sessions/{sessionId}/activity"]["get"]
    examples = {each["name"]: each.get("example") for each in parameters["parameters"]}
    assert examples["signalId"] == client.sandbox.signal_id
    assert client.activity(examples["sessionId"]).json()["totalCount"] > 0


def test_the_documentation_page_is_there(client):
    """Without a key, as documentation should be."""
    answer = client.get("/docs", headers={"Authorization": None})
    assert answer.status_code == 200
