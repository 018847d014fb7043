-- before
DELETE FROM a WHERE id = 1;
-- during
UPDATE a SET b_id = 3 WHERE id = 2;
-- after
DELETE FROM b WHERE id = 3;
-- service
DELETE FROM a WHERE id = 4;
