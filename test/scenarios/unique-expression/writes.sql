-- before
UPDATE t SET deleted = '2024-02-02' WHERE id = 1;
UPDATE t SET mail = 'a@x.KR' WHERE id = 2;
UPDATE t SET mail = 'B@x.kr', deleted = NULL WHERE id = 1;
-- during
UPDATE t SET tags = '{"no": 0}' WHERE id = 1;
UPDATE t SET tags = '{"no": "18446744073709551615"}' WHERE id = 2;
UPDATE t SET tags = '{"no": 2}' WHERE id = 1;
UPDATE t SET day = '1999-09-09' WHERE id = 1;
UPDATE t SET day = '2020-12-31' WHERE id = 2;
UPDATE t SET day = '2021-12-31', mail = 'tmp' WHERE id = 1;
UPDATE t SET mail = 'B@x.kr', deleted = '2025-01-01' WHERE id = 2;
UPDATE t SET mail = 'a@x.KR' WHERE id = 1;
-- after
REPLACE INTO t VALUES (9, '강@X.KR', NULL, '{"no": 66}', '2030-01-01', 'z');
INSERT IGNORE INTO t VALUES (10, '강@x.kr', NULL, '{"no": 67}', '2031-01-01', 'z');
-- service
UPDATE t SET deleted = '2026-01-01' WHERE id = 1;
UPDATE t SET mail = 'A@x.kr', deleted = NULL WHERE id = 2;
UPDATE t SET mail = 'B@x.kr', deleted = NULL WHERE id = 1;
UPDATE t SET tags = '{"no": 0}' WHERE id = 1;
UPDATE t SET tags = '{"no": 2}' WHERE id = 2;
UPDATE t SET tags = '{"no": 18446744073709551614}' WHERE id = 1;
