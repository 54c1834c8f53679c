"""What Connexion is given of the contract: it takes it as it is, and would have made the same of it."""

from __future__ import annotations

from connexion.spec import OpenAPISpecification, Specification

from openapi.contract import FILE
from openapi.reader import load_contract
from sandbox.edge.connexion_spec import ConnexionSpec, connexion_spec_of


def test_the_outline_is_what_connexion_would_read_and_has_no_fault_that_it_knows() -> None:
    for path in (FILE, FILE.with_name("control.yaml")):
        contract = load_contract(path)
        taken = ConnexionSpec(connexion_spec_of(contract))
        read = Specification.load(connexion_spec_of(contract))
        assert isinstance(read, OpenAPISpecification)
        taken.base_path = read.base_path = contract.base_path
        assert (taken.spec, taken.raw) == (read.spec, read.raw)
