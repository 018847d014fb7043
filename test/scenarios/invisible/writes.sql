-- before
UPDATE t SET h = NULL WHERE id = 2;
-- during
INSERT INTO t (id, h) VALUES (5, 50);
-- after
DELETE FROM t WHERE id = 3;
-- service
UPDATE t SET h = id;
INSERT INTO t VALUES (6, 6);
