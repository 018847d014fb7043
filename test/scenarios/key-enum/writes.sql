-- before
UPDATE t SET v = 'changed' WHERE a = 'x';
-- during
UPDATE t SET a = 'z' WHERE a = 'y' AND n = 2;
DELETE FROM t WHERE a = 'z' AND n = 1;
INSERT INTO t VALUES ('y', 7, 'seven');
-- after
UPDATE t SET n = 8 WHERE a = 'y' AND n = 7;
-- service
INSERT INTO t VALUES ('x', 20, 'service');
UPDATE t SET a = 'x' WHERE a = 'y' AND n = 8;
DELETE FROM t WHERE a = 'y';
