-- before
UPDATE t SET n = 9 WHERE id = 1;
INSERT INTO t VALUES (5, 'e', 6);
-- during
DELETE FROM t WHERE id = 4;
UPDATE bounds SET note = 'z' WHERE id = 1;
REPLACE INTO t VALUES (3, 'c', 4);
-- after
DELETE FROM bounds WHERE id = 2;
UPDATE t SET code = 'ee' WHERE id = 5;
-- service
UPDATE t SET code = 'home' WHERE id = 1;
DELETE FROM t WHERE id = 2;
INSERT INTO t VALUES (4, 'again', 1);
UPDATE bounds SET part = 3, note = 'moved' WHERE id = 1 AND part = 2;
