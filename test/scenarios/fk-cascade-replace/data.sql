INSERT INTO p VALUES (1,1),(2,2),(3,3),(4,4),(5,5);
INSERT INTO c VALUES (1,1),(2,1),(3,2),(4,NULL),(5,3),(6,4),(7,5);
