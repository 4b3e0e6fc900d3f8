"""Media types of the join routes, which schemathesis does not know: text as it is."""

import schemathesis


@schemathesis.serializer("application/sdp", "application/trickle-ice-sdpfrag")
def text(ctx, value):
    return str(value).encode()
