"""What a file is, and its dry run, as programs read them."""

from __future__ import annotations

from dataclasses import asdict, replace

from gateway.flows.collecting import ImportPlan
from gateway.flows.collecting.table import TableFile


def plan_json(plan: ImportPlan) -> dict[str, object]:
    """The dry run, for programs."""
    file, columns, noted = plan.loaded.file, plan.loaded.columns, plan.loaded.noted
    return {
        "file": file_json(file),
        "columns": {field.value: columns.headings[place] for field, place in columns.places.items()},
        "ignored_columns": columns.ignored,
        "rows": plan.loaded.rows,
        "folded": plan.loaded.folded.lines,
        "impact": asdict(plan.impact),
        "samples": {name: lines for name, lines in plan.samples.items() if lines},
        "consents_without_evidence": sum(noted.without_evidence.values()),
        "short_years": noted.short_years,
        "short_year_samples": noted.short_year_samples,
        "counted_agreement_days": {one: day.isoformat() for one, day in noted.counted_agreed.items()},
        "short_agreement_years": {one: day.isoformat() for one, day in noted.short_agreed.items()},
        "repaired_postcodes": noted.repaired_postcodes,
        "call_consents_without_hours": noted.without_hours,
        "doubtful_addresses": dict(noted.hints.by_code),
        "doubtful_address_samples": [asdict(one) for one in noted.hints.samples],
        "names_told_apart": noted.split,
        "name_samples": [{"written": text, "family": last, "given": first} for text, last, first in noted.splits],
        "names_kept_whole": noted.whole.by_code.total(),
        "names_kept_whole_samples": [asdict(one) for one in noted.whole.samples],
        "doubts": plan.doubts,
        "doubt_samples": [asdict(one) for one in plan.doubt_samples],
        "declined": dict(noted.declined.by_code),
        "declined_samples": [asdict(one) for one in noted.declined.samples],
        "further_addresses_declined": plan.loaded.further,
        "unknown_postcodes": noted.unknown_postcodes,
        "refused": plan.refused,
        "refused_samples": [asdict(one) for one in plan.refused_samples],
        "refused_in": plan.refused_in,
        "admission": plan.admission.entry.value,
        "admitted": plan.admitted,
        "because": plan.admission.rules,
        "findings": [{"rule": one.rule, "effect": one.effect.value, "sentence": one.sentence} for one in plan.explanations],
        "seen_before": [{"batch": one.id, "at": one.at, "by": one.operator, "sheet": one.sheet} for one in plan.seen_before],
    }


def file_json(file: TableFile) -> dict[str, object]:
    """What a file is and how it is read, for programs."""
    told = asdict(replace(file, noted=dict(file.noted)))  # of a Counter, asdict would count pairs
    return {
        "name": file.name,
        **{name: value for name, value in told.items() if name != "path" and value not in (None, (), "")},
    }
