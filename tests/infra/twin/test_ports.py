"""A port that is kept for a process until it listens."""

import socket
import sys

import pytest

from infra.twin.ports import LOOPBACK, HeldPort

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="only Linux lets a held port be listened on")


@pytest.fixture
def held():
    port = HeldPort()
    yield port
    port.release()


def test_nobody_else_is_given_a_held_port(held):
    with socket.socket() as other, pytest.raises(OSError, match="in use"):
        other.bind((LOOPBACK, held.number))


def test_the_server_that_is_told_of_it_listens_on_it(held):
    address = (LOOPBACK, held.number)

    with (
        socket.create_server(address) as server,
        socket.create_connection(address) as client,
        server.accept()[0] as accepted,
    ):
        client.sendall(b"here")
        assert accepted.recv(4) == b"here"


def test_a_released_port_is_free(held):
    held.release()

    with socket.socket() as other:
        other.bind((LOOPBACK, held.number))
