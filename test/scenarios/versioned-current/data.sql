INSERT INTO t VALUES (1, 'a', 1), (2, 'b', 2), (3, NULL, 3), (4, 'd', 4), (5, 'e', 5);
UPDATE t SET code = 'bb' WHERE id = 2;
DELETE FROM t WHERE id = 5;
INSERT INTO bounds (id, part, note) VALUES (1, 1, 'x'), (1, 2, 'y'), (2, 1, NULL), (3, 1, 'gone');
DELETE FROM bounds WHERE id = 3;
