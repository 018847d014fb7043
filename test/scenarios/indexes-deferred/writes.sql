-- before
INSERT INTO t (id, p, a, b, body) VALUES (5, 1, 'e', 5, 'before');
-- during
UPDATE t SET body = 'changed' WHERE b = 1;
DELETE FROM t WHERE b = 2;
INSERT INTO t (id, p, a, b, body) VALUES (6, 2, 'f', -6, 'during');
-- after
UPDATE t SET a = 'z', b = 40 WHERE b = 4;
-- service
INSERT INTO t (id, p, a, b, body) VALUES (7, 2, 'g', 7, 'after');
DELETE FROM t WHERE b = 3;
