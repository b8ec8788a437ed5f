"""Which part listens where."""

import socket

import pytest

from deploy.local.errors import Refused
from deploy.local.kafka import free_port
from deploy.local.ports import DISTANCES, HOST, Ports, is_free


def test_a_taken_port_is_named_with_who_holds_it_and_another_base_is_offered() -> None:
    with socket.socket() as listener:
        base = free_port()
        listener.bind((HOST, base + DISTANCES["wallet"]))
        listener.listen()
        with pytest.raises(Refused) as refused:
            Ports(base).refuse_taken()
    text = str(refused.value)
    assert f"port {base + DISTANCES['wallet']} (wallet)" in text
    assert "process" in text
    offered = int(text.rsplit("--port ", 1)[1])
    Ports(offered).refuse_taken()


def test_a_port_whose_last_connection_is_still_closing_counts_as_free() -> None:
    with socket.socket() as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((HOST, 0))
        listener.listen()
        port = listener.getsockname()[1]
        with socket.create_connection((HOST, port)):
            accepted, _ = listener.accept()
            accepted.close()
    assert is_free(port)


def test_every_part_has_a_port_of_its_own() -> None:
    assert len(set(DISTANCES.values())) == len(DISTANCES)
