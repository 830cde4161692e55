"""Rule sets as YAML; see docs/rules.md."""
