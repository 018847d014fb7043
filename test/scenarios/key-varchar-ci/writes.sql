-- before
UPDATE t SET n = 9 WHERE k = 'Alpha';
-- during
DELETE FROM t WHERE k = 'beta';
INSERT INTO t VALUES ('zz top', 5);
UPDATE t SET n = n + 1;
-- after
INSERT INTO t VALUES ('beta', 7);
DELETE FROM t WHERE k = 'ÄRGER';
-- service
UPDATE t SET k = 'ÄRGER' WHERE k = '한글';
DELETE FROM t WHERE k = 'Alpha';
