-- before
UPDATE p SET id = 10 WHERE id = 1;
-- during
UPDATE p SET id = 20 WHERE id = 2;
UPDATE p SET id = id + 100 WHERE id > 2 ORDER BY id DESC;
-- after
UPDATE p SET id = 1 WHERE id = 10;
-- service
UPDATE p SET id = 2 WHERE id = 1;
