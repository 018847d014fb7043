-- before
UPDATE t SET up = 1 WHERE id = 3;
-- during
INSERT INTO t VALUES (5,3);
-- after
DELETE FROM t WHERE id = 4;
-- service
INSERT INTO t VALUES (6,5);
UPDATE t SET up = NULL WHERE id = 2;
