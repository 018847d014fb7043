-- before
UPDATE t SET b = 1 WHERE a < 4;
-- during
DELETE FROM t WHERE a = 5 LIMIT 1;
INSERT INTO t VALUES (16, NULL), (0, 0), (0, 0);
-- after
UPDATE t SET a = a + 1;
-- service
UPDATE t SET a = a - 1 WHERE b IS NULL;
DELETE FROM t WHERE a = 0 LIMIT 1;
