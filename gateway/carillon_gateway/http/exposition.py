"""Merges the metrics of several processes into one Prometheus text, each sample with its service as a label."""

from collections.abc import Iterator, Mapping

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.metrics_core import Metric
from prometheus_client.parser import text_string_to_metric_families
from prometheus_client.registry import Collector

SERVICE_LABEL = "service"


class _Merged(Collector):
    """All families of all services, a family of one name once."""

    def __init__(self, expositions: Mapping[str, str]) -> None:
        self._expositions = expositions

    def collect(self) -> Iterator[Metric]:
        """Families in the order of their first appearance."""
        families: dict[str, Metric] = {}
        for service, text in self._expositions.items():
            for family in text_string_to_metric_families(text):
                merged = families.setdefault(
                    family.name, Metric(family.name, family.documentation, family.type, family.unit)
                )
                for sample in family.samples:
                    labels = {**sample.labels, SERVICE_LABEL: service}
                    merged.add_sample(sample.name, labels, sample.value, sample.timestamp, sample.exemplar)
        yield from families.values()


def merge_expositions(expositions: Mapping[str, str]) -> str:
    """One text exposition (0.0.4) of the texts by service name."""
    registry = CollectorRegistry()
    registry.register(_Merged(expositions))
    return generate_latest(registry).decode()
