#!/usr/bin/env bash
# Lint of what lies in deploy/. Needs the extra `lint`, and of Debian `prometheus` (for promtool) and
# `shellcheck`. Nothing is fetched: the schemas are inside of the tools.
set -uo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")" || exit 1
bin=${BIN:-../.venv/bin}
copy=$(mktemp -d)
trap 'rm -rf "$copy"' EXIT
failed=0

check() { # NAME COMMAND…
  "${@:2}" || { echo "deploy/lint.sh: $1 failed" >&2; failed=1; }
}

# What kustomize makes of a folder, with secrets in the places of the real ones.
built() { # FOLDER
  "$bin/kubectl" kustomize "$copy/kubernetes/$1"
}

cp -r kubernetes "$copy/"
for folder in job worker; do
  for name in api_key http_token control_token; do echo example >"$copy/kubernetes/$folder/secrets/$name"; done
done

manifests() { # FOLDER
  built "$1" >"$copy/$1.yaml" && "$bin/kubernetes-validate" --strict --quiet "$copy/$1.yaml"
}

# KEDA's resource is of a kind that Kubernetes does not know: its neighbours are checked without it.
scaling() {
  (cd "$copy/kubernetes/worker" && echo 'components: [../scaling]' >>kustomization.yaml)
  built worker >"$copy/scaled.yaml" && grep -q '^kind: ScaledObject$' "$copy/scaled.yaml" &&
    ! grep -q '^  replicas:' "$copy/scaled.yaml"
}

# The panels' queries, as rules: promtool reads no dashboards. JSON is YAML.
queries() {
  "$bin/python" -c '
import json, sys
panels = json.load(sys.stdin)["panels"]
queries = [target["expr"] for panel in panels for target in panel["targets"]]
rules = [{"record": f"query_{number}", "expr": query} for number, query in enumerate(queries)]
json.dump({"groups": [{"name": "dashboard", "rules": rules}]}, sys.stdout)
' <grafana/dashboards/captioner.json >"$copy/queries.yaml" && promtool check rules "$copy/queries.yaml"
}

check Dockerfile "$bin/hadolint" Dockerfile
check compose.yaml "$bin/check-jsonschema" -q --builtin-schema vendor.compose-spec compose.yaml
check "the job's manifests" manifests job
check "the workers' manifests" manifests worker
check "the scaling" scaling
check prometheus.yaml promtool check config prometheus/prometheus.yaml
check alerts.yaml promtool test rules prometheus/alerts_test.yaml
check "the dashboard" queries
check "the scripts" shellcheck --exclude=SC2317 ./*.sh
exit "$failed"
