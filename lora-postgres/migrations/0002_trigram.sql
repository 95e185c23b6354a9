-- optional: wildcards in texts are found faster by trigrams, but whoever migrates may lack the right to this extension.

CREATE EXTENSION IF NOT EXISTS pg_trgm;
CREATE INDEX term_trigram ON lora.term USING gin (folded gin_trgm_ops);
