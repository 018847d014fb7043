-- before
INSERT INTO v VALUES (10, '');
UPDATE v SET v = REPEAT('z', 255) WHERE id = 3;
-- during
DELETE FROM v WHERE id = 4;
INSERT INTO v VALUES (11, 'a');
UPDATE v SET v = 'a' WHERE id = 2;
-- after
UPDATE v SET v = '' WHERE id = 1;
DELETE FROM v WHERE id = -1;
-- service
INSERT INTO v VALUES (20, 'a'), (21, NULL);
UPDATE v SET v = NULL WHERE id = 0;
DELETE FROM v WHERE id = 2;
