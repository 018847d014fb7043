-- before
UPDATE t SET a = 2 WHERE id = 1;
-- during
DELETE FROM t WHERE id = 3;
-- after
INSERT INTO t VALUES (5, 5, 'b');
-- service
UPDATE t SET a = 99;
INSERT INTO t VALUES (6, 1, NULL);
