-- before
INSERT INTO v VALUES (10, 255);
UPDATE v SET v = 7 WHERE id = 3;
-- during
DELETE FROM v WHERE id = 4;
INSERT INTO v VALUES (11, 0);
UPDATE v SET v = 0 WHERE id = 2;
-- after
UPDATE v SET v = 255 WHERE id = 1;
DELETE FROM v WHERE id = -1;
-- service
INSERT INTO v VALUES (20, 0), (21, NULL);
UPDATE v SET v = NULL WHERE id = 0;
DELETE FROM v WHERE id = 2;
