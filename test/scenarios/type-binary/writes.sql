-- before
INSERT INTO v VALUES (10, x'');
UPDATE v SET v = x'5c4e' WHERE id = 3;
-- during
DELETE FROM v WHERE id = 4;
INSERT INTO v VALUES (11, x'0000ff');
UPDATE v SET v = x'0000ff' WHERE id = 2;
-- after
UPDATE v SET v = x'' WHERE id = 1;
DELETE FROM v WHERE id = -1;
-- service
INSERT INTO v VALUES (20, x'0000ff'), (21, NULL);
UPDATE v SET v = NULL WHERE id = 0;
DELETE FROM v WHERE id = 2;
