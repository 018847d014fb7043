-- before
INSERT INTO c VALUES (5, 3);
-- during
UPDATE c SET p_id = 3 WHERE id = 1;
DELETE FROM c WHERE id = 2;
-- after
INSERT INTO p VALUES (4, 4);
INSERT INTO c VALUES (6, 4);
-- service
INSERT INTO c VALUES (7, 99);
UPDATE c SET p_id = 98 WHERE id = 6;
DELETE FROM c WHERE id = 1;
