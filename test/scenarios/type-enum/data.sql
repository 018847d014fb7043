INSERT INTO v VALUES (-1, 'a'), (0, '한'), (1, 'é'), (2, NULL), (3, 'a'), (4, '한');
