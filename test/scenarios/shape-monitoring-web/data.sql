INSERT INTO hosts VALUES (1,'template'),(2,'web'),(3,'db'),(4,'mail');
INSERT INTO items VALUES (10,1,NULL,NULL,'cpu'),(11,1,NULL,NULL,'net'),(20,2,10,NULL,'cpu'),(21,2,11,20,'net'),(30,3,10,NULL,'cpu'),(31,3,NULL,30,'lag'),(40,4,NULL,NULL,'queue');
INSERT INTO triggers VALUES (1,NULL),(2,1),(3,1),(4,NULL);
INSERT INTO functions VALUES (1,10,1),(2,20,2),(3,30,3),(4,40,4);
INSERT INTO item_tag VALUES (1,10,'a'),(2,20,'b'),(3,31,'c'),(4,40,'d');
INSERT INTO graphs VALUES (1,NULL),(2,1),(3,1);
INSERT INTO graphs_items VALUES (1,1,10),(2,2,20),(3,3,30),(4,3,40);
