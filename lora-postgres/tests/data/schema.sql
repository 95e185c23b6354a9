CREATE SCHEMA lora;
CREATE EXTENSION IF NOT EXISTS pg_trgm WITH SCHEMA lora;
COMMENT ON EXTENSION pg_trgm IS 'text similarity measurement and index searching based on trigrams';
CREATE TABLE lora.boundary (
    at bigint NOT NULL,
    opened bigint NOT NULL,
    gone bigint NOT NULL,
    class integer NOT NULL,
    tenant smallint NOT NULL,
    object uuid NOT NULL
)
WITH (fillfactor='80', autovacuum_vacuum_scale_factor='0.05');
CREATE TABLE lora.content (
    tenant smallint NOT NULL,
    hash bytea NOT NULL,
    blob uuid NOT NULL,
    size bigint NOT NULL,
    CONSTRAINT content_hash_check CHECK ((octet_length(hash) = 32)),
    CONSTRAINT content_size_check CHECK ((size >= 0))
);
CREATE TABLE lora.content_arriving (
    since bigint NOT NULL,
    tenant smallint NOT NULL,
    blob uuid NOT NULL
);
CREATE TABLE lora.content_piece (
    number bigint NOT NULL,
    tenant smallint NOT NULL,
    blob uuid NOT NULL,
    bytes bytea NOT NULL
);
ALTER TABLE ONLY lora.content_piece ALTER COLUMN bytes SET STORAGE EXTERNAL;
CREATE TABLE lora.entry (
    "position" bigint NOT NULL,
    instant bigint NOT NULL,
    registered_from bigint NOT NULL,
    seq bigint NOT NULL,
    class integer NOT NULL,
    tenant smallint NOT NULL,
    kind smallint NOT NULL,
    object uuid NOT NULL,
    salt bytea NOT NULL,
    chain bytea NOT NULL,
    skeleton bytea NOT NULL,
    content bytea NOT NULL,
    CONSTRAINT entry_check CHECK ((registered_from <= instant)),
    CONSTRAINT entry_position_check CHECK (("position" > 0)),
    CONSTRAINT entry_seq_check CHECK ((seq > 0))
)
WITH (autovacuum_vacuum_insert_threshold='1000', autovacuum_vacuum_insert_scale_factor='0.02', autovacuum_analyze_scale_factor='0.05');
CREATE TABLE lora.guard (
    "position" bigint NOT NULL,
    tenant smallint NOT NULL,
    guard bytea NOT NULL
)
WITH (fillfactor='80', autovacuum_vacuum_scale_factor='0.05');
CREATE TABLE lora.ledger (
    tenant smallint NOT NULL,
    "position" bigint NOT NULL,
    instant bigint NOT NULL,
    chain bytea NOT NULL,
    CONSTRAINT ledger_chain_check CHECK ((octet_length(chain) = 32)),
    CONSTRAINT ledger_position_check CHECK (("position" >= 0))
)
WITH (fillfactor='10', autovacuum_vacuum_threshold='200', autovacuum_vacuum_scale_factor='0');
CREATE TABLE lora.migration (
    number integer NOT NULL,
    name text NOT NULL,
    sha256 text NOT NULL,
    applied timestamp with time zone DEFAULT now() NOT NULL
);
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
    CONSTRAINT posting_current_check CHECK ((valid_from < valid_to))
)
WITH (autovacuum_vacuum_scale_factor='0.02', autovacuum_vacuum_insert_scale_factor='0.02', autovacuum_analyze_scale_factor='0.05');
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
    CONSTRAINT posting_history_check CHECK ((valid_from < valid_to)),
    CONSTRAINT posting_history_check1 CHECK ((known_from < known_to)),
    CONSTRAINT posting_history_check2 CHECK ((opened < closed))
)
WITH (autovacuum_vacuum_insert_threshold='1000', autovacuum_vacuum_insert_scale_factor='0.02', autovacuum_analyze_scale_factor='0.05');
CREATE TABLE lora.term (
    tenant smallint NOT NULL,
    whole boolean NOT NULL,
    key bytea NOT NULL,
    folded text NOT NULL COLLATE pg_catalog."C"
);
ALTER TABLE ONLY lora.boundary
    ADD CONSTRAINT boundary_pkey PRIMARY KEY (tenant, at, class, object, opened);
ALTER TABLE ONLY lora.content_arriving
    ADD CONSTRAINT content_arriving_pkey PRIMARY KEY (tenant, blob);
ALTER TABLE ONLY lora.content_piece
    ADD CONSTRAINT content_piece_pkey PRIMARY KEY (tenant, blob, number);
ALTER TABLE ONLY lora.content
    ADD CONSTRAINT content_pkey PRIMARY KEY (tenant, hash);
ALTER TABLE ONLY lora.entry
    ADD CONSTRAINT entry_pkey PRIMARY KEY (tenant, "position");
ALTER TABLE ONLY lora.guard
    ADD CONSTRAINT guard_pkey PRIMARY KEY (tenant, guard);
ALTER TABLE ONLY lora.ledger
    ADD CONSTRAINT ledger_pkey PRIMARY KEY (tenant);
ALTER TABLE ONLY lora.migration
    ADD CONSTRAINT migration_pkey PRIMARY KEY (number);
ALTER TABLE ONLY lora.posting_current
    ADD CONSTRAINT posting_current_pkey PRIMARY KEY (tenant, key, class, object, valid_from, valid_to, opened) INCLUDE (present, known_from);
ALTER TABLE ONLY lora.posting_history
    ADD CONSTRAINT posting_history_pkey PRIMARY KEY (tenant, key, class, object, valid_from, valid_to, opened) INCLUDE (closed, known_from, known_to, present);
ALTER TABLE ONLY lora.term
    ADD CONSTRAINT term_pkey PRIMARY KEY (tenant, key) INCLUDE (whole);
CREATE UNIQUE INDEX entry_chain ON lora.entry USING btree (tenant, class, object, registered_from) INCLUDE ("position", seq);
CREATE INDEX posting_history_closed ON lora.posting_history USING btree (tenant, closed);
CREATE INDEX term_cut ON lora.term USING btree (tenant, key) WHERE (NOT whole);
CREATE INDEX term_trigram ON lora.term USING gin (folded lora.gin_trgm_ops);
