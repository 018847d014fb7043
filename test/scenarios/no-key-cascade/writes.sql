-- before
DELETE FROM p WHERE id = 1;
-- during
UPDATE p SET id = 20 WHERE id = 2;
INSERT INTO c VALUES (20,'a'),(20,NULL);
UPDATE p SET id = 30 WHERE id = 3;
-- after
DELETE FROM p WHERE id = 30;
UPDATE p SET id = 40 WHERE id = 4;
UPDATE c SET p_id = NULL WHERE p_id = 40;
-- service
UPDATE p SET id = 50 WHERE id = 5;
DELETE FROM p WHERE id = 20;
INSERT INTO c VALUES (50,'y');
