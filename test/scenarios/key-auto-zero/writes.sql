-- before
UPDATE t SET n = 9 WHERE k = 1;
-- during
DELETE FROM t WHERE k = -5;
INSERT INTO t VALUES (11, 5);
UPDATE t SET n = n + 1;
-- after
INSERT INTO t VALUES (-5, 7);
DELETE FROM t WHERE k = 7;
-- service
UPDATE t SET k = 7 WHERE k = 9;
DELETE FROM t WHERE k = 1;
