INSERT INTO users (username) VALUES ('ann'),('bob'),('cy'),('dee');
INSERT INTO nodes (name) VALUES ('n1');
INSERT INTO servers (node_id, owner_id, parent_id) VALUES (1,1,NULL),(1,2,1),(1,3,2),(1,4,3);
INSERT INTO subusers (user_id, server_id, permissions) VALUES (2,1,'[1]'),(3,1,NULL),(1,2,'{}'),(4,3,NULL);
INSERT INTO api_keys (user_id, token) VALUES (1,'a'),(2,'b'),(3,'c'),(4,'d');
INSERT INTO schedules (server_id) VALUES (1),(2),(3),(4);
INSERT INTO tasks (schedule_id, action) VALUES (1,'a'),(2,'b'),(3,'c'),(4,'d');
