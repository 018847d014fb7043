-- before
UPDATE t SET d = '2022-01-01' WHERE id = 1;
-- during
DELETE FROM t WHERE id = 2;
INSERT INTO t VALUES (5,'2000-01-01',5);
-- after
UPDATE t SET n = 9;
-- service
UPDATE t SET d = '2001-01-01' WHERE id = 3;
INSERT INTO t VALUES (6,'2030-01-01',6);
