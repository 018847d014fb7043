-- before
INSERT INTO b VALUES (3,1);
-- during
UPDATE a SET b_id = 3 WHERE id = 2;
-- after
UPDATE a SET b_id = NULL WHERE id = 1;
-- service
DELETE FROM b WHERE id = 1;
