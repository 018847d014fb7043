-- before
INSERT INTO hosts VALUES (8,7);
DELETE FROM rules WHERE id = 22;
-- during
INSERT INTO items VALUES (17,13,8,14);
-- after
DELETE FROM hosts WHERE id = 1;
-- service
UPDATE items SET same = NULL WHERE id = 16;
DELETE FROM hosts WHERE id = 5;
DELETE FROM items WHERE id = 14;
