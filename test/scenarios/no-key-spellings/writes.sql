-- before
UPDATE t SET k = 'Á' WHERE CAST(k AS BINARY) = 'a' LIMIT 1;
-- during
UPDATE t SET k = UPPER(k) WHERE n = 1;
INSERT INTO t VALUES ('a', 'a', 'A', 1), ('a ', 'a', 'a', 1);
UPDATE t SET c = 'SS' WHERE n = 2;
-- after
UPDATE t SET k = LOWER(k);
DELETE FROM t WHERE CAST(k AS BINARY) = 'a' LIMIT 1;
UPDATE t SET k = '' WHERE k IS NULL;
-- service
UPDATE t SET k = CONCAT(k, ' ') WHERE n = 1 LIMIT 3;
UPDATE t SET b = UPPER(b);
DELETE FROM t WHERE k = 'a' LIMIT 1;
