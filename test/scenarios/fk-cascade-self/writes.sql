-- before
DELETE FROM t WHERE id = 2;
-- during
DELETE FROM t WHERE id = 10;
-- after
DELETE FROM t WHERE id = 20;
INSERT INTO t VALUES (33,32);
-- service
DELETE FROM t WHERE id = 30;
