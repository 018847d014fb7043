-- before
DELETE p, c FROM p JOIN c ON c.p_id = p.id WHERE p.id = 1;
-- during
DELETE p FROM p LEFT JOIN c ON c.p_id = p.id WHERE c.id = 3;
-- after
UPDATE p JOIN c ON c.p_id = p.id SET p.n = 9 WHERE p.id = 3;
-- service
DELETE FROM p WHERE id IN (SELECT p_id FROM c WHERE id = 6);
