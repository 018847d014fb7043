-- before
UPDATE t SET n = 9 WHERE k = x'00';
-- during
DELETE FROM t WHERE k = x'00ff';
INSERT INTO t VALUES (x'0a09', 5);
UPDATE t SET n = n + 1;
-- after
INSERT INTO t VALUES (x'00ff', 7);
DELETE FROM t WHERE k = x'5c4e27';
-- service
UPDATE t SET k = x'5c4e27' WHERE k = x'ffffffffffffffffffffffffffffffff';
DELETE FROM t WHERE k = x'00';
