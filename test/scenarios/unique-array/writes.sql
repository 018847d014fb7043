-- before
UPDATE t SET tags = NULL WHERE id = 1;
UPDATE t SET tags = '{"ids": [2, 3]}' WHERE id = 2;
UPDATE t SET tags = '{"ids": [1, 8]}' WHERE id = 1;
-- during
UPDATE t SET tags = NULL WHERE id = 3;
UPDATE t SET tags = '{"ids": [6, 1]}' WHERE id = 1;
UPDATE t SET tags = '{"ids": [8, 4]}' WHERE id = 2;
UPDATE t SET tags = '{"ids": [3, 5, 2]}' WHERE id = 3;
-- after
REPLACE INTO t VALUES (9, '{"ids": [4, 6]}');
-- service
UPDATE t SET tags = NULL WHERE id IN (3, 9);
UPDATE t SET tags = '{"ids": [4, 3]}' WHERE id = 3;
UPDATE t SET tags = '{"ids": [6, 5]}' WHERE id = 9;
