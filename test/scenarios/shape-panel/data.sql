INSERT INTO nodes (uuid, tags) VALUES ('u1','["eu"]'),('u2',NULL);
INSERT INTO allocations (node_id, ip, port) VALUES (1,'10.0.0.1',25565),(1,'10.0.0.1',25566),(2,'::1',80);
