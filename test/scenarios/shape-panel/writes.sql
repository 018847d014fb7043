-- before
UPDATE nodes SET public = 0;
-- during
DELETE FROM allocations WHERE port = 80;
UPDATE allocations SET port = port + 10;
-- after
INSERT INTO allocations (node_id, ip, port) VALUES (2,'x',1);
-- service
UPDATE nodes SET tags = '{"a": 1}';
DELETE FROM allocations WHERE port = 1;
