-- 5,000 objects with eight registrations each: 40,000 entries, as many open rectangles, and 105,000 closed ones.
INSERT INTO lora.ledger (tenant, position, instant, chain) VALUES (0, 40000, 4000000, decode(repeat('00', 32), 'hex'));
INSERT INTO lora.entry (tenant, position, instant, registered_from, seq, class, kind, object, salt, chain, skeleton, content)
SELECT 0, p, p * 100, p * 100, (p - 1) / 5000 + 1, 1, 1, md5(((p - 1) % 5000)::text)::uuid,
    decode(repeat('01', 16), 'hex'), decode(repeat('02', 32), 'hex'), decode(repeat('03', 60), 'hex'),
    decode(repeat('04', 600), 'hex')
FROM generate_series(1, 40000) p;
-- Of field k objects have a text of their own, or one that ten or a hundred or a thousand have.
CREATE FUNCTION key_of(k int, o int) RETURNS bytea IMMUTABLE LANGUAGE sql AS
    $$ SELECT decode('02' || lpad(to_hex(k), 4, '0'), 'hex') || convert_to('text ' || o / (10 ^ (k % 4))::int, 'UTF8') || '\x00' $$;
INSERT INTO lora.posting_current (tenant, key, class, object, valid_from, valid_to, opened, present, known_from)
SELECT 0, key_of(k, o), 1, md5(o::text)::uuid, 0, 9223372036854775807, 35001 + o, true, (35001 + o) * 100
FROM generate_series(0, 4999) o, generate_series(1, 8) k;
INSERT INTO lora.posting_history (tenant, key, class, object, valid_from, valid_to, opened, present, known_from, closed, known_to)
SELECT 0, key_of(k, o), 1, md5(o::text)::uuid, 0, 9223372036854775807, r * 5000 + o + 1, true, (r * 5000 + o + 1) * 100,
    (r + 1) * 5000 + o + 1, ((r + 1) * 5000 + o + 1) * 100
FROM generate_series(0, 4999) o, generate_series(1, 3) k, generate_series(0, 6) r;
INSERT INTO lora.term (tenant, whole, key, folded)
SELECT DISTINCT 0, true, key, convert_from(substring(key FROM 4 FOR length(key) - 4), 'UTF8') FROM lora.posting_current;
INSERT INTO lora.boundary (tenant, at, class, object, opened, gone)
SELECT 0, o * 10, 1, md5(o::text)::uuid, 35001 + o, 9223372036854775807 FROM generate_series(0, 4999) o;
INSERT INTO lora.guard (tenant, guard, position) SELECT 0, convert_to(o::text, 'UTF8'), o FROM generate_series(1, 5000) o;
