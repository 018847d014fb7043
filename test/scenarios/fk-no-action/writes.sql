-- before
UPDATE c SET p_id = 2 WHERE id = 1;
-- during
INSERT INTO p VALUES (4,4);
INSERT INTO c VALUES (5,4);
-- after
DELETE FROM c WHERE id = 2;
DELETE FROM p WHERE id = 1;
-- service
INSERT INTO p VALUES (5,5);
INSERT INTO c VALUES (6,5);
DELETE FROM c WHERE id = 3;
