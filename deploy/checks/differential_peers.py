"""The proxies of the differential check and their configuration: the corpus's fixture, and nothing of their own."""

from .stage import HOST, CheckFailed, is_listening, wait_until

NAMES = ("bearergate", "nginx", "haproxy")


def bearergate(port, admin, upstream, server):
    """As `fixture` in Tests/Vectors/http1/http1-requests.json wants it."""
    return f"""version: 1
workers: 1
listeners: [{{ address: {HOST}:{port} }}]
admin: {{ address: {HOST}:{admin} }}
log: {{ access: off, level: error }}
limits: {{ head: 32KiB, fields: 200, target: 8KiB, token: 16KiB }}
authorization_servers:
  fixture:
    strategy: introspect
    introspection: {{ endpoint: http://{HOST}:{server}/admin/oauth2/introspect, timeout: 20s }}
upstreams:
  recorder: {{ url: http://{HOST}:{upstream} }}
defaults:
  hosts: [api.test]
  upstream: recorder
  subject_headers: {{ X-Auth-Subject: "{{sub}}", X-Auth-Scope: "{{scope}}" }}
routes:
  - {{ name: public, paths: ["/public/**"], access: public }}
  - {{ name: api, paths: ["/api/**"], scopes: [read] }}
  - {{ name: ws, paths: ["/ws/**"], scopes: [read], upgrade: [websocket] }}
  - {{ name: admin, paths: ["/admin/**"], scopes: [admin] }}
"""


def nginx(folder, port, upstream):
    """Passes on whatever it reads: no field hidden for its name, no limit below ours, every body whole."""
    return f"""daemon off;
master_process off;
worker_processes 1;
pid {folder}/nginx-{port}.pid;
error_log stderr crit;
events {{ worker_connections 512; }}
http {{
    access_log off;
    client_body_temp_path {folder}/nginx-{port}-body;
    proxy_temp_path {folder}/nginx-{port}-proxy;
    fastcgi_temp_path {folder}/nginx-{port}-fastcgi;
    uwsgi_temp_path {folder}/nginx-{port}-uwsgi;
    scgi_temp_path {folder}/nginx-{port}-scgi;
    underscores_in_headers on;
    ignore_invalid_headers off;
    client_header_buffer_size 64k;
    large_client_header_buffers 8 64k;
    client_max_body_size 0;
    merge_slashes off;
    server {{
        listen {HOST}:{port};
        location / {{
            proxy_pass http://{HOST}:{upstream};
            proxy_http_version 1.1;
            proxy_set_header Host $http_host;
            proxy_ignore_client_abort on;
        }}
    }}
}}
"""


def haproxy(port, upstream):
    """The same."""
    return f"""global
    nbthread 1
    tune.bufsize 131072
    tune.http.maxhdr 256
defaults
    mode http
    timeout connect 10s
    timeout client 10s
    timeout server 10s
frontend clients
    bind {HOST}:{port}
    default_backend recorder
backend recorder
    server recorder {HOST}:{upstream}
"""


def start(stage, lanes, server, admin):
    """Starts the three proxies of one worker."""
    texts = [
        bearergate(lanes[0].port, admin, lanes[0].upstream_port, server),
        nginx(stage.folder, lanes[1].port, lanes[1].upstream_port),
        haproxy(lanes[2].port, lanes[2].upstream_port),
    ]
    names = [f"{lane.name}-{lane.port}" for lane in lanes]
    files = [stage.write(f"{name}.conf", text) for name, text in zip(names, texts)]
    return [
        stage.serve(texts[0], names[0]),
        stage.start(["nginx", "-p", stage.folder, "-e", "stderr", "-c", files[1]], names[1]),
        stage.start(["haproxy", "-db", "-f", files[2]], names[2]),
    ]


def wait_listening(programs, lanes):
    for program, lane in zip(programs, lanes):
        wait_until(lambda: is_listening(lane.port) or not program.is_running, 30, f"{lane.name} listens")
        if not program.is_running:
            raise CheckFailed(f"{lane.name} ended: {program.log.strip()[-300:]}")
