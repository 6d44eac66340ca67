"""Which changes of a contract an archive or a table can take: new types and new nullable fields; nothing else."""

from schemas.contract import Contract


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
