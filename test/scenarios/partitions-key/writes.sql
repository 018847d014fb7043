-- before
UPDATE t SET n = 0;
-- during
DELETE FROM t WHERE id = 3;
-- after
INSERT INTO t VALUES (9,9);
-- service
DELETE FROM t WHERE id = 1;
INSERT INTO t VALUES (10,10);
