-- before
DELETE FROM t WHERE id = 1;
-- during
UPDATE t SET up = NULL WHERE id = 5;
-- after
DELETE FROM t WHERE id = 6;
-- service
INSERT INTO t VALUES (9,8,8);
DELETE FROM t WHERE id = 8;
