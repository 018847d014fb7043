-- before
INSERT INTO v VALUES (10, x'5c4e');
UPDATE v SET v = '' WHERE id = 3;
-- during
DELETE FROM v WHERE id = 4;
INSERT INTO v VALUES (11, x'00');
UPDATE v SET v = x'00' WHERE id = 2;
-- after
UPDATE v SET v = x'5c4e' WHERE id = 1;
DELETE FROM v WHERE id = -1;
-- service
INSERT INTO v VALUES (20, x'00'), (21, NULL);
UPDATE v SET v = NULL WHERE id = 0;
DELETE FROM v WHERE id = 2;
