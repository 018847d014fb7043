-- before
INSERT INTO c VALUES (9,5);
-- during
UPDATE c SET p_id = 5 WHERE p_id = 1;
-- after
DELETE FROM p WHERE id = 1;
-- service
UPDATE c SET p_id = 4 WHERE id = 5;
