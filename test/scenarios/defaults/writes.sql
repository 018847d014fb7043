-- before
INSERT INTO t () VALUES ();
UPDATE t SET a = a + 1;
-- during
INSERT INTO t (a) VALUES (1);
DELETE FROM t WHERE id = 2;
-- after
UPDATE t SET a = 0 WHERE id = 3;
-- service
INSERT INTO t () VALUES ();
UPDATE t SET a = a + 1;
