-- before
INSERT INTO v VALUES (10, '{}');
UPDATE v SET v = '"s"' WHERE id = 3;
-- during
DELETE FROM v WHERE id = 4;
INSERT INTO v VALUES (11, '[1, -0.5, "한 🌳", null, {"b": 1}]');
UPDATE v SET v = '[1, -0.5, "한 🌳", null, {"b": 1}]' WHERE id = 2;
-- after
UPDATE v SET v = '{}' WHERE id = 1;
DELETE FROM v WHERE id = -1;
-- service
INSERT INTO v VALUES (20, '[1, -0.5, "한 🌳", null, {"b": 1}]'), (21, NULL);
UPDATE v SET v = NULL WHERE id = 0;
DELETE FROM v WHERE id = 2;
