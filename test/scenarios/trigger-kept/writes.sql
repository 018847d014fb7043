-- before
UPDATE t SET n = 7 WHERE id = 1;
-- during
INSERT INTO t (id, n) VALUES (6, 6);
DELETE FROM t WHERE id = 2;
UPDATE t SET n = n + 1 WHERE id > 2;
-- after
REPLACE INTO t (id, n) VALUES (3, 30);
-- service
INSERT INTO t (id, n) VALUES (7, 1);
UPDATE t SET n = n + 1 WHERE id < 6;
DELETE FROM t WHERE id = 6;
