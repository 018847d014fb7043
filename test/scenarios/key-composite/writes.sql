-- before
UPDATE t SET n = 10 WHERE b = 'x';
-- during
UPDATE t SET a = 5 WHERE a = 2;
DELETE FROM t WHERE b = '';
-- after
INSERT INTO t VALUES (9,'z','2021-01-01',1);
-- service
UPDATE t SET b = 'w' WHERE b = 'y';
DELETE FROM t WHERE a = 9;
