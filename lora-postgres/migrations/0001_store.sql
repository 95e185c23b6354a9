-- The store: the ledger, its entries, and the index that follows from them.
--
-- Every table leads with the tenant. Instants are microseconds since 1970 as the core counts them: the least bigint is
-- -infinity, the greatest is infinity. Keys are the core's bytes, and bytes are what they are ordered by.
-- Only a transaction that holds the tenant's row of `ledger` writes to the others.

-- Where the tenant's ledger stands. One row each: its lock is what puts commits in order.
CREATE TABLE lora.ledger (
    tenant smallint PRIMARY KEY,
    position bigint NOT NULL CHECK (position >= 0),
    instant bigint NOT NULL,
    chain bytea NOT NULL CHECK (octet_length(chain) = 32)
) WITH (fillfactor = 10, autovacuum_vacuum_threshold = 200, autovacuum_vacuum_scale_factor = 0);

-- The entries, never changed. Of one object's registrations the later has the greater seq, position and
-- registered_from, so that one index answers for the newest, the one known at an instant, and all of them.
CREATE TABLE lora.entry (
    position bigint NOT NULL CHECK (position > 0),
    instant bigint NOT NULL,
    registered_from bigint NOT NULL,
    seq bigint NOT NULL CHECK (seq > 0),
    class integer NOT NULL,
    tenant smallint NOT NULL,
    kind smallint NOT NULL,
    object uuid NOT NULL,
    salt bytea NOT NULL,
    chain bytea NOT NULL,
    skeleton bytea NOT NULL,
    content bytea NOT NULL,
    PRIMARY KEY (tenant, position),
    CHECK (registered_from <= instant)
) WITH (autovacuum_vacuum_insert_threshold = 1000, autovacuum_vacuum_insert_scale_factor = 0.02,
        autovacuum_analyze_scale_factor = 0.05);
CREATE UNIQUE INDEX entry_chain ON lora.entry (tenant, class, object, registered_from) INCLUDE (position, seq);

-- Rectangles that are open: a row goes away when its rectangle closes.
CREATE TABLE lora.posting_current (
    valid_from bigint NOT NULL,
    valid_to bigint NOT NULL,
    opened bigint NOT NULL,
    known_from bigint NOT NULL,
    class integer NOT NULL,
    tenant smallint NOT NULL,
    present boolean NOT NULL,
    object uuid NOT NULL,
    key bytea NOT NULL,
    PRIMARY KEY (tenant, key, class, object, valid_from, valid_to, opened) INCLUDE (present, known_from),
    CHECK (valid_from < valid_to)
) WITH (autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_insert_scale_factor = 0.02,
        autovacuum_analyze_scale_factor = 0.05);

-- Rectangles that are closed, never changed.
CREATE TABLE lora.posting_history (
    valid_from bigint NOT NULL,
    valid_to bigint NOT NULL,
    opened bigint NOT NULL,
    closed bigint NOT NULL,
    known_from bigint NOT NULL,
    known_to bigint NOT NULL,
    class integer NOT NULL,
    tenant smallint NOT NULL,
    present boolean NOT NULL,
    object uuid NOT NULL,
    key bytea NOT NULL,
    PRIMARY KEY (tenant, key, class, object, valid_from, valid_to, opened)
        INCLUDE (closed, known_from, known_to, present),
    CHECK (valid_from < valid_to),
    CHECK (known_from < known_to),
    CHECK (opened < closed)
) WITH (autovacuum_vacuum_insert_threshold = 1000, autovacuum_vacuum_insert_scale_factor = 0.02,
        autovacuum_analyze_scale_factor = 0.05);
-- For views that lie a little behind: what closed since.
CREATE INDEX posting_history_closed ON lora.posting_history (tenant, closed);

-- Every text key that an entry ever had. Where the key holds only the beginning of a text, it is not whole.
CREATE TABLE lora.term (
    tenant smallint NOT NULL,
    whole boolean NOT NULL,
    key bytea NOT NULL,
    folded text COLLATE "C" NOT NULL,
    PRIMARY KEY (tenant, key) INCLUDE (whole)
);
CREATE INDEX term_cut ON lora.term (tenant, key) WHERE NOT whole;

-- Instants at which a row of an object's newest registration began or ended, while the entries from `opened` on and
-- before `gone` were the newest.
CREATE TABLE lora.boundary (
    at bigint NOT NULL,
    opened bigint NOT NULL,
    gone bigint NOT NULL,
    class integer NOT NULL,
    tenant smallint NOT NULL,
    object uuid NOT NULL,
    PRIMARY KEY (tenant, at, class, object, opened)
) WITH (fillfactor = 80, autovacuum_vacuum_scale_factor = 0.05);

-- At which position a key was guarded last.
CREATE TABLE lora.guard (
    position bigint NOT NULL,
    tenant smallint NOT NULL,
    guard bytea NOT NULL,
    PRIMARY KEY (tenant, guard)
) WITH (fillfactor = 80, autovacuum_vacuum_scale_factor = 0.05);

-- Contents by their SHA-256, in pieces of one size; what arrives has pieces before it has a hash.
CREATE TABLE lora.content (
    tenant smallint NOT NULL,
    hash bytea NOT NULL CHECK (octet_length(hash) = 32),
    blob uuid NOT NULL,
    size bigint NOT NULL CHECK (size >= 0),
    PRIMARY KEY (tenant, hash)
);
CREATE TABLE lora.content_piece (
    number bigint NOT NULL,
    tenant smallint NOT NULL,
    blob uuid NOT NULL,
    bytes bytea NOT NULL,
    PRIMARY KEY (tenant, blob, number)
);
ALTER TABLE lora.content_piece ALTER COLUMN bytes SET STORAGE EXTERNAL;
CREATE TABLE lora.content_arriving (
    since bigint NOT NULL,
    tenant smallint NOT NULL,
    blob uuid NOT NULL,
    PRIMARY KEY (tenant, blob)
);
