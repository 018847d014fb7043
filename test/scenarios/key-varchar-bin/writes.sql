-- before
UPDATE t SET n = 9 WHERE k = 'a';
-- during
DELETE FROM t WHERE k = 'A';
INSERT INTO t VALUES ('', 5);
UPDATE t SET n = n + 1;
-- after
INSERT INTO t VALUES ('A', 7);
DELETE FROM t WHERE k = 'á';
-- service
UPDATE t SET k = 'á' WHERE k = '🌳';
DELETE FROM t WHERE k = 'a';
