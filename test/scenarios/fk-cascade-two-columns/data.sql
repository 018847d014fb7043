INSERT INTO p VALUES (1,'x'),(1,'y'),(2,'x'),(3,'z');
INSERT INTO c VALUES (1,1,'x'),(2,1,'y'),(3,2,'x'),(4,3,'z'),(5,NULL,'q'),(6,7,NULL);
