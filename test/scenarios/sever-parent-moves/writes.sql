-- before
INSERT INTO p VALUES (4, 4);
-- during
DELETE FROM p WHERE id = 1;
UPDATE p SET id = 9 WHERE id = 2;
-- after
INSERT INTO p VALUES (5, 5);
INSERT INTO c VALUES (6, 5);
-- service
DELETE FROM p WHERE id = 9;
UPDATE p SET id = 7 WHERE id = 5;
INSERT INTO p VALUES (10, 10);
