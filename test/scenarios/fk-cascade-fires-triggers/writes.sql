-- before
SET SESSION enable_cascade_triggers = ON;
DELETE FROM p WHERE id = 1;
UPDATE p SET id = 20 WHERE id = 2;
-- during
DELETE FROM p WHERE id = 20;
UPDATE p SET id = 30 WHERE id = 3;
INSERT INTO c (id, p_id) VALUES (7, 5);
-- after
UPDATE p SET id = 50, v = 'moved' WHERE id = 5;
DELETE FROM p WHERE id = 4;
-- service
SET SESSION enable_cascade_triggers = ON;
DELETE FROM p WHERE id = 50;
UPDATE p SET id = 31 WHERE id = 30;
