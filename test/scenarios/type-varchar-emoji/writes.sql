-- before
INSERT INTO v VALUES (10, 'tab\tline\nback\\N');
UPDATE v SET v = '' WHERE id = 3;
-- during
DELETE FROM v WHERE id = 4;
INSERT INTO v VALUES (11, '이름 🌳');
UPDATE v SET v = '이름 🌳' WHERE id = 2;
-- after
UPDATE v SET v = 'tab\tline\nback\\N' WHERE id = 1;
DELETE FROM v WHERE id = -1;
-- service
INSERT INTO v VALUES (20, '이름 🌳'), (21, NULL);
UPDATE v SET v = NULL WHERE id = 0;
DELETE FROM v WHERE id = 2;
