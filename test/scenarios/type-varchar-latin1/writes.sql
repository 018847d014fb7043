-- before
INSERT INTO v VALUES (10, '');
UPDATE v SET v = 'a' WHERE id = 3;
-- during
DELETE FROM v WHERE id = 4;
INSERT INTO v VALUES (11, _latin1 x'e9ff80');
UPDATE v SET v = _latin1 x'e9ff80' WHERE id = 2;
-- after
UPDATE v SET v = '' WHERE id = 1;
DELETE FROM v WHERE id = -1;
-- service
INSERT INTO v VALUES (20, _latin1 x'e9ff80'), (21, NULL);
UPDATE v SET v = NULL WHERE id = 0;
DELETE FROM v WHERE id = 2;
