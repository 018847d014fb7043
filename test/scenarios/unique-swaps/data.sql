INSERT INTO t VALUES (1,'a',1),(2,'b',2),(3,'c',3),(4,'d',4),(5,NULL,NULL),(6,NULL,NULL);
