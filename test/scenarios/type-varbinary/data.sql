INSERT INTO v VALUES (-1, x'00'), (0, x'5c4e'), (1, ''), (2, NULL), (3, x'00'), (4, x'5c4e');
