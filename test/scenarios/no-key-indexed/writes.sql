-- before
INSERT INTO t VALUES ('lee@x', 't3', '2026-01-01 00:00:00');
-- during
UPDATE t SET mail = 'KIM@X' WHERE mail = 'kim@x' LIMIT 2;
DELETE FROM t WHERE mail = 'lee@x' LIMIT 1;
INSERT INTO t VALUES ('aaa@x', 't0', NULL), ('zzz@x', 't9', NULL), ('aaa@x', 't0', NULL);
-- after
UPDATE t SET token = 't1', mail = 'kim@x' WHERE mail = 'park@x';
DELETE FROM t WHERE mail = 'kim@x' LIMIT 1;
-- service
INSERT INTO t SELECT * FROM t WHERE mail = 'kim@x';
UPDATE t SET mail = 'lee@x', token = 't3' WHERE token = 't1' LIMIT 2;
DELETE FROM t WHERE token = 't3' LIMIT 1;
