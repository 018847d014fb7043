-- before
UPDATE a_b SET n = 5;
-- during
DELETE FROM A_B WHERE id = 1;
INSERT INTO a_b VALUES (3, 3);
-- after
UPDATE A_B SET n = 31;
-- service
DELETE FROM a_b WHERE id = 1;
INSERT INTO A_B VALUES (9, 9);
