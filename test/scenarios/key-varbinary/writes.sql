-- before
UPDATE t SET n = 9 WHERE k = x'';
-- during
DELETE FROM t WHERE k = x'00';
INSERT INTO t VALUES (x'ff', 5);
UPDATE t SET n = n + 1;
-- after
INSERT INTO t VALUES (x'00', 7);
DELETE FROM t WHERE k = x'0000';
-- service
UPDATE t SET k = x'0000' WHERE k = x'5c';
DELETE FROM t WHERE k = x'';
