-- before
UPDATE t SET n = 9 WHERE k = 'a';
-- during
DELETE FROM t WHERE k = 'ö';
INSERT INTO t VALUES ('back\\slash', 5);
UPDATE t SET n = n + 1;
-- after
INSERT INTO t VALUES ('ö', 7);
DELETE FROM t WHERE k = 'z';
-- service
UPDATE t SET k = 'z' WHERE k = 'quote''s';
DELETE FROM t WHERE k = 'a';
