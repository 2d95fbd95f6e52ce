-- One row per operation that moves money.
CREATE TABLE IF NOT EXISTS snap_journal (
    id           text PRIMARY KEY,
    opened       bigint NOT NULL,
    state        text NOT NULL CHECK (state IN ('open', 'moved', 'not_moved')),
    operation    text NOT NULL,
    path         text NOT NULL,
    reference    text,
    reference_no text,
    amount       text,
    currency     text,
    conflicts    integer NOT NULL,
    record       jsonb NOT NULL,
    created_at   timestamptz NOT NULL DEFAULT now(),
    changed_at   timestamptz NOT NULL DEFAULT now()
);

-- In which order operations were opened.
CREATE SEQUENCE IF NOT EXISTS snap_journal_opened;

CREATE INDEX IF NOT EXISTS snap_journal_open ON snap_journal (opened) WHERE state = 'open';

-- What a person has to look at.
CREATE INDEX IF NOT EXISTS snap_journal_conflicts ON snap_journal (id) WHERE conflicts > 0;

-- Everything that changed an operation, in order.
CREATE TABLE IF NOT EXISTS snap_journal_event (
    number   bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    id       text NOT NULL REFERENCES snap_journal (id) ON DELETE CASCADE,
    entry    jsonb NOT NULL,
    taken_at timestamptz NOT NULL DEFAULT now()
);

CREATE INDEX IF NOT EXISTS snap_journal_event_id ON snap_journal_event (id, number);
