-- before
UPDATE t SET n = 9 WHERE k = '-10:00:00';
-- during
DELETE FROM t WHERE k = '00:00:00.001';
INSERT INTO t VALUES ('02:00:00', 5);
UPDATE t SET n = n + 1;
-- after
INSERT INTO t VALUES ('00:00:00.001', 7);
DELETE FROM t WHERE k = '838:59:59';
-- service
UPDATE t SET k = '838:59:59' WHERE k = '01:00:00';
DELETE FROM t WHERE k = '-10:00:00';
