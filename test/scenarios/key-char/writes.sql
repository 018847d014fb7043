-- before
UPDATE t SET n = 9 WHERE k = 'a';
-- during
DELETE FROM t WHERE k = 'ab';
INSERT INTO t VALUES ('z', 5);
UPDATE t SET n = n + 1;
-- after
INSERT INTO t VALUES ('ab', 7);
DELETE FROM t WHERE k = 'b';
-- service
UPDATE t SET k = 'b' WHERE k = '';
DELETE FROM t WHERE k = 'a';
