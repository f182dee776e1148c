"""What is read from an app's properties."""

from infra.twin.runtime.spec import read_template


def test_added_probes_without_a_target_port_ask_the_port_that_ingress_falls_back_to(build):
    properties = build(env={"PORT": "9000"}, probes=[], ingress={"external": True})

    assert {probe.port for probe in read_template(properties).main.probes} == {9000}
