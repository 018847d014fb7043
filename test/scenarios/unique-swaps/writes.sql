-- before
UPDATE t SET u = NULL WHERE id = 1;
UPDATE t SET u = 'a' WHERE id = 2;
UPDATE t SET u = 'b' WHERE id = 1;
-- during
UPDATE t SET v = -1 WHERE id = 3;
UPDATE t SET v = 3 WHERE id = 4;
UPDATE t SET v = 4 WHERE id = 3;
-- after
REPLACE INTO t VALUES (9, 'c', 9);
INSERT IGNORE INTO t VALUES (10, 'a', 10);
-- service
UPDATE t SET u = 'tmp' WHERE id = 1;
UPDATE t SET u = 'b' WHERE id = 2;
UPDATE t SET u = 'a' WHERE id = 1;
