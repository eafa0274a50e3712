"""The proxy of allowed places, with a server of our own as the rest of the world."""

import asyncio

import pytest

from agentmux.gateway.egress import egress
from agentmux.service.serve import bind


@pytest.fixture
async def world():
    """A server that says what it was sent; its port."""

    async def serve(reader, writer):
        data = await reader.read(1000)
        writer.write(b"got " + data)
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    yield server.sockets[0].getsockname()[1]
    server.close()


class Asker:
    """Sends bytes through a proxy, and keeps the places that it asked about."""

    def __init__(self, socket):
        self.socket = socket
        self.asked = []

    async def __call__(self, sent, *rules, grant=False, then=b""):
        async def ask_human(place, given_up):
            self.asked.append(place)
            return grant

        async with egress(bind(self.socket, 0o600), rules, ask_human):
            reader, writer = await asyncio.open_unix_connection(str(self.socket))
            writer.write(sent.encode())
            head = await reader.readuntil(b"\r\n\r\n")
            if then:
                writer.write(then)
                writer.write_eof()
            rest = await reader.read()
            writer.close()
            return head + rest


@pytest.fixture
def ask(tmp_path):
    return Asker(tmp_path / "e.sock")


async def test_an_allowed_place_gets_a_tunnel(ask, world):
    said = await ask(f"CONNECT localhost:{world} HTTP/1.1\r\n\r\n", f"localhost:{world}", then=b"hello")
    assert said == b"HTTP/1.1 200 Connection established\r\n\r\ngot hello"
    assert ask.asked == []


@pytest.mark.parametrize("rules", [[], ["localhost"], [".localhost:{port}"], ["host:{port}"]])
async def test_another_place_is_refused_with_its_name(ask, world, rules):
    said = await ask(f"CONNECT LOCALHOST.:{world} HTTP/1.1\r\n\r\n", *(rule.format(port=world) for rule in rules))
    assert said.startswith(b"HTTP/1.1 403 ")
    assert f"localhost:{world} is not on this session's list".encode() in said
    assert ask.asked == [f"localhost:{world}"]


async def test_a_place_that_the_human_grants_gets_a_tunnel(ask, world):
    said = await ask(f"CONNECT 127.0.0.1:{world} HTTP/1.1\r\n\r\n", grant=True, then=b"x")
    assert said.endswith(b"got x")


async def test_a_plain_request_is_passed_on_without_what_is_the_proxys(ask, world):
    request = f"GET http://localhost:{world}/a?b=c HTTP/1.1\r\nHost: h\r\nProxy-Authorization: Basic x\r\n\r\n"
    said = await ask(request, f"localhost:{world}")
    assert said == b"got GET /a?b=c HTTP/1.1\r\nHost: h\r\nconnection: close\r\n\r\n"


async def test_a_rule_for_many_names_does_not_lead_into_the_users_own_network(ask, world, monkeypatch):
    loop = asyncio.get_running_loop()
    real = loop.getaddrinfo

    async def resolve(host, port, **options):
        return await real("127.0.0.1" if host == "in.example.org" else host, port, **options)

    monkeypatch.setattr(loop, "getaddrinfo", resolve)
    wild, exact = f".example.org:{world}", f"in.example.org:{world}"
    said = await ask(f"CONNECT {exact} HTTP/1.1\r\n\r\n", wild)
    assert said.startswith(b"HTTP/1.1 502 ")
    assert (await ask(f"CONNECT {exact} HTTP/1.1\r\n\r\n", wild, exact, then=b"x")).endswith(b"got x")


@pytest.mark.parametrize(
    "sent", ["hello\r\n\r\n", "CONNECT x HTTP/1.1\r\n\r\n", "GET /x HTTP/1.1\r\n\r\n", "GET ftp://x/ HTTP/1.1\r\n\r\n"]
)
async def test_what_is_no_request_is_told_so(ask, sent):
    assert (await ask(sent)).startswith(b"HTTP/1.1 400 ")
    assert ask.asked == []
