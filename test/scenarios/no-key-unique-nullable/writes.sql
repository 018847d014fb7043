-- before
UPDATE t SET u = NULL WHERE a = 1;
-- during
UPDATE t SET u = 'one' WHERE a = 2;
UPDATE t SET u = 'two' WHERE a = 1;
DELETE FROM t WHERE a = 4;
INSERT INTO t VALUES (0, 'four', 1);
-- after
UPDATE t SET u = NULL WHERE a IN (5, 6);
UPDATE t SET u = 'six' WHERE a = 5;
UPDATE t SET u = 'five' WHERE a = 6;
UPDATE t SET a = 3, u = NULL WHERE a = 0;
-- service
UPDATE t SET u = NULL WHERE a IN (1, 2);
UPDATE t SET u = 'one' WHERE a = 1;
UPDATE t SET u = 'two' WHERE a = 2;
DELETE FROM t WHERE a = 3 LIMIT 1;
