-- before
UPDATE p SET id = 10 WHERE id = 1;
-- during
UPDATE p SET id = -2 WHERE id = 2;
UPDATE p SET id = 1 WHERE id = 10;
-- after
UPDATE p SET id = 2000000 WHERE id = 3;
-- service
UPDATE p SET id = 40 WHERE id = 4;
DELETE FROM p WHERE id = 5;
