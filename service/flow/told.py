"""References in what is told to the back: places and units are checked; networks are the solver's to look up."""

from __future__ import annotations

from typing import Any

from matching.domain.references import reference_faults
from matching.errors import Fault
from service.flow.localities import places

__all__ = ["reference_faults_of"]


def reference_faults_of(tree: dict[str, Any], prefix: str = "") -> list[Fault]:
    """Faults between the parts of a tree and with the map.

    The back holds no key of intelligence: that a network exists is judged by the solver, which sets a record aside that
    names one that does not, with an alarm.

    Parameters
    ----------
    tree : collections of a scenario
    prefix : what is left out at the beginning of each path

    Examples
    --------
    >>> place = {"id": "f", "provider": "p", "locality": "nowhere"}
    >>> found = reference_faults_of({"providers": [{"id": "p"}], "facilities": [place]}, "facilities[0].")
    >>> [fault.path for fault in found]
    ['locality']
    """
    known = {**tree, "networks": [{"id": one} for one in sorted(_networks(tree))]}
    return [
        Fault(fault.path.removeprefix(prefix), fault.wrong, fault.accepted)
        for fault in reference_faults(known, places())
    ]


def _networks(node: Any) -> set[str]:
    if isinstance(node, dict):
        own = {node["network"]} if isinstance(node.get("network"), str) else set()
        waived = node.get("presence_waived")
        own |= {one for one in waived if isinstance(one, str)} if isinstance(waived, list) else set()
        return own.union(*map(_networks, node.values()))
    return set().union(*map(_networks, node)) if isinstance(node, list) else set()
