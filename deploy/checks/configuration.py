"""The configuration most checks run with: opaque tokens, JWTs, and public paths, before one upstream."""

ISSUER = "https://issuer.test/"
AUDIENCE = "https://api.test"


def standard(
    port, admin, upstream, server, *, unix=None, key_set=None, timeouts="", server_keys="", cache="", upstream_keys="",
    more_servers="", more_upstreams="", more_routes="", access_log="off", more=""
):
    """The file as text.

    `/open/**` is public, `/read/**` wants the scope read, `/write/**` wants write and admin, `/jwt/**` (with a key set's
    URL) verifies.
    """
    lines = ["version: 1", "listeners:", f"  - address: 127.0.0.1:{port}"]
    if unix:
        lines.append(f"  - address: unix:{unix}")
    lines += [f"admin: {{ address: 127.0.0.1:{admin} }}", f"log: {{ access: {access_log} }}"]
    if timeouts:
        lines.append(f"timeouts: {{ {timeouts} }}")
    lines += [
        "authorization_servers:", "  opaque:", "    strategy: introspect",
        f"    introspection: {{ endpoint: http://127.0.0.1:{server}/admin/oauth2/introspect{server_keys} }}"]
    if cache:
        lines.append(f"    cache: {{ {cache} }}")
    if key_set:
        lines += [
            "  signed:", f"    issuer: {ISSUER}", "    strategy: verify",
            f"    jwt: {{ jwks_uri: {key_set}, algorithms: [RS256], audiences: [{AUDIENCE}], refresh: {{ lifetime: 10s }} }}"]
        if cache:
            lines.append(f"    cache: {{ {cache} }}")
    lines += [more_servers] if more_servers else []
    lines += ["upstreams:", f"  service: {{ url: http://127.0.0.1:{upstream}{upstream_keys} }}"]
    lines += [more_upstreams] if more_upstreams else []
    lines += ["routes:"]
    lines += [
        "  - { name: open, paths: [/open/**], access: public, upstream: service }",
        "  - { name: read, paths: [/read/**], authorization_server: opaque, scopes: [read], upstream: service,"
        " upgrade: [websocket] }",
        "  - { name: write, paths: [/write/**], methods: [GET, POST], authorization_server: opaque,"
        " scopes: [write, admin], upstream: service }"]
    if key_set:
        lines.append(
            "  - { name: jwt, paths: [/jwt/**], authorization_server: signed, scopes: [read], upstream: service }")
    lines += [more_routes] if more_routes else []
    lines += [more] if more else []
    return "\n".join(lines) + "\n"
