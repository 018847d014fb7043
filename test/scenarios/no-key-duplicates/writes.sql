-- before
INSERT INTO t VALUES (2, 'y');
DELETE FROM t WHERE a = 1 LIMIT 1;
-- during
UPDATE t SET a = 4, b = 'w' WHERE a = 2 LIMIT 1;
INSERT INTO t VALUES (NULL, NULL), (NULL, NULL);
UPDATE t SET b = 'x' WHERE a = 3;
DELETE FROM t WHERE a = 1 LIMIT 1;
-- after
UPDATE t SET a = 1, b = 'x' WHERE a = 3 LIMIT 1;
DELETE FROM t WHERE a IS NULL LIMIT 2;
INSERT INTO t VALUES (5, 'new'), (5, 'new');
UPDATE t SET b = NULL WHERE a = 5 LIMIT 1;
-- service
INSERT INTO t VALUES (5, 'new'), (1, 'x'), (1, 'x');
DELETE FROM t WHERE a = 4 LIMIT 1;
UPDATE t SET a = 9, b = 'same' WHERE a IS NOT NULL LIMIT 4;
DELETE FROM t WHERE a = 9 LIMIT 1;
