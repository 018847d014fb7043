-- before
UPDATE t SET n = 9 WHERE k = 0;
-- during
DELETE FROM t WHERE k = 255;
INSERT INTO t VALUES (3, 5);
UPDATE t SET n = n + 1;
-- after
INSERT INTO t VALUES (255, 7);
DELETE FROM t WHERE k = 1;
-- service
UPDATE t SET k = 1 WHERE k = 2;
DELETE FROM t WHERE k = 0;
