INSERT INTO p VALUES (1,1),(2,2),(3,3),(4,4),(5,5);
INSERT INTO c VALUES (1,1,'a'),(1,2,'b'),(2,1,'c'),(3,1,'d'),(4,1,'e'),(5,9,'f');
