-- before
UPDATE t SET s = NULL WHERE id = 1;
UPDATE t SET s = 'ÄPFEL UND B, the same first ten in another spelling' WHERE id = 2;
UPDATE t SET s = 'Birnen und nothing else' WHERE id = 1;
-- during
UPDATE t SET n = -1 WHERE id = 3;
UPDATE t SET n = 2 WHERE id = 1;
UPDATE t SET n = 1 WHERE id = 3;
UPDATE t SET s = 'zwetschgenmus' WHERE id = 6;
-- after
REPLACE INTO t VALUES (9, '한국의 사과는 달다 and no more', x'61ff', 9);
INSERT IGNORE INTO t VALUES (10, 'zwetschgen and others', x'61', 9);
-- service
UPDATE t SET s = 'tmp' WHERE id = 1;
UPDATE t SET s = 'birnen und' WHERE id = 2;
UPDATE t SET s = 'apfel und b' WHERE id = 1;
