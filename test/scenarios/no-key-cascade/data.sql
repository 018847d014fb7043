INSERT INTO p VALUES (1,1),(2,2),(3,3),(4,4),(5,5);
INSERT INTO c VALUES (1,'a'),(1,'a'),(1,'b'),(2,'a'),(2,NULL),(3,'a'),(3,'a'),(4,'x'),(NULL,'x'),(NULL,'x'),(5,'y'),(5,'y');
