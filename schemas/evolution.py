"""Which changes of a contract an archive or a table can take: new types and new nullable fields; nothing else."""

from schemas.contract import Contract
from schemas.tables import declared_table


def breaking_changes(old: Contract, new: Contract) -> list[str]:
    """Each change that data written under `old` could not be read with, as one sentence. Empty: compatible."""
    changes = []
    if old.name != new.name:
        changes.append(f"the game was {old.name}, and is {new.name}")
    if old.counter != new.counter:
        changes.append(f"the counter was per {old.counter}, and is per {new.counter}")
    for name, event in old.events.items():
        if name not in new.events:
            changes.append(f"event type {name} is gone")
            continue
        fields = {f.name: f for f in new.events[name].fields}
        for f in event.fields:
            now = fields.get(f.name)
            if now is None:
                changes.append(f"{name}.{f.name} is gone")
            elif now.type != f.type and (now.type.kind, now.type.symbols) == (f.type.kind, f.type.symbols):
                changes.append(f"{name}.{f.name} changed inside")
            elif now.type.kind != f.type.kind:
                changes.append(f"{name}.{f.name} was {f.type}, and is {now.type}")
            elif f.nullable and not now.nullable:
                changes.append(f"{name}.{f.name} was nullable, and is required")
            elif f.stored and not now.stored:
                changes.append(f"{name}.{f.name} was kept, and is dropped")
        before = {f.name for f in event.fields}
        changes += [f"{name}.{f.name} is new and required: make it nullable"
                    for f in new.events[name].fields if f.name not in before and not f.nullable]
    return changes


def difference(old: Contract, new: Contract) -> tuple[list[str], bool]:
    """(a line per change, whether any of them breaks what was written under `old`)."""
    broken = breaking_changes(old, new)
    added = [f"event type {name} is new" for name in new.events if name not in old.events]
    for name, event in new.events.items():
        known = {f.name: f for f in old.events[name].fields} if name in old.events else {}
        for f in event.fields:
            was = known.get(f.name)
            if known and was is None and f.nullable:
                added.append(f"{name}.{f.name} is new")
            elif was and f.nullable and not was.nullable:
                added.append(f"{name}.{f.name} was required, and is nullable")
    rollups = {r.name: r for r in old.rollups}
    for r in new.rollups:
        if r.name not in rollups:
            added.append(f"rollup {r.name} is new")
        elif r.fingerprint != rollups[r.name].fingerprint:
            added.append(f"rollup {r.name} is another step: in a running job its windows begin anew")
            now = {f.name: f.type for f in declared_table(new, r).fields}
            broken += [f"{r.name}.{f.name} is {now.get(f.name, 'gone')}: give the changed rollup a new name"
                       for f in declared_table(old, rollups[r.name]).fields if now.get(f.name) != f.type]
    lines = [*(f"breaks: {line}" for line in broken), *(f"adds: {line}" for line in added)]
    return lines or ["nothing that a table or a file would notice"], bool(broken)
