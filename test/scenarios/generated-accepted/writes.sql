-- before
UPDATE t SET a = 9 WHERE id = 1;
-- during
INSERT INTO t (id, a) VALUES (5, 5);
-- after
DELETE FROM t WHERE id = 2;
-- service
UPDATE t SET a = a + 1;
INSERT INTO t (id, a) VALUES (6, NULL);
