-- before
INSERT INTO v VALUES (10, '');
UPDATE v SET v = 'm' WHERE id = 3;
-- during
DELETE FROM v WHERE id = 4;
INSERT INTO v VALUES (11, REPEAT('강', 70000));
UPDATE v SET v = REPEAT('강', 70000) WHERE id = 2;
-- after
UPDATE v SET v = '' WHERE id = 1;
DELETE FROM v WHERE id = -1;
-- service
INSERT INTO v VALUES (20, REPEAT('강', 70000)), (21, NULL);
UPDATE v SET v = NULL WHERE id = 0;
DELETE FROM v WHERE id = 2;
