INSERT INTO `a%b` VALUES (1, 'x', 1), (2, 'y', 2), (3, NULL, 3), (4, 'z', 4);
