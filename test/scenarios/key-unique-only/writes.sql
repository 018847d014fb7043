-- before
UPDATE t SET n = 9 WHERE k = 1;
-- during
DELETE FROM t WHERE k = 2;
INSERT INTO t VALUES (5, 5);
UPDATE t SET n = n + 1;
-- after
INSERT INTO t VALUES (2, 7);
DELETE FROM t WHERE k = -3;
-- service
UPDATE t SET k = -3 WHERE k = 4;
DELETE FROM t WHERE k = 1;
