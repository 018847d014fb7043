-- before
DELETE FROM p WHERE id = 1;
-- during
UPDATE p SET id = 20 WHERE id = 2;
-- after
DELETE FROM p WHERE id = 3;
-- service
DELETE FROM p WHERE id = 4;
UPDATE p SET id = 50 WHERE id = 5;
