"""Reads the reference tables that the product ships beside its code; it must not write them anywhere."""

from collections.abc import Iterable, Mapping
from importlib.resources import files
from typing import Any

import yaml

from svc_catalog.domain.brand import Brand
from svc_catalog.domain.channel import Channel, ChannelKind, ChannelRole, Contact
from svc_catalog.domain.reference import Reference
from svc_catalog.domain.service import Cluster, Ownership, RevenueCalibre, Service, ServiceClass


def read_reference() -> Reference:
    """Gives the shipped tables, checked as a whole; a mistake in them is an InvalidInput and a failed build."""
    return Reference(
        services=tuple(_to_service(entry) for entry in _entries("services")),
        brands=tuple(_to_brand(entry) for entry in _entries("brands")),
        channels=tuple(_to_channel(entry) for entry in _entries("channels")),
    )


def _entries(name: str) -> Iterable[Mapping[str, Any]]:
    text = (files("svc_catalog") / "reference" / f"{name}.yaml").read_text(encoding="utf-8")
    entries: list[Mapping[str, Any]] = yaml.safe_load(text)[name]
    return entries


def _to_service(entry: Mapping[str, Any]) -> Service:
    stated, suggested, cluster = entry.get("service_class"), entry.get("suggested_class"), entry.get("cluster")
    return Service(
        code=entry["code"],
        name_zh=entry["name_zh"],
        name_en=entry["name_en"],
        aliases_zh=tuple(entry.get("aliases_zh", ())),
        service_class=None if stated is None else ServiceClass(stated),
        suggested_class=None if suggested is None else ServiceClass(suggested),
        parent_code=entry.get("parent"),
        ownership=Ownership(entry.get("ownership", Ownership.OWN)),
        revenue_calibre=RevenueCalibre(entry.get("revenue_calibre", RevenueCalibre.DATA_VAS)),
        cluster=None if cluster is None else Cluster(cluster),
        ocrm_marketed=entry.get("ocrm_marketed", False),
        has_mining_model=entry.get("has_mining_model", False),
        instant_activation=entry.get("instant_activation", False),
    )


def _to_brand(entry: Mapping[str, Any]) -> Brand:
    return Brand(
        code=entry["code"],
        name_zh=entry["name_zh"],
        name_en=entry["name_en"],
        tone=tuple(entry["tone"]),
        promote=tuple(entry["promote"]),
        lever=entry["lever"],
    )


def _to_channel(entry: Mapping[str, Any]) -> Channel:
    kind, role, contact = entry.get("kind"), entry.get("role"), entry.get("contact")
    return Channel(
        code=entry["code"],
        name_zh=entry["name_zh"],
        name_en=entry["name_en"],
        aliases_zh=tuple(entry.get("aliases_zh", ())),
        kind=None if kind is None else ChannelKind(kind),
        role=None if role is None else ChannelRole(role),
        contact=None if contact is None else Contact(contact),
        spellings=tuple(entry.get("spellings", ())),
        has_outlets=entry.get("has_outlets", False),
    )
