"""What schemathesis needs to be told: media types that it does not know, and that a repeated key repeats an answer."""

import uuid

import schemathesis


@schemathesis.serializer("application/sdp", "application/trickle-ice-sdpfrag")
def text(ctx, value):
    return str(value).encode()


@schemathesis.hook
def before_call(ctx, case, kwargs):
    """The answer of a POST that is sent again is the first one's, whatever has become of what it made since."""
    phase = case.meta.phase.name.value if case.meta else ""
    if phase == "stateful" and case.headers and "Idempotency-Key" in case.headers:
        case.headers["Idempotency-Key"] = str(uuid.uuid4())
