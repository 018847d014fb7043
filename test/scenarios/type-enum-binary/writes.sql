-- before
INSERT INTO v VALUES (10, 'z', 'x,q', 'one', NULL);
UPDATE v SET e = 'z', s = 'q' WHERE id = 3;
UPDATE w SET k = 2 WHERE k = 1 AND s = 0;
-- during
DELETE FROM v WHERE id = 4;
INSERT INTO v VALUES (11, NULL, '', 'two', 'n');
UPDATE v SET e = 2 WHERE id = 2;
INSERT INTO w VALUES ('one', 'x', 5);
-- after
UPDATE v SET e = NULL, s = 7 WHERE id = 1;
DELETE FROM v WHERE id = -1;
UPDATE w SET n = 9 WHERE s = 3;
-- service
INSERT INTO v VALUES (20, 2, 2, 'one', 3), (21, NULL, '', 'two', '');
UPDATE v SET e = NULL WHERE id = 0;
DELETE FROM v WHERE id = 2;
DELETE FROM w WHERE n = 2;
