#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# The metrics pass promtool's check, or else the parser of Prometheus' Python client.
set -euo pipefail
metrics=$(tests/control/print_control metrics)
python=
for candidate in python3 /usr/bin/python3; do
	[[ -n $python ]] || ! "$candidate" -c 'import prometheus_client' 2>/dev/null || python=$candidate
done
if command -v promtool >/dev/null; then
	promtool check metrics <<<"$metrics"
elif [[ -n $python ]]; then
	METRICS=$metrics "$python" - <<-'END'
		import os
		from prometheus_client.parser import text_string_to_metric_families
		families = {f.name: f for f in text_string_to_metric_families(os.environ["METRICS"] + "\n")}
		assert len(families) > 15, families.keys()
		for family in families.values():
		    assert family.documentation and family.type in ("counter", "gauge", "histogram"), family
		    labels = [(s.name, tuple(sorted(s.labels.items()))) for s in family.samples]
		    assert len(labels) == len(set(labels)), labels
		[odd] = {s.labels["service"] for s in families["ftpalgd_service_sessions"].samples
		         if s.labels["address"] == "192.0.2.10:21"}
		assert odd == 'odd\\"name', odd
	END
else
	echo "neither promtool (package prometheus) nor prometheus_client (python3-prometheus-client) is there"
	exit 77
fi
