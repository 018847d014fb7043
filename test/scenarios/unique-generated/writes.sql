-- before
UPDATE t SET deleted = 7 WHERE id = 1;
UPDATE t SET mail = 'Á@x.KR' WHERE id = 2;
UPDATE t SET mail = 'B@x.kr', deleted = NULL WHERE id = 1;
-- during
UPDATE t SET mail = NULL WHERE id IN (1, 2, 6);
UPDATE t SET mail = '강@X.kr', n = 2.75 WHERE id = 1;
UPDATE t SET mail = 'b@x.KR', n = 6.99 WHERE id = 2;
UPDATE t SET mail = 'a@x.kr', n = 1.01 WHERE id = 6;
-- after
REPLACE INTO t (id, mail, deleted, n) VALUES (9, '강@X.KR', NULL, 2.00);
INSERT IGNORE INTO t (id, mail, deleted, n) VALUES (10, '강@x.kr', NULL, 11.00);
-- service
UPDATE t SET deleted = 8 WHERE id = 2;
UPDATE t SET mail = 'B@x.kr', deleted = NULL WHERE id = 6;
UPDATE t SET mail = 'A@x.kr', deleted = NULL WHERE id = 2;
